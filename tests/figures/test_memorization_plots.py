"""Memorization: a histogram, and dots or squares against the C-score."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh

from cscore_data import figures


def make_scores(examples, seed=0):
    random = np.random.default_rng(seed)
    score = random.random(examples)
    memorization = (1 - score) * random.random(examples)
    return xr.Dataset(
        {
            "memorization": ("example", memorization, {"long_name": "memorization: more"}),
            "cscore": ("example", score, {"long_name": "consistency score: of noise"}),
        },
        {"example": np.arange(examples)},
        {"title": "C-scores of noise"},
    )


def test_the_histogram_counts_every_example():
    scores = make_scores(60)
    left = figures.memorization(scores).axes[0]
    assert sum(bar.get_height() for bar in left.patches) == 60
    mean = float(scores["memorization"].mean())
    assert left.get_legend().get_texts()[0].get_text() == f"mean {mean:.3f}"


def test_few_examples_are_dots():
    scores = make_scores(60)
    dots, bound = figures.memorization(scores).axes[1].lines
    assert dots.get_xdata().tolist() == scores["cscore"].values.tolist()
    assert dots.get_ydata().tolist() == scores["memorization"].values.tolist()
    assert bound.get_label() == "always correct once trained on"


def test_many_examples_are_counted_in_squares():
    right = figures.memorization(make_scores(2001)).axes[1]
    (squares,) = [item for item in right.collections if isinstance(item, QuadMesh)]
    assert squares.get_array().sum() == 2001


def test_the_axes_are_named_after_the_variables():
    figure = figures.memorization(make_scores(60))
    left, right = figure.axes
    assert left.get_xlabel() == right.get_ylabel() == "memorization"
    assert right.get_xlabel() == "consistency score"
    assert figure.get_suptitle() == "C-scores of noise: 60 examples"


def test_examples_that_were_never_trained_on_are_left_out():
    scores = make_scores(60)
    scores["memorization"][:10] = np.nan
    figure = figures.memorization(scores)
    assert figure.get_suptitle() == "C-scores of noise: 50 of 60 examples"


@pytest.mark.parametrize("examples", [60, 2001])
def test_harm_by_training_is_shown(examples):
    """Memorization can be below 0."""
    scores = make_scores(examples)
    scores["memorization"][0] = -0.4
    left, right = figures.memorization(scores).axes[:2]
    assert left.get_xlim()[0] == -0.4
    assert right.get_ylim()[0] <= -0.4
    assert sum(bar.get_height() for bar in left.patches) == examples


def test_scores_on_another_scale_have_no_bound():
    scores = make_scores(60)
    scores["cscore"] = scores["cscore"] * 10
    assert len(figures.memorization(scores).axes[1].lines) == 1
