"""Files of default names that are there already, of other examples."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cscore_data.cli import compare_cscores, find_mislabelled, plot_cscores, select_examples
from cscore_data.scores.suspect_files import suspect_table, write_table


@pytest.fixture
def scores(tmp_path, monkeypatch):
    """Two files of scores of as many examples, with other labels."""
    monkeypatch.chdir(tmp_path)
    for name, label in {"a.csv": [0, 1, 0, 1], "b.csv": [1, 1, 0, 0]}.items():
        columns = {"example": range(4), "label": label, "cscore": [0.1, 0.2, 0.3, 0.4]}
        pd.DataFrame(columns).to_csv(name, index=False)


def test_suspects_of_others_are_not_replaced_unasked(scores, capsys):
    assert find_mislabelled.main(["a.csv"]) == 0
    first = pd.read_csv("suspects.csv")
    assert find_mislabelled.main(["b.csv"]) == 2
    line = "suspects.csv: exists already, with suspects of other examples, or with other labels"
    assert line in capsys.readouterr().err
    pd.testing.assert_frame_equal(pd.read_csv("suspects.csv"), first)
    # Those of the same examples are, and others by name.
    assert find_mislabelled.main(["a.csv", "--top", "2"]) == 0
    assert len(pd.read_csv("suspects.csv")) == 2
    assert find_mislabelled.main(["b.csv", "--out", "suspects.csv"]) == 0
    assert len(pd.read_csv("suspects.csv")) == 4


@pytest.mark.parametrize("change", ["label", "column", "more", "bytes"])
def test_a_list_that_somebody_has_changed_is_kept(scores, change):
    assert find_mislabelled.main(["a.csv"]) == 0
    table = pd.read_csv("suspects.csv")
    if change == "label":
        table.loc[0, "label"] = 1 - table.loc[0, "label"]
    elif change == "column":
        table = table.rename(columns={"label": "mine"})
    elif change == "more":
        table["checked"] = "yes"
    table.to_csv("suspects.csv", index=False, encoding="utf-16" if change == "bytes" else "utf-8")
    with open("suspects.csv", "rb") as file:
        before = file.read()
    assert find_mislabelled.main(["a.csv"]) == 2
    with open("suspects.csv", "rb") as file:
        assert file.read() == before


def test_other_indices_are_not_replaced_unasked(scores, capsys):
    assert select_examples.main(["a.csv", "--count", "2"]) == 0
    assert select_examples.main(["b.csv", "--count", "2"]) == 0  # the same ones
    assert select_examples.main(["a.csv", "--count", "3"]) == 2
    assert "selected.npy: exists already, with other indices; choose" in capsys.readouterr().err
    np.testing.assert_array_equal(np.load("selected.npy"), [0, 1])
    assert select_examples.main(["a.csv", "--count", "3", "--out", "selected.npy"]) == 0
    np.testing.assert_array_equal(np.load("selected.npy"), [0, 1, 2])


@pytest.mark.parametrize("command", ["select", "plot", "compare"])
def test_suspects_with_names_of_classes_are_told_from_scores(
    tmp_path, monkeypatch, capsys, command
):
    monkeypatch.chdir(tmp_path)
    suspects = xr.Dataset(
        {"label": ("example", [1, 0]), "score": ("example", [-1.0, 2.0])}, {"example": [4, 7]}
    )
    write_table(suspect_table(suspects, ("cat", "dog")), "names.csv")
    write_table(suspect_table(suspects, ("cat", "dog")), "names.parquet")
    write_table(suspect_table(suspects), "numbers.csv")
    main = {"select": select_examples, "plot": plot_cscores, "compare": compare_cscores}[
        command
    ].main
    for name in ("names.csv", "names.parquet"):
        arguments = [name, "numbers.csv"] if command == "compare" else [name]
        assert main(arguments) == 2
        err = capsys.readouterr().err
        assert "suspects of find-mislabelled with labels by name (the first: 'dog')" in err
        assert "give the cube or the scores that they are from" in err
    # With numbers, the list is scores like any other.
    if command == "select":
        assert main(["numbers.csv", "--count", "1"]) == 0
        np.testing.assert_array_equal(np.load("selected.npy"), [4])


def test_a_folder_is_no_scores_in_plain_words(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for main in (select_examples.main, plot_cscores.main):
        assert main(["photos"]) == 2
        err = capsys.readouterr().err
        assert (
            "photos: not a readable Zarr store (no zarr.json is there); give a folder with" in err
        )
        assert "Error" not in err
