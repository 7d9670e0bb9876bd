"""Where commands write by default, and where they may not."""

import os

import pytest

from cscore_data.cli import (
    browse_cscores,
    fetch_published,
    find_mislabelled,
    import_runs,
    plot_cscores,
    reduce_cscores,
    select_examples,
    train_holdout,
)
from cscore_data.cli.jobs.destinations import (
    check_new_folder,
    check_outside,
    check_writable,
    name_of_store,
)
from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.storage.zarr_store import write_store
from cscore_data.testing import make_cube


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


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A folder with things in which nothing can be written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to("missing")


@pytest.mark.parametrize(
    "path",
    ["file/s.csv", "file/deep/s.csv", "nowhere/s.csv", f"{'s' * 300}.csv", "/proc/s.csv"],
)
def test_where_no_file_can_be_made_nothing_is_begun(places, path):
    if path.startswith("/proc") and not os.path.isdir("/proc"):
        pytest.skip("this system has no /proc")
    for check in (check_writable, check_new_folder):
        with pytest.raises(StoreError, match=r"cannot be written .* choose another place"):
            check(path)
    with pytest.raises(StoreError, match="cannot be written"):
        check_writable(f"file://{os.path.abspath(path)}")


def test_what_is_there_and_what_is_elsewhere_is_left_to_its_writer(places):
    for path in ("folder", "file", "s3://bucket/s.zarr", "new/deep/s.zarr"):
        check_new_folder(path)
    assert sorted(os.listdir()) == ["file", "folder", "nowhere"]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (train_holdout, ["--dataset", "missing", "--out", "file/c.zarr"]),
        (find_mislabelled, ["missing", "--cube", "file/c.zarr"]),
        (find_mislabelled, ["missing", "--out", "file/s.csv"]),
        (find_mislabelled, ["missing", "--sheet", "nowhere/s.png"]),
        (select_examples, ["missing", "--out", "nowhere/s.npy"]),
        (plot_cscores, ["missing", "--out", "file/s.png"]),
        (browse_cscores, ["missing", "--out", "nowhere/gallery"]),
        (import_runs, ["arrays", "missing", "--out", "file/c.zarr"]),
        (fetch_published, ["mnist", "--from-file", "missing", "--out", "file/s.zarr"]),
    ],
)
def test_commands_look_at_the_place_before_anything_else(places, command, arguments, capsys):
    assert command.main(arguments) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--out", "--export", "--figure", "--export-pred-probs"])
def test_a_reduction_looks_at_all_places_before_it_begins(places, flag, capsys):
    suffix = {"--out": "zarr", "--export": "csv", "--figure": "png"}.get(flag, "npy")
    write_store("c.zarr", make_cube(record="margin"))
    assert reduce_cscores.main(["c.zarr", flag, f"nowhere/s.{suffix}"]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert not os.path.exists("c-cscores.zarr")


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
