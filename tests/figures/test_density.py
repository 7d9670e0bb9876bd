"""Joint density of two sets of scores."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cscore_data.figures.density import joint_density


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
