"""Fields of a dataclass that are flags, and what all paths among them have in common."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import pytest

from cscore_data.cli import flags
from cscore_data.cli.run import run


@dataclass
class Flags:
    """A command with a path."""

    name: str = flags.argument("name", "a name", type=flags.path)
    out: str = flags.option("here", "a place", type=flags.path)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("~/study.zarr", "HOME/study.zarr"),
        ("file://~/study.zarr", "HOME/study.zarr"),
        ("file:///tmp/study.zarr", "/tmp/study.zarr"),
        ("file://localhost/tmp/f.png", "/tmp/f.png"),
        ("local:///tmp/study.zarr", "/tmp/study.zarr"),
        ("file://localhosts/f.png", "localhosts/f.png"),
        ("s3://bucket/~/study.zarr", "s3://bucket/~/study.zarr"),
        ("part:1.parquet", "part:1.parquet"),
        (".", "."),
    ],
)
def test_a_path_is_what_its_user_means(monkeypatch, typed, meant):
    monkeypatch.setenv("HOME", "HOME")
    seen = []
    assert (
        run("a-command", Flags, lambda found, _: seen.append(found), ["x", f"--out={typed}"]) == 0
    )
    assert seen[0].out == meant


@pytest.mark.parametrize("typed", ["", "  ", "file://"])
def test_an_unset_variable_is_not_the_default(capsys, typed):
    with pytest.raises(SystemExit, match="2"):
        run("a-command", Flags, pytest.fail, ["x", "--out", typed])
    error = capsys.readouterr().err
    assert "argument --out: found " in error
    assert "expected a path or URL; perhaps a shell variable is not set" in error
    with pytest.raises(argparse.ArgumentTypeError):
        flags.path(typed)


def test_tilde_of_an_unknown_user_stays():
    assert flags.path("~no-such-user/x") == "~no-such-user/x"
    assert Path(flags.path("~")) == Path.home()
