"""Agreement against scipy, directions, classes and disagreements."""

import math

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from cscore_data.errors import InvalidInputError
from cscore_data.scores.agreement import (
    agreement,
    agreement_by_class,
    disagreements,
    flipped,
    hint,
)
from cscore_data.scores.correlations import default_resamples


def scores(values, label=None):
    coords = {"example": np.arange(len(values))}
    if label is not None:
        coords["label"] = ("example", label)
    return xr.Dataset({"cscore": ("example", np.asarray(values, float))}, coords)


@pytest.fixture(scope="module")
def pair():
    """Two related scores of 300 examples, with ties and some missing."""
    random = np.random.default_rng(3)
    x = random.random(300).round(2)
    y = np.clip(x + random.normal(0, 0.2, 300), 0, 1).round(2)
    x[5], y[7] = np.nan, np.nan
    label = np.arange(300) % 3
    return scores(x, label), scores(y, label)


def known(pair):
    x, y = (side["cscore"].values for side in pair)
    keep = np.isfinite(x) & np.isfinite(y)
    return x[keep], y[keep]


def test_statistics_are_those_of_scipy(pair):
    found = agreement(*pair, resamples=5)
    x, y = known(pair)
    assert found.examples == len(x) == 298
    assert found.spearman.value == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found.kendall.value == pytest.approx(stats.kendalltau(x, y).statistic)
    assert found.pearson.value == pytest.approx(stats.pearsonr(x, y).statistic)
    assert found.mean_absolute_difference == pytest.approx(np.mean(np.abs(x - y)))


@pytest.mark.parametrize(
    ("name", "statistic"), [("spearman", stats.spearmanr), ("pearson", stats.pearsonr)]
)
def test_intervals_are_those_of_scipy_bootstrap(pair, name, statistic):
    expected = stats.bootstrap(
        known(pair),
        lambda x, y: statistic(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    estimate = getattr(agreement(*pair, resamples=1000), name)
    assert estimate.low < estimate.value < estimate.high
    assert (estimate.low, estimate.high) == pytest.approx(tuple(expected), abs=0.01)


def test_the_seed_decides_the_intervals(pair):
    first, again, other = (agreement(*pair, resamples=20, seed=seed).kendall for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_many_examples_get_fewer_resamples():
    random = np.random.default_rng(0)
    few = agreement(scores(random.random(10)), scores(random.random(10)))
    assert few.resamples == 200
    assert default_resamples(50_000) == 200
    assert default_resamples(1_281_167) == 50


def test_ties_and_tails_are_reported():
    random = np.random.default_rng(0)
    x = np.where(random.random(1000) < 0.75, 1.0, random.random(1000))
    found = agreement(scores(x), scores(x), resamples=2)
    share = np.mean(x == 1)
    assert found.tied == (share, share)
    fractions = [(tail.end, tail.fraction) for tail in found.tails]
    assert fractions == [
        (end, share) for end in ("lowest", "highest") for share in (0.01, 0.05, 0.1)
    ]


def test_without_ties_a_set_agrees_with_itself():
    line = scores(np.linspace(0, 1, 200))
    found = agreement(line, line, resamples=5)
    assert [tail.overlap for tail in found.tails] == [1] * 6
    assert found.tied == (0, 0)
    assert found.spearman.value == found.kendall.value == pytest.approx(1)
    assert hint(found) is None


def test_the_other_direction_is_hinted_at_and_turned_round():
    a = scores(np.random.default_rng(0).random(100))
    b = a.assign(cscore=1 - a["cscore"])
    found = agreement(a, b, resamples=5)
    assert found.spearman.value == pytest.approx(-1)
    assert "opposite directions" in hint(found)
    np.testing.assert_allclose(flipped(b)["cscore"], a["cscore"])
    loss = scores([0.5, 7, 2])
    np.testing.assert_array_equal(flipped(loss)["cscore"], [-0.5, -7, -2])
    assert flipped(loss).attrs["title"] == "scores, turned round (-score)"


def test_on_other_scales_there_is_no_difference_to_report():
    found = agreement(scores([0.1, 0.5, 0.9]), scores([1, 5, 9]), resamples=2)
    assert math.isnan(found.mean_absolute_difference)
    assert found.spearman.value == pytest.approx(1)


@pytest.mark.parametrize(
    ("a", "b", "match"),
    [
        ([0.1, 0.2, np.nan], [0.1, np.nan, 0.2], "found 1 common examples"),
        ([0.1, 0.2, 0.3], [0.5, 0.5, 0.5], "all scores of B are 0.5"),
    ],
)
def test_scores_without_a_ranking_are_refused(a, b, match):
    with pytest.raises(InvalidInputError, match=match):
        agreement(scores(a), scores(b))


def test_classes_are_compared_one_by_one(pair):
    a, b = pair
    classes = agreement_by_class(a, b, resamples=10)
    assert list(classes) == [0, 1, 2]
    rows = np.flatnonzero(a["label"] == 1)
    assert classes[1] == agreement(a.isel(example=rows), b.isel(example=rows), resamples=10)
    assert agreement_by_class(a.drop_vars("label"), b, resamples=10) == classes
    assert agreement_by_class(a.drop_vars("label"), b.drop_vars("label")) == {}


def test_a_class_with_a_single_score_has_no_correlation():
    label = np.repeat([0, 1, 2], [4, 4, 2])
    a = scores(np.linspace(0, 1, 10), label)
    b = scores([0.5] * 4 + [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], label)
    classes = agreement_by_class(a, b, resamples=5)
    assert list(classes) == [0, 1]
    assert math.isnan(classes[0].spearman.value)
    assert math.isnan(classes[0].kendall.low)
    assert classes[1].spearman.value == pytest.approx(1)


def test_disagreements_are_the_widest_differences_of_rank():
    a = scores([0.1, 0.2, 0.3, 0.4, np.nan, 0.5])
    b = scores([50, 20, 30, 40, 60, 10])
    higher_in_a, higher_in_b = disagreements(a, b, count=2)
    assert higher_in_a.tolist() == [5]
    assert higher_in_b.tolist() == [0]


def test_in_one_unit_the_widest_difference_of_scores_comes_first():
    """Among many scores that are close, a small difference is a large one of ranks."""
    close = np.linspace(0.9, 0.99, 10)
    a = scores([*np.roll(close, 1), 0.73, 0.2])
    b = scores([*close, 0.07, 0.5])
    higher_in_a, higher_in_b = disagreements(a, b, count=2)
    assert higher_in_a.tolist() == [10, 0]
    assert higher_in_b[0] == 11


def test_a_shift_of_all_scores_is_no_disagreement():
    a = scores([0.9, 0.8, 0.7, 0.6])
    b = scores([0.4, 0.3, 0.1, 0.2])
    higher_in_a, higher_in_b = disagreements(a, b, count=4)
    assert higher_in_a.tolist() == [2]
    assert higher_in_b.tolist() == [3]


def test_a_tie_is_no_disagreement():
    a = scores([1.0, 1.0, 1.0, 1.0, 0.2, 0.1])
    b = scores([1.0, 1.0, 0.3, 0.2, 0.9, 0.1])
    higher_in_a, higher_in_b = disagreements(a, b, count=6)
    # Second in B, among the third to sixth in A; where example 2 is, third in B, too.
    assert higher_in_a.tolist() == [3]
    assert higher_in_b.tolist() == [4]
