"""Curves over subset ratios."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cscore_data.figures.curves import profile_curves, ratio_curve


@pytest.fixture
def axes():
    return Figure(figsize=(6, 6)).add_subplot()


def test_the_best_ratio_is_marked(axes):
    correlation = xr.DataArray([0.5, 0.9, np.nan], {"ratio": [0.1, 0.3, 0.9]}, "ratio")
    ratio_curve(axes, correlation)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0.900 at ratio 0.3"]


def test_constant_profiles_have_no_best_ratio(axes):
    ratio_curve(axes, xr.DataArray([np.nan, np.nan], {"ratio": [0.1, 0.3]}, "ratio"))
    assert axes.get_legend() is None


@pytest.mark.parametrize(("count", "all_marked"), [(9, True), (30, False)])
def test_each_ratio_has_a_tick_if_there_is_room(axes, count, all_marked):
    ratios = np.linspace(0.1, 0.9, count)
    ratio_curve(axes, xr.DataArray(np.ones(count), {"ratio": ratios}, "ratio"))
    assert (list(axes.get_xticks()) == list(ratios)) == all_marked


def test_curves_of_fuller_bins_are_thicker(axes):
    curves = xr.DataArray(
        [[0.2, 0.3], [0.8, 0.9]],
        {"ratio": [0.1, 0.5], "cscore": ("bin", [0.25, 0.85]), "size": ("bin", [1, 100])},
        ("bin", "ratio"),
    )
    profile_curves(axes, curves)
    thin, thick = axes.lines
    assert thin.get_ydata().tolist() == [0.2, 0.3]
    assert thin.get_linewidth() < thick.get_linewidth() == 3
