"""Cubes that are created, continued, shared and resumed, and what the command says of them."""

import json

import pytest
import xarray as xr

from cscore_data.cli import train_holdout
from cscore_data.cli.jobs import dry_run, fill_cube
from cscore_data.storage.writer import CubeWriter
from cscore_data.studies import completion
from processes import FAST


@pytest.fixture
def study(blobs_npz, tmp_path, monkeypatch):
    """Flags of a study that writes cube.zarr in the working folder."""
    monkeypatch.chdir(tmp_path)
    return ["--dataset", str(blobs_npz), *FAST, "--out", "cube.zarr"]


class Cut(BaseException):
    """What ends a session, such as a power cut."""


@pytest.fixture
def train(monkeypatch):
    """Run the command with these arguments; ``pieces`` is when the power is cut."""

    def train(*arguments, pieces=None):
        left = iter(range(100 if pieces is None else pieces))
        write = CubeWriter.write

        def write_or_die(self, *rows):
            if next(left, None) is None:
                raise Cut
            write(self, *rows)

        with monkeypatch.context() as patch:
            patch.setattr(CubeWriter, "write", write_or_die)
            try:
                return train_holdout.main(list(arguments))
            except Cut:
                return "cut"

    return train


@pytest.mark.parametrize(
    ("subsets", "record"), [("independent", "correct"), ("nested", "margin"), ("balanced", None)]
)
def test_a_cube_is_continued_as_it_began(train, study, subsets, record):
    recorded = ["--record", record] if record else []
    assert train(*study, "--subsets", subsets, *recorded) == 0
    assert train(*study, "--runs", "8") == 0
    cube = xr.open_zarr("cube.zarr")
    assert cube.sizes["run"] == 8
    assert cube["done"].all()
    assert json.loads(cube.attrs["plan"])["subsets"] == subsets
    assert ("margin" in cube) == (record != "correct")


def test_a_new_cube_has_margins_and_balanced_subsets(train, study):
    assert train(*study, "--subsets", "nested") == 0
    assert train(*study, "--overwrite") == 0
    cube = xr.open_zarr("cube.zarr").load()
    assert json.loads(cube.attrs["plan"])["subsets"] == "balanced"
    assert cube["margin"].notnull().all()
    counts = cube["held_out"].sum("run")
    assert (counts.max("example") - counts.min("example") <= 1).all()


# ---- two commands, one cube


def test_a_larger_study_of_the_same_cube_does_not_keep_the_smaller_from_resuming(
    train, study, capsys
):
    assert train(*study, pieces=2) == "cut"
    assert train(*study, "--runs", "10", pieces=1) == "cut"
    assert train(*study) == 0
    assert "cube.zarr has 10 runs at each ratio; these are its first 6" in capsys.readouterr().out
    done = xr.open_zarr("cube.zarr")["done"].values
    assert done.tolist() == [[True] * 6 + [False] * 4] * 2
    assert train(*study) == 0
    assert "it was complete already" in capsys.readouterr().out
    assert train(*study, "--runs", "10") == 0
    assert xr.open_zarr("cube.zarr")["done"].all()


@pytest.mark.parametrize("engine", [[], ["--shard", "1/2"], ["--until", "0.9999"]])
def test_runs_that_are_missing_at_the_end_are_an_error(engine, train, study, capsys, monkeypatch):
    """Whatever has removed them, batch scripts go by the exit code."""
    original = fill_cube.train_pending

    def train_and_lose(study, cube, **keywords):
        pieces = cube.pieces(study.shard)
        models = original(study, cube, **keywords)
        cube.clear(pieces[:1])
        return models

    monkeypatch.setattr(fill_cube, "train_pending", train_and_lose)
    monkeypatch.setattr(completion, "GRACE", 0.1)
    assert train(*study, *engine) == 2
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert "cube.zarr: 2 runs of this process's part" in line
    assert train(*study, *engine) == 2  # and so on, as long as they get lost


@pytest.mark.parametrize(
    ("first", "then", "is_said"),
    [
        (["--no-fsync"], [], True),
        (["--no-fsync"], ["--until", "0.9"], True),
        (["--no-fsync"], ["--overwrite"], False),
        ([], ["--no-fsync"], False),
    ],
)
def test_after_no_fsync_the_output_says_what_a_power_cut_needs(
    first, then, is_said, train, study, capsys
):
    assert train(*study, *first, pieces=2) == "cut"
    capsys.readouterr()
    assert train(*study, *then) == 0
    said = "after a power cut, run verify-cube cube.zarr --repair first" in capsys.readouterr().out
    assert said == is_said


# ---- output


def test_the_score_that_is_to_be_reliable_can_be_chosen(train, study, capsys):
    study = [*study, "--runs", "20", "--runs-per-chunk", "10", "--until", "0.01"]
    assert train(*study, "--until-score", "margin") == 0
    out = capsys.readouterr().out
    assert "reliability (Pearson correlation of margin expected with a repetition" in out
    assert train(*study, "--until-score", "margin", "--runs", "10") == 0
    assert "with 10 runs at each ratio" in capsys.readouterr().out


def test_training_accuracy_stands_next_to_held_out_accuracy(train, study, capsys):
    assert train(*study) == 0
    header, *rows = capsys.readouterr().out.splitlines()[1:4]
    assert header.split("  ")[-2:] == ["held-out accuracy", "training accuracy"]
    cube = xr.open_zarr("cube.zarr").load()
    for row, ratio in zip(rows, cube["ratio"].values, strict=True):
        part = cube.sel(ratio=ratio)
        held_out = part["correct"].where(part["held_out"]).mean()
        trained_on = part["correct"].where(~part["held_out"]).mean()
        assert row.split()[1:4] == ["6", f"{held_out:.4f}", f"{trained_on:.4f}"]


def test_one_of_a_thing_is_singular(train, study, capsys, monkeypatch):
    monkeypatch.setattr(dry_run, "estimate_seconds", lambda *_: 90.0)
    study = [*study, "--ratios", "0.5", "--runs", "1", "--runs-per-chunk", "1", "--lanes", "1"]
    assert train(*study, "--dry-run") == 0
    assert train(*study) == 0
    out = capsys.readouterr().out
    assert "1 ratio x 1 run, 1 model to train" in out
    assert "with 1 run at each ratio, about 50%" in out
    assert "pieces: 1 of 1 run each" in out
    assert "(1 model trained, " in out


def test_an_estimate_counts_the_small_blocks_of_training_to_an_aim(
    train, blobs_npz, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(dry_run, "estimate_seconds", lambda *_: 90.0)
    monkeypatch.chdir(tmp_path)
    study = ["--dataset", str(blobs_npz), "--ratios", "0.5", "--runs", "48", "--lanes", "1"]
    assert train(*study, "--dry-run") == 0
    assert "pieces: 2 of 24 runs each" in capsys.readouterr().out
    assert train(*study, "--dry-run", "--until", "0.9") == 0
    assert "pieces: 4 of 12 runs each" in capsys.readouterr().out


# ---- what is refused


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--scheduler", "tcp://127.0.0.1:1"], "scheduler: found without --engine dask"),
        (["--workers", "3"], "workers: found without --engine dask"),
        (["--worker-timeout", "9"], "worker-timeout: found without --engine dask"),
        (
            ["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--workers", "3"],
            "workers: found with --scheduler",
        ),
        (["--until", "0"], "until: found 0, expected a reliability between 0 and 1"),
        (["--until", "1"], "until: found 1, expected a reliability between 0 and 1"),
        (["--until", "nan"], "until: found nan"),
        (["--until-score", "margin"], "until-score: found without --until"),
        (
            ["--until", "0.9", "--until-score", "best"],
            "until-score: found 'best', expected one of cscore, ",
        ),
        (
            ["--until", "0.9", "--until-score", "vote"],
            "until-score: found 'vote', expected one of cscore, ",
        ),
        (["--until", "0.9", "--until-score", "profile"], "found 'profile', expected one of cscore"),
        (["--until", "0.9", "--until-score", "cscore_stderr"], "expected one of cscore, soft"),
        (
            ["--until", "0.9", "--until-score", "margin", "--record", "correct"],
            "until-score: found 'margin', expected one of",
        ),
        (["--until", "0.9", "--runs", "1"], "until: found with --runs 1, expected at least 2"),
        (["--runs", "100000000000", "--dry-run"], "runs: found 100000000000, expected at most"),
        (["--runs", "1000000001"], "runs: found 1000000001, expected at most 1000000"),
        (["--hidden", "10000000000"], "a single model needs about"),
        (["--hidden", "10000000000", "--dry-run"], "choose narrower --hidden layers"),
        (["--epochs", "1000000000000"], "choose fewer --epochs or --steps"),
    ],
)
def test_flags_that_make_no_sense_are_refused_in_one_line(flags, message, study, tmp_path, capsys):
    assert train_holdout.main([*study, *flags]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert [entry.name for entry in tmp_path.iterdir()] == ["blobs.npz"]
