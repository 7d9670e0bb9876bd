import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cscore_data import Examples, find_mislabelled
from cscore_data.cli import find_mislabelled as command
from cscore_data.cli.jobs.small_study import default_cube, finding_recipe
from cscore_data.cli.jobs.suspect_source import is_data_set
from cscore_data.scores.files import save_scores
from cscore_data.training.named_recipes import RECIPES

FAST = ["--runs", "4", "--ratios", "0.5", "--hidden", "8", "--steps", "40"]


def find(*arguments):
    return command.main([str(argument) for argument in arguments])


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A csv file with two classes of 40 rows; rows 0 and 1 have each other's label."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    kind = np.repeat(["cat", "dog"], 40)
    rows = pd.DataFrame(random.normal(size=(80, 3)) + 3 * (kind == "dog")[:, None])
    kind[[0, 79]] = ["dog", "cat"]
    rows.assign(kind=kind).to_csv("animals.csv", index=False)
    np.savez("truth.npz", right=np.repeat(["cat", "dog"], 40), wrong=np.isin(range(80), [0, 79]))
    return "animals.csv"


def test_from_a_table_to_the_ranked_list(table, capsys):
    # Without label smoothing, which needs more than 40 steps.
    flags = [table, "--label", "kind", *FAST, "--label-smoothing", 0]
    flags += ["--truth", "truth.npz:right"]
    assert find(*flags) == 0
    out = capsys.readouterr().out
    assert "training 4 models into animals-mislabelled.zarr, where the same command resumes" in out
    assert "truth: 2 of 80 labels are wrong" in out
    assert "average precision 1.0000" in " ".join(out.split())
    suspects = pd.read_csv("suspects.csv")
    assert sorted(suspects["example"][:2]) == [0, 79]
    first = suspects.set_index("example").loc[0]
    assert (first["label"], first["suggested"], first["share"]) == ("dog", "cat", 1)
    assert len(suspects) == 80

    # A second time nothing is trained, and a mask is a truth as well.
    flags[-1] = "truth.npz:wrong"
    assert find(*flags, "--top", 5, "--out", "top.jsonl") == 0
    out = capsys.readouterr().out
    assert "has all models already" in out
    assert "truth: 2 of 80 labels are wrong" in out
    with open("top.jsonl") as file:
        rows = [json.loads(line) for line in file]
    assert [row["example"] for row in rows] == suspects["example"][:5].tolist()

    # So is the list itself, once somebody has worked it down half-way.
    checked = suspects.assign(wrong=suspects["example"].isin([0, 79]).astype(object))
    checked.loc[40:, "wrong"] = None
    checked.to_csv("checked.csv", index=False)
    assert find("animals-mislabelled.zarr", "--truth", "checked.csv:wrong") == 0
    known = "truth: 2 of 40 labels are wrong; nothing is known of the other 40"
    assert known in capsys.readouterr().out

    # Numbers 0 and 1 might be labels.
    checked.assign(wrong=1).to_csv("numbers.csv", index=False)
    assert find("animals-mislabelled.zarr", "--truth", "numbers.csv:wrong") == 2
    assert "found numbers 0 and 1 only" in capsys.readouterr().err

    # A few wrong ones alone are no measure of the list, but no error either.
    Path("wrong.csv").write_text("example,right\n0,cat\n79,dgo\n")
    assert find("animals-mislabelled.zarr", "--truth", "wrong.csv:right") == 0
    out = capsys.readouterr().out
    assert "truth: 2 of 2 labels are wrong" in out
    assert "1 label that no example of the data set has ('dgo'): are they misspelt?" in out
    assert "some wrong labels and some right ones: give both" in out

    # The cube gives the same list, with the same names.
    assert find("animals-mislabelled.zarr", "--out", "cube.csv") == 0
    found = pd.read_csv("cube.csv")
    assert list(found.columns) == list(suspects.columns)
    # Only a data set has copies.
    assert found.pop("contradicts_copy").isna().all()
    pd.testing.assert_frame_equal(found, suspects[found.columns])

    # Another study is refused, by the name that the flag has here.
    assert find(table, "--label", "kind", *FAST, "--seed", 1) == 2
    assert "another --cube" in capsys.readouterr().err


def test_tables_in_other_units_have_the_same_suspects(table, capsys):
    moved = pd.read_csv(table)
    moved[["0", "1", "2"]] = moved[["0", "1", "2"]] * 100 + 5
    moved.to_csv("moved.csv", index=False)
    for name in ("animals", "moved"):
        assert find(f"{name}.csv", "--label", "kind", *FAST, "--out", f"{name}-suspects.csv") == 0
    found = pd.read_csv("moved-suspects.csv")
    pd.testing.assert_frame_equal(found, pd.read_csv("animals-suspects.csv"))


@pytest.mark.slow
@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_tables_as_they_come_are_learned_as_well_as_by_logistic_regression(
    load, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    features, label = load(return_X_y=True)
    for name, values in {"plain": features, "moved": 100 * features + 5}.items():
        pd.DataFrame(values).assign(kind=label).to_csv(f"{name}.csv", index=False)
        assert find(f"{name}.csv", "--label", "kind", "--runs", 4, "--out", f"{name}.jsonl") == 0
    cube = xr.open_zarr("plain-mislabelled.zarr").load()
    ours = cube["correct"].where(cube["held_out"]).mean()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    splits = ShuffleSplit(20, train_size=0.7, random_state=0)
    assert ours >= cross_val_score(model, features, label, cv=splits).mean() - 0.02
    pd.testing.assert_frame_equal(
        pd.read_json("plain.jsonl", lines=True), pd.read_json("moved.jsonl", lines=True)
    )


def test_training_resists_wrong_labels_unless_the_flags_or_the_cube_say_otherwise(tmp_path):
    digits = Examples("digits", np.eye(64).reshape(64, 8, 8), np.arange(64) % 2)
    path = str(tmp_path / "cube.zarr")
    found = finding_recipe(command.FindMislabelledFlags("digits"), digits, path)
    assert (found.label_smoothing, found.schedule) == (0.2, "cosine")
    flags = command.FindMislabelledFlags("digits", label_smoothing=0.1)
    assert finding_recipe(flags, digits, path).label_smoothing == 0.1
    flags = command.FindMislabelledFlags("digits", recipe="digits")
    assert finding_recipe(flags, digits, path) == RECIPES["digits"]
    # A cube that an earlier version began is continued.
    recipe = json.dumps(RECIPES["digits"].to_dict())
    xr.Dataset(attrs={"recipe": recipe}).to_zarr(path, zarr_format=3)
    flags = command.FindMislabelledFlags("digits")
    assert finding_recipe(flags, digits, path) == RECIPES["digits"]


def test_a_sheet_of_images(blobs, blobs_npz, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    margin = np.where(np.arange(120) < 6, -5.0, 5.0)
    scores = xr.Dataset(
        {
            "cscore": ("example", np.full(120, 0.5)),
            "margin": ("example", margin),
            "vote": ("example", np.arange(120) % 3),
        },
        {"example": np.arange(120), "label": ("example", blobs.label)},
        {"dataset": blobs_npz.name, "example_digest": blobs.digest()},
    )
    save_scores(scores, "scores.zarr")
    assert find("scores.zarr", "--sheet", "deep/sheet.png") == 0
    assert (tmp_path / "deep" / "sheet.png").stat().st_size > 10_000
    assert "Suspects: suspects.csv, deep/sheet.png" in capsys.readouterr().out


def test_scores_of_another_program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("example,label,cscore\n0,1,0.9\n1,0,0.1\n2,1,\n")
    assert find("mine.csv") == 0
    found = pd.read_csv("suspects.csv")
    assert found["example"].tolist() == [1, 0, 2]
    assert found["mislabelled"].tolist() == [True, False, False]


@pytest.mark.parametrize(
    "flag", [["--runs", "20"], ["--epochs", "3"], ["--recipe", "digits"], ["--cube", "c.zarr"]]
)
def test_flags_of_training_mean_nothing_for_scores(tmp_path, monkeypatch, capsys, flag):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("example,label,cscore\n0,1,0.9\n1,0,0.1\n2,1,\n")
    assert find("mine.csv", *flag) == 2
    error = capsys.readouterr().err
    assert "mine.csv is a cube or scores" in error
    assert f"leave {flag[0]} out" in error
    assert not (tmp_path / "suspects.csv").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--out", "suspects.xlsx"], "expected a file name ending in .csv, .parquet, .jsonl"),
        (["--sheet", "sheet.gif"], "sheet: found 'sheet.gif'"),
        (["--sheet", "sheet.png"], "has rows of numbers, expected images or texts"),
        (["--top", "0"], "top: found 0"),
        (["--truth", "absent.npy"], "absent.npy"),
        (["--truth", "short.npy"], "found 3 labels, expected 80"),
        (["--ratios", "1.5"], "1.5"),
        (["--runs", "0"], "runs: found 0"),
    ],
)
def test_bad_input_is_one_line_and_trains_nothing(table, flags, message, tmp_path, capsys):
    np.save("short.npy", [0, 1, 1])
    assert find(table, "--label", "kind", *FAST, *flags) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"animals.csv", "truth.npz", "short.npy"}


def test_a_source_that_is_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for source in ("absent.zarr", "absent.csv", "nonsense"):
        assert find(source) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_what_is_a_data_set(tmp_path, blobs_npz):
    (tmp_path / "images").mkdir()
    (tmp_path / "table.csv").write_text("width,score,label\n1,2,3\n")
    (tmp_path / "scores.csv").write_text("example,score\n1,2\n")
    np.savez(tmp_path / "scores.npz", scores=np.zeros(3), labels=np.zeros(3))
    store = xr.Dataset({"cscore": ("example", [0.5])})
    store.to_zarr(tmp_path / "store", zarr_format=3, consolidated=False)
    names = ["digits", "tfds:mnist", tmp_path / "images", tmp_path / "table.csv", blobs_npz]
    assert [is_data_set(str(name)) for name in names] == [True] * 5
    names = ["mnist.zarr", "s3://bucket/cube", tmp_path / "scores.csv", tmp_path / "scores.npz"]
    names.append(tmp_path / "store")
    assert [is_data_set(str(name)) for name in names] == [False] * 5


def test_the_cube_is_named_after_the_data_set():
    assert default_cube("data/train.parquet:img:label") == "train-mislabelled.zarr"


def test_contradictory_copies_come_first_in_python():
    examples = Examples("mine", [[0.5, 1.0], [0.0, 1.0], [0.5, 1.0]], label=[0, 1, 1])
    scores = xr.Dataset(
        {"cscore": ("example", [0.9, 0.1, 0.8])},
        {"example": [0, 1, 2], "label": ("example", examples.label)},
    )
    suspects = find_mislabelled(scores, examples.copies())
    assert suspects["example"].values.tolist() == [2, 0, 1]
