"""Where commands write by default, and where they may not."""

import os

import pytest

from cscore_data.cli.jobs.destinations import check_outside, check_writable, name_of_store
from cscore_data.errors import InvalidInputError, StoreError


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lr0.1", "lr0.1"),
        ("studies/lr0.2.zarr", "lr0.2"),
        ("v1.2.zarr/", "v1.2"),
        ("s3://bucket/mnist.zarr", "mnist"),
        ("x.zarr.zarr", "x.zarr"),
        (".zarr", "cube"),
    ],
)
def test_a_name_keeps_its_dots(path, name):
    assert name_of_store(path) == name


def test_the_working_folder_has_a_name(tmp_path, monkeypatch):
    (tmp_path / "digits.zarr" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "digits.zarr")
    assert name_of_store(".") == name_of_store("./") == name_of_store("inner/..") == "digits"


@pytest.mark.parametrize("output", ["c.zarr/s.zarr", "c.zarr/deep/s.csv", "link/s.csv"])
def test_nothing_is_written_into_a_cube(tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.zarr").mkdir()
    (tmp_path / "link").symlink_to("c.zarr")
    with pytest.raises(InvalidInputError, match=r"is within the cube c\.zarr"):
        check_outside("c.zarr", ["s.zarr", output])
    check_outside("c.zarr", ["s.zarr", "c.zarr.csv", "s3://bucket/c.zarr/s.zarr"])


def test_two_outputs_have_two_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInputError, match=r"found \./s twice"):
        check_outside("c.zarr", ["s", "./s"])


@pytest.mark.parametrize("path", ["folder", "file/s.csv", "file/deep/s.csv", "locked/s.csv"])
def test_a_place_that_cannot_be_written_is_known_at_once(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "locked").mkdir(mode=0o500)
    if path.startswith("locked") and os.geteuid() == 0:
        pytest.skip("everything can be written")
    with pytest.raises(StoreError, match="cannot be written"):
        check_writable(path)
    check_writable("new/deep/s.csv")
    assert not (tmp_path / "new").exists()
