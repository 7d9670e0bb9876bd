"""The data map, with dots for few examples and squares for many."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import PathCollection, QuadMesh

from cscore_data import figures
from cscore_data.errors import InvalidInputError


def make_scores(examples, seed=0):
    probability = np.random.default_rng(seed).random(examples)
    variability = np.sqrt(probability * (1 - probability)) * 0.8
    meaning = {"long_name": "spread: over runs"}
    return xr.Dataset(
        {
            "soft_cscore": ("example", probability, {"long_name": "probability: of the label"}),
            "variability": ("example", variability, meaning),
            "cscore": ("example", probability.round(1), {"long_name": "consistency score"}),
        },
        {"example": np.arange(examples)},
        {"title": "C-scores of noise"},
    )


def dots_of(figure):
    (dots,) = [item for item in figure.axes[0].collections if isinstance(item, PathCollection)]
    return dots


def test_every_example_is_a_dot_with_its_score():
    scores = make_scores(60)
    dots = dots_of(figures.data_map(scores))
    x, y = np.asarray(dots.get_offsets()).T
    drawn = {*zip(x, y, dots.get_array(), strict=True)}
    variables = [scores[name].values for name in ("variability", "soft_cscore", "cscore")]
    assert drawn == {*zip(*variables, strict=True)}


def test_the_lowest_scores_are_on_top():
    scores = dots_of(figures.data_map(make_scores(60))).get_array()
    assert (np.diff(scores) <= 0).all()


def test_the_axes_are_named_after_the_variables():
    figure = figures.data_map(make_scores(60))
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("spread", "probability")
    assert figure.axes[-1].get_xlabel() == "consistency score"
    assert figure.get_suptitle() == "C-scores of noise: 60 examples"


def test_examples_without_a_value_are_left_out_and_the_title_says_so():
    scores = make_scores(60)
    scores["cscore"][:5] = np.nan
    scores["variability"][:10] = np.nan
    figure = figures.data_map(scores)
    assert len(dots_of(figure).get_offsets()) == 50
    assert figure.get_suptitle() == "C-scores of noise: 50 of 60 examples"


def test_without_any_example_it_is_an_error():
    scores = make_scores(4)
    scores["variability"][:] = np.nan
    with pytest.raises(InvalidInputError, match="no example has all of soft_cscore, variability"):
        figures.data_map(scores)


def test_many_examples_are_squares_with_their_mean_score_and_their_number():
    scores = make_scores(10_001)
    left, right = figures.data_map(scores).axes[:2]
    (mean,) = [item for item in left.collections if isinstance(item, QuadMesh)]
    (count,) = [item for item in right.collections if isinstance(item, QuadMesh)]
    assert count.get_array().sum() == 10_001
    total = (mean.get_array() * count.get_array()).sum()
    assert total == pytest.approx(float(scores["cscore"].sum()))


@pytest.mark.parametrize("examples", [60, 10_001])
def test_the_histograms_count_all_examples(examples):
    axes = figures.data_map(make_scores(examples)).axes[0]
    above, right = axes.child_axes
    assert sum(bar.get_height() for bar in above.patches) == examples
    assert sum(bar.get_width() for bar in right.patches) == examples


def test_variability_above_a_half_is_shown():
    """Few runs can give it, as an estimate without bias."""
    scores = make_scores(60)
    scores["variability"][0] = 0.7
    assert figures.data_map(scores).axes[0].get_xlim()[1] > 0.7


def test_a_large_set_makes_a_small_file(tmp_path):
    figures.save(figures.data_map(make_scores(100_000)), tmp_path / "map.svg")
    assert (tmp_path / "map.svg").stat().st_size < 500_000
