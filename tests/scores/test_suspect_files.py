import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.suspect_files import suspect_table, write_table

COLUMNS = [
    "example", "filename", "text", "label", "suggested", "share", "score", "stderr", "mislabelled",
    "contradicts_copy",
]  # fmt: skip


@pytest.fixture
def suspects():
    return xr.Dataset(
        {
            "score": ("example", [-2.5, np.nan]),
            "suggested": ("example", [1, -1]),
            "mislabelled": ("example", [True, False]),
        },
        {
            "example": [7, 3],
            "label": ("example", [0, 1]),
            "filename": ("example", np.array(["a, b.png", "c.png"], np.dtypes.StringDType())),
        },
    )


def test_classes_are_named(suspects):
    table = suspect_table(suspects, ("cat", "dog"))
    assert list(table.columns) == COLUMNS
    assert table["label"].tolist() == ["cat", "dog"]
    assert table["suggested"].tolist() == ["dog", ""]


def test_classes_without_names_are_numbers(suspects):
    assert suspect_table(suspects)["suggested"].tolist() == [1, -1]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_every_format_gives_the_table_back(suspects, suffix, tmp_path):
    table = suspect_table(suspects, ("cat", "dog"))
    path = tmp_path / "deep" / f"suspects{suffix}"
    write_table(table, path)
    if suffix == ".csv":
        found = pd.read_csv(path, keep_default_na=False, na_values={"score": [""]})
    elif suffix == ".parquet":
        found = pd.read_parquet(path)
    else:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        found = pd.DataFrame(rows)
    assert list(found.columns) == COLUMNS
    known = ["example", "filename", "label", "suggested", "score", "mislabelled"]
    pd.testing.assert_frame_equal(found[known], table[known], check_dtype=False)
    for name in set(COLUMNS) - set(known):
        assert (found[name].isna() | (found[name] == "")).all()


def test_columns_are_the_same_for_every_source(suspects):
    more = suspects.assign(
        share=("example", [0.9, np.nan]),
        stderr=("example", [0.1, np.nan]),
        contradicts_copy=("example", [False, True]),
    ).assign_coords(text=("example", ["a", "b"]))
    for made_from in (suspects, more, more.drop_vars("filename"), more.isel(example=slice(0))):
        assert list(suspect_table(made_from).columns) == COLUMNS
    assert suspect_table(more)["contradicts_copy"].tolist() == [False, True]
    assert suspect_table(more)["suggested"].tolist() == [1, pd.NA]


def test_another_suffix_is_refused(suspects, tmp_path):
    with pytest.raises(InvalidInputError, match=r"expected a file name ending in \.csv"):
        write_table(suspect_table(suspects), tmp_path / "suspects.xlsx")
