import re

import pytest

import cscore_data
from cscore_data.cli import reduce_cscores
from cscore_data.storage import provenance


def test_versions_of_everything_that_can_change_a_result():
    versions = provenance.versions()
    expected = {"cscore_data_version", "jax_version", "numpy_version", "python_version"}
    assert expected <= set(versions)
    assert all(isinstance(value, str) and value for value in versions.values())


def test_the_package_may_run_without_being_installed(monkeypatch, capsys):
    def missing(name):
        raise provenance.PackageNotFoundError(name)

    monkeypatch.setattr(provenance, "version", missing)
    assert cscore_data.__version__ == provenance.package_version() == "unknown"
    with pytest.raises(SystemExit, match="0"):
        reduce_cscores.main(["--version"])
    assert capsys.readouterr().out == "cscore_data unknown\n"


def test_outside_a_clone_there_is_no_commit(tmp_path, monkeypatch):
    file = tmp_path / "cscore_data" / "storage" / "provenance.py"
    monkeypatch.setattr(provenance, "__file__", str(file))
    monkeypatch.setattr(provenance, "version", lambda name: "0.1.0")
    assert provenance.commit() is None


def test_the_commit_of_an_installed_package_is_in_its_version(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "a" / "b" / "provenance.py"))
    monkeypatch.setattr(provenance, "version", lambda name: "0.1.1.dev3+g263d12c.d20261125")
    assert provenance.commit() == "263d12c"
    assert provenance.package_version() == "0.1.1.dev3"


def test_history_keeps_no_secrets():
    words = [
        "cube",
        "--storage-option",
        "key=AKIA",
        "secret=hunter2=x",
        "--runs",
        "3",
        "--storage-option=token=hunter2",
    ]
    line = provenance.history_line("train-holdout", [*words, "--out", "ftp://me:hunter2@host/a"])
    assert line.endswith(
        " train-holdout cube --storage-option 'key=…' 'secret=…' --runs 3 "
        "'--storage-option=token=…' --out 'ftp://me:…@host/a'"
    )


def test_a_path_behind_the_options_is_no_secret():
    words = ["--storage-option", "key=AKIA", "s3://lab/cube.zarr", "--export", "a=b.csv"]
    line = provenance.history_line("reduce-cscores", words)
    assert line.endswith(" --storage-option 'key=…' s3://lab/cube.zarr --export a=b.csv")


def test_a_history_line_can_be_pasted_into_a_shell():
    line = provenance.history_line("train-holdout", ["--out", "my cube.zarr"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ train-holdout --out 'my cube.zarr'", line)
