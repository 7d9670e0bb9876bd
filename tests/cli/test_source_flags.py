"""Data sets in every form, through the commands."""

import json

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import train_holdout, verify_cube
from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples
from small_studies import make_study

TINY = ["--runs", "2", "--ratios", "0.5", "--hidden", "4", "--epochs", "1", "--lanes", "2"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a table of three kinds of animals, one of which is not named."""
    random = np.random.default_rng(3)
    lines = ["height,legs,kind,about"]
    for number in range(40):
        kind = ["cat", "duck"][number % 2]
        lines.append(f"{random.random():.3f},{number % 5},{kind},a {kind} number {number % 7}")
    lines[8] = "0.5,4,,nobody knows"
    (tmp_path / "animals.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "plain.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))
    (tmp_path / "number.csv").write_text("height,legs\n0.5,4\n0.25,2\n")
    np.save(tmp_path / "other.npy", np.arange(40) % 4)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_cube_says_how_its_examples_were_read_and_which_they_are(folder):
    options = LoadOptions(label="kind", drop_unlabelled=True)
    cube = make_study(load_examples("plain.csv", options), "plain.zarr").template()
    assert LoadOptions.from_json(cube.attrs["dataset_options"]) == options
    assert cube["example"].values[[6, 7, -1]].tolist() == [6, 8, 39]
    plain = make_study(load_examples("digits"), "digits.zarr").template()
    assert "dataset_options" not in plain.attrs


@pytest.mark.slow
def test_a_table_from_training_to_verification(folder, capsys):
    flags = ["--dataset", "plain.csv", "--label", "kind", "--drop-unlabelled"]
    assert train_holdout.main([*flags, *TINY]) == 0
    assert "note: 1 unlabelled example of 40 left out\n" in capsys.readouterr().out
    cube = xr.open_zarr("plain.zarr")
    assert cube["example"].values[[6, 7, -1]].tolist() == [6, 8, 39]
    assert cube["class_name"].values.tolist() == ["cat", "duck"]
    stored = json.loads(cube.attrs["dataset_options"])
    assert stored == {"drop_unlabelled": True, "label": "kind"}

    # The same command resumes; other options are another study.
    assert train_holdout.main([*flags, *TINY]) == 0
    assert train_holdout.main([*flags, *TINY, "--labels", "other.npy"]) == 2
    assert "holds another study" in capsys.readouterr().err

    # The options are known to the commands that come after.
    assert verify_cube.main(["plain.zarr", "--dataset", "plain.csv"]) == 0
    assert verify_cube.main(["plain.zarr", "--dataset", "plain.csv", "--label", "legs"]) == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["plain.csv", "--label", "sort"], "no column named sort among height (double), legs"),
        (["plain.csv"], "say with --label COLUMN"),
        (["animals.csv", "--label", "kind"], "found string in about, expected numbers"),
        (["plain.csv", "--label", "kind"], "1 of 40 examples have no label (the first: example 7)"),
        (["number.csv", "--label", "height"], "labels have dtype float64, expected whole numbers"),
        (["plain.csv", "--label", "kind", "--labels", "none.npy"], "none.npy: no such file"),
        (["plain.csv", "--label", "kind", "--size", "8"], "--size means nothing for this data set"),
        (["digits", "--text", "a"], "--text means nothing for this data set"),
        (["digits", "--labels", "other.npy"], "found 40 labels, expected 1797"),
        (["hf://datasets/a/b.parquet"], "hf://datasets/a/b.parquet: "),
    ],
)
def test_what_cannot_be_used_is_one_line_and_writes_nothing(folder, capsys, flags, message):
    before = sorted(folder.iterdir())
    assert train_holdout.main(["--dataset", *flags, *TINY]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert sorted(folder.iterdir()) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags",
    [
        ["animals.csv", "--label", "kind", "--text", "about", "--drop-unlabelled"],
        ["plain.csv", "--label", "kind", "--labels", "other.npy"],
        ["part:1.npz"],
    ],
)
def test_other_forms_can_be_trained_on(folder, capsys, flags):
    random = np.random.default_rng(3)
    np.savez(
        folder / "part:1.npz", x_train=random.random((40, 3, 8, 8)), y_train=np.eye(2)[[0, 1] * 20]
    )
    assert train_holdout.main(["--dataset", *flags, *TINY, "--dry-run"]) == 0
    assert "nothing written" in capsys.readouterr().out
