import json

import numpy as np
import pandas as pd
import pytest

from cscore_data.cli import select_examples
from cscore_data.cli.select_examples import SelectExamplesFlags
from cscore_data.scores.selection import ENDS, FIRST


@pytest.fixture
def scores(tmp_path, monkeypatch):
    """Ten scores in a csv file, one of them missing, two of them equal."""
    monkeypatch.chdir(tmp_path)
    rows = ["example,label,score"]
    for example, score in enumerate(["", 0.1, 0.2, 0.3, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9]):
        rows.append(f"{example},{example % 2},{score}")
    (tmp_path / "scores.csv").write_text("\n".join(rows) + "\n")
    return "scores.csv"


def select(*arguments):
    return select_examples.main([str(argument) for argument in arguments])


def test_indices_as_npy_and_what_is_said(scores, capsys):
    assert select(scores, "--count", 3) == 0
    np.testing.assert_array_equal(np.load("selected.npy"), [1, 2, 3])
    out = capsys.readouterr().out
    assert "3 of 10 examples chosen, C-scores 0.1000 to 0.3000" in out
    assert "without a score, and left out: 1 example\n" in out
    assert "ties: 2 examples at the border of the selection have equal scores; the index" in out


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--count", "3"], "ties: 2 examples at the border of the selection"),
        (["--count", "4"], None),  # both of those that tie are chosen
        (["--keep", "0.2", "--end", "regular"], None),
        (["--count", "3", "--per-class"], None),  # they are of different classes
        (["--order", "hard"], "ties: 2 examples share their score with another"),
        (["--bins", "3"], "ties: 2 examples at the border of two bins"),
        (["--bins", "2"], None),
        (["--count", "2", "--drop-irregular", "0.1"], "at the border of the selection"),
        (["--count", "2", "--drop-irregular", "0.4"], None),
    ],
)
def test_only_ties_that_matter_are_counted(scores, flags, expected, capsys):
    assert select(scores, *flags) == 0
    ties = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ties")]
    if expected is None:
        assert not ties
    else:
        (line,) = ties
        assert expected in line
        assert line.endswith("; the index decides")


def test_text_formats_say_what_the_indices_were_chosen_from(scores):
    flags = [scores, "--keep", 0.3, "--end", "regular"]
    for suffix in ("csv", "txt", "json"):
        assert select(*flags, "--out", f"chosen.{suffix}") == 0
    np.testing.assert_array_equal(np.loadtxt("chosen.txt"), [7, 8, 9])
    assert pd.read_csv("chosen.csv", comment="#")["example"].tolist() == [7, 8, 9]
    with open("chosen.csv") as file:
        head = file.read().split("example\n")[0]
    assert "# scores: Scores in scores.csv (scores.csv)" in head
    assert "# command: select-examples scores.csv --keep 0.3" in head
    with open("chosen.json") as file:
        content = json.load(file)
    assert content["example"] == [7, 8, 9]
    assert content["examples"] == 10


def test_an_order(scores):
    assert select(scores, "--order", "easy", "--out", "order.txt") == 0
    np.testing.assert_array_equal(np.loadtxt("order.txt"), [9, 8, 7, 6, 5, 4, 3, 2, 1])
    assert select(scores, "--order", "hard", "--interleave-classes", "--out", "order.txt") == 0
    labels = np.loadtxt("order.txt").astype(int) % 2
    assert (labels[:8].reshape(4, 2).sum(axis=1) == 1).all()


def test_bins(scores):
    assert select(scores, "--bins", 3, "--out", "bins.csv") == 0
    table = pd.read_csv("bins.csv", comment="#")
    assert table.groupby("bin").size().tolist() == [3, 3, 3]
    assert table["example"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert select(scores, "--bins", 3, "--out", "bins.npy") == 0
    np.testing.assert_array_equal(np.load("bins.npy"), table.values)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--keep", "0"], "keep: found 0"),
        (["--count", "11"], "count: found 11, expected 1 to 9"),
        (["--keep", "0.5", "--count", "2"], "expected one of them"),
        (["--drop-irregular", "1"], "drop_irregular: found 1"),
        (["--interleave-classes"], "without --order"),
        (["--order", "easy", "--bins", "2"], "expected one of them"),
        (["--bins", "20"], "bins: found 20, expected 1 to 9"),
        (["--out", "chosen.xlsx"], "expected a file name ending in .npy, .csv, .json, .txt"),
        (["--out", "s3://bucket/chosen.npy"], "out"),
    ],
)
def test_bad_flags_are_one_line_and_write_nothing(scores, flags, message, capsys, tmp_path):
    assert select(scores, *flags) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_choices_of_flags_are_those_of_the_functions():
    fields = SelectExamplesFlags.__dataclass_fields__
    assert fields["end"].metadata["choices"] == ENDS
    assert fields["order"].metadata["choices"] == FIRST
