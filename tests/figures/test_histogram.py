"""Histograms: bars and colors hold what was counted."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cscore_data.figures.histogram import histogram, histogram_rows


@pytest.fixture
def axes():
    return Figure(figsize=(6, 6)).add_subplot()


def make_scores(values):
    attrs = {"long_name": "consistency score: mean of something"}
    return xr.Dataset({"cscore": ("example", np.asarray(values, float), attrs)})


def test_a_histogram_counts_what_has_a_score(axes):
    histogram(axes, make_scores([0.2, 0.9, np.nan]))
    assert sum(patch.get_height() for patch in axes.patches) == 2
    assert axes.get_title() == "2 examples have a score"
    assert axes.get_xlabel() == "consistency score"
    assert axes.get_xlim() == (0, 1)


def test_scores_on_another_scale_have_their_own_axis(axes):
    histogram(axes, make_scores([-3, 12]))
    assert axes.get_xlim() == (-3, 12)
    assert axes.get_title() == "2 examples"


@pytest.mark.parametrize("log", [False, True])
def test_each_row_is_a_histogram(axes, log):
    rows = [np.array([0.1, 0.1, 0.9]), np.array([np.nan, 0.5])]
    histogram_rows(axes, rows, ["one", "two"], log=log, bins=10)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]

    # Bars go up from the line of their row, which has a lower number further up.
    full = 0.9
    half = 0.9 * np.log(2) / np.log(3) if log else 0.45
    first, second = (patch.get_data() for patch in axes.patches)
    expected = np.zeros(10)
    expected[[1, 9]] = full, half
    np.testing.assert_allclose(first.baseline - first.values, [0, full, *[0] * 7, half], atol=1e-12)
    expected = np.zeros(10)
    expected[5] = half if log else full
    np.testing.assert_allclose(second.baseline - second.values, expected, atol=1e-12)


def test_very_many_rows_are_colors(axes):
    rows = [np.array([row / 100]) for row in range(100)]
    histogram_rows(axes, rows, [str(row) for row in range(100)])
    assert len(axes.patches) == 0
    assert axes.collections[0].get_array().shape == (100, 40)
    assert axes.collections[0].get_rasterized()
