"""Joint density of two sets of scores."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from cscore_data.figures.density import averaged_squares, joint_density, marginal_histograms


@pytest.fixture
def axes():
    return Figure(figsize=(6, 6)).add_subplot()


def make_scores(values, **attrs):
    return xr.Dataset({"cscore": ("example", values)}, attrs=attrs)


def test_every_example_with_both_scores_is_counted(axes):
    a = make_scores([0.1, 0.2, np.nan, 0.9], title="mine")
    b = make_scores([0.1, 0.5, 0.5, 1.0])
    joint_density(axes, a, b, bins=10)
    assert axes.collections[0].get_array().sum() == 3
    assert axes.collections[0].get_rasterized()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("A: mine", "B: scores")


@pytest.mark.parametrize(("factor", "lines"), [(1, 1), (10, 0)])
def test_the_diagonal_is_drawn_if_both_are_on_one_scale(axes, factor, lines):
    a = make_scores(np.array([0.1, 0.2, 0.9]))
    joint_density(axes, a, a * factor, bins=10)
    assert len(axes.lines) == lines


def test_squares_have_the_mean_of_their_points_and_are_empty_without(axes):
    x = np.array([0.1, 0.2, 0.9])
    value = np.array([0.0, 1.0, 0.25])
    averaged_squares(axes, x, x, value, ((0, 1), (0, 1)), scale=Normalize(0, 1), bins=2)
    mean = np.ma.filled(axes.collections[0].get_array(), np.nan)
    assert np.array_equal(mean, [[0.5, np.nan], [np.nan, 0.25]], equal_nan=True)


@pytest.mark.parametrize(("log", "scale"), [(True, "log"), (False, "linear")])
def test_histograms_at_the_margins_count_each_coordinate(axes, log, scale):
    x = np.array([0.1, 0.2, 0.9])
    y = np.array([5.0, 5.0, 7.0])
    marginal_histograms(axes, x, y, ((0, 1), (0, 10)), bins=2, log=log)
    above, right = axes.child_axes
    assert [bar.get_height() for bar in above.patches] == [2, 1]
    assert [bar.get_width() for bar in right.patches] == [0, 3]
    assert above.get_yscale() == right.get_xscale() == scale
