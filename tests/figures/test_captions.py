"""Names and scores next to examples."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.figures.captions import example_name, name_note, score_texts


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, 1, 1], ["1", "1", "1"]),
        ([0, 0.5], ["0", "0.500"]),
        ([0.99991, 0.99994], ["0.99991", "0.99994"]),
        ([0.9999999, 1], ["1.00000", "1"]),
        ([0.1234, 0.1234, 0.1232], ["0.1234", "0.1234", "0.1232"]),
        ([-3.25, 12345.678], ["-3.25", "1.235e+04"]),
        ([], []),
    ],
)
def test_scores_have_as_many_decimals_as_tell_them_apart(values, texts):
    assert score_texts(values) == texts


def test_an_example_is_named_by_its_index_whatever_its_row():
    scores = xr.Dataset({"cscore": ("example", [0.1, 0.2])}, {"example": [900, 3]})
    assert [example_name(scores, row) for row in (0, 1)] == ["#900", "#3"]
    assert "index" in name_note(scores)


def test_scores_without_an_index_count_their_rows():
    assert example_name(xr.Dataset({"cscore": ("example", [0.1, 0.2])}), 1) == "#1"


@pytest.mark.parametrize("dtype", ["U", object, np.dtypes.StringDType()])
def test_a_file_name_stands_in_place_of_the_index(dtype):
    names = np.array(["cats/$1.png", "cats/a_rather_long_name_0042.png"], dtype)
    scores = xr.Dataset(coords={"example": [0, 1], "filename": ("example", names)})
    assert [example_name(scores, row) for row in (0, 1)] == [r"\$1.png", "a_rath…2.png"]
    assert name_note(scores) == "file name"
