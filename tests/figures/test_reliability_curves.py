"""Reliability against the number of runs."""

import numpy as np
import pytest
import xarray as xr

from cscore_data import figures
from cscore_data.errors import InvalidInputError
from cscore_data.figures.reliability_curves import runs_to_reach
from cscore_data.scores.reliability_curve import reliability_curve
from cscore_data.testing import make_cube


def spearman_brown(runs, of_one_run):
    return runs * of_one_run / (1 + (runs - 1) * of_one_run)


def make_curve(measures=("pearson", "spearman"), runs=(1, 2, 4, 8, 16), measured=3):
    runs = np.array(runs)
    variables = {"measured": ("runs", np.arange(len(runs)) < measured)}
    for place, name in enumerate(measures, 1):
        variables[name] = ("runs", spearman_brown(runs, 0.4 / place))
    return xr.Dataset(variables, {"runs": runs}, {"title": "C-scores of noise"})


def lines_of(figure, style):
    """The runs at which lines of a style begin and end; single dots are no lines."""
    ends = []
    for line in figure.axes[0].lines:
        runs = line.get_xdata()
        if line.get_linestyle() == style and len(runs) > 1:
            ends.append((runs[0], runs[-1]))
    return ends


def test_the_measured_part_is_solid_and_the_rest_dashed_from_its_end():
    figure = figures.reliability(make_curve())
    assert lines_of(figure, "-") == [(1, 4)] * 2
    assert lines_of(figure, "--") == [(4, 16)] * 2


def test_the_extrapolated_part_follows_spearman_and_brown():
    figure = figures.reliability(make_curve(["pearson"], measured=1))
    (dashed,) = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert dashed.get_ydata() == pytest.approx(spearman_brown(dashed.get_xdata(), 0.4))


def test_the_legend_names_the_correlations_that_there_are():
    def names(*measures):
        legend = figures.reliability(make_curve(measures)).axes[0].get_legend()
        return [text.get_text() for text in legend.get_texts()]

    assert names("pearson", "spearman") == ["Pearson", "Spearman"]
    assert names("spearman", "lowest_overlap") == ["Spearman"]


def words(curve):
    return [text.get_text() for text in figures.reliability(curve).axes[0].texts]


def test_the_aims_are_marked_with_the_runs_that_they_take():
    assert words(make_curve()) == ["Pearson 0.9: 14 runs (extrapolated)", "0.95"]
    assert words(make_curve(measured=5)) == ["Pearson 0.9: 14 runs", "0.95"]


def test_a_page_of_few_runs_says_how_little_was_measured():
    """Ten runs have two groups of five, and nothing else to compare."""
    curve = reliability_curve(make_cube(runs=10, examples=200))
    axes = figures.reliability(curve).axes[0]
    assert axes.get_title().startswith("measured at 5 runs only; dashed: a guess from that")
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["Pearson", "Spearman (too few runs to extrapolate)"]
    extrapolated = [text.get_text() for text in axes.texts if "runs" in text.get_text()]
    assert all(": about " in text for text in extrapolated)


def test_runs_to_reach_an_aim_follow_spearman_and_brown_between_points():
    curve = make_curve(runs=(1, 4, 50))["pearson"]
    runs = runs_to_reach(curve, 0.9)
    assert spearman_brown(runs, 0.4) == pytest.approx(0.9)


def test_an_aim_is_marked_on_the_first_curve_that_crosses_it():
    curve = make_curve(runs=(20, 40, 80, 160))
    assert words(curve) == ["Spearman 0.9: 37 runs", "Pearson 0.95: 29 runs"]


@pytest.mark.parametrize("values", [[0.95, 0.99], [0.1, 0.2], [np.nan, np.nan], [np.nan, 0.95]])
def test_a_curve_that_does_not_cross_the_aim_has_no_such_number(values):
    assert runs_to_reach(xr.DataArray(values, {"runs": [2, 4]}, "runs"), 0.9) is None


def test_a_perfect_correlation_is_reached():
    curve = xr.DataArray([0.5, 1.0], {"runs": [2, 4]}, "runs")
    assert 2 <= runs_to_reach(curve, 0.9) <= 4


@pytest.mark.parametrize("measured", [0, 1, 5])
def test_any_part_may_be_measured(tmp_path, measured):
    figure = figures.reliability(make_curve(measured=measured))
    figures.save(figure, tmp_path / "f.png")
    assert figure.get_suptitle() == "C-scores of noise"


def test_a_curve_without_a_single_value_is_an_error():
    curve = make_curve(["pearson"])
    curve["pearson"][:] = np.nan
    with pytest.raises(InvalidInputError, match="hardly any example has a score in both halves"):
        figures.reliability(curve)


def test_it_draws_what_is_computed_from_a_cube():
    curve = reliability_curve(make_cube(runs=40, examples=200))
    figure = figures.reliability(curve)
    assert lines_of(figure, "-") == [(5, 20)] * 2
    assert lines_of(figure, "--") == [(20, 160)] * 2
