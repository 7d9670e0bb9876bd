"""Agreement against scipy and plain loops, ties, directions, and what a set of scores looks like."""

import itertools
import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cscore_data import compare
from cscore_data.errors import InvalidInputError


def scores(values, label=None):
    coords = {"example": np.arange(len(values))} | ({} if label is None else {"label": ("example", label)})
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
    found, (x, y) = compare.agreement(*pair, resamples=5), known(pair)
    assert found.examples == len(x) == 298
    assert found.spearman.value == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found.kendall.value == pytest.approx(stats.kendalltau(x, y).statistic)
    assert found.pearson.value == pytest.approx(stats.pearsonr(x, y).statistic)
    assert found.mean_absolute_difference == pytest.approx(np.mean(np.abs(x - y)))


def test_intervals_are_those_of_scipy_bootstrap(pair):
    found, data = compare.agreement(*pair, resamples=1000), known(pair)
    for name, statistic in (("spearman", stats.spearmanr), ("pearson", stats.pearsonr)):
        expected = stats.bootstrap(
            data,
            lambda x, y, statistic=statistic: statistic(x, y).statistic,
            paired=True,
            vectorized=False,
            n_resamples=1000,
            method="percentile",
            rng=np.random.default_rng(1),
        ).confidence_interval
        estimate = getattr(found, name)
        assert estimate.low < estimate.value < estimate.high
        assert (estimate.low, estimate.high) == pytest.approx(tuple(expected), abs=0.01)


def test_the_seed_decides_the_intervals(pair):
    first, again, other = (compare.agreement(*pair, resamples=20, seed=seed).kendall for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_many_examples_get_fewer_resamples():
    random = np.random.default_rng(0)
    few = compare.agreement(scores(random.random(10)), scores(random.random(10)))
    assert few.resamples == 200
    assert compare._default_resamples(50_000) == 200
    assert compare._default_resamples(1_281_167) == 50


def overlap_by_breaking_ties(x, y, size):
    """Mean overlap of the `size` lowest over every way of breaking the ties of x and those of y."""

    def tails(score):
        orders = itertools.permutations(range(len(score)))
        return [set(o[:size]) for o in orders if all(score[i] <= score[j] for i, j in itertools.pairwise(o))]

    return np.mean([len(one & other) / size for one in tails(x) for other in tails(y)])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=4, max_size=5), st.integers(1, 3))
def test_a_tail_is_what_random_tie_breaking_gives(rows, size):
    x, y = np.array(rows, float).T
    tail = compare._tail(x, y, "lowest", size / len(x))
    assert tail.overlap == pytest.approx(overlap_by_breaking_ties(x, y, size))
    assert tail.chance == pytest.approx(size / len(x))
    assert compare._tail(-x, -y, "highest", size / len(x)).overlap == pytest.approx(tail.overlap)


def test_where_most_scores_are_the_same_there_is_no_highest_percent():
    random = np.random.default_rng(0)
    x = np.where(random.random(1000) < 0.75, 1.0, random.random(1000))
    found = compare.agreement(scores(x), scores(x), resamples=2)
    tails = {(tail.end, tail.fraction): tail for tail in found.tails}
    assert tails["lowest", 0.01].overlap == 1
    assert tails["lowest", 0.01].tied == (0, 0)
    share = np.mean(x == 1)
    assert tails["highest", 0.01].overlap == pytest.approx(0.01 / share)
    assert tails["highest", 0.01].tied == (share, share)
    assert found.tied == (share, share)


def test_without_ties_a_set_agrees_with_itself():
    found = compare.agreement(scores(np.linspace(0, 1, 200)), scores(np.linspace(0, 1, 200)), resamples=5)
    assert [tail.overlap for tail in found.tails] == [1] * 6
    assert found.tied == (0, 0)
    assert found.spearman.value == found.kendall.value == pytest.approx(1)
    assert compare.hint(found) is None


def test_the_other_direction_is_hinted_at_and_turned_round():
    random = np.random.default_rng(0)
    a = scores(random.random(100))
    b = a.assign(cscore=1 - a["cscore"])
    found = compare.agreement(a, b, resamples=5)
    assert found.spearman.value == pytest.approx(-1)
    assert "opposite directions" in compare.hint(found)
    np.testing.assert_allclose(compare.flipped(b)["cscore"], a["cscore"])
    loss = scores([0.5, 7, 2])
    np.testing.assert_array_equal(compare.flipped(loss)["cscore"], [-0.5, -7, -2])
    assert compare.flipped(loss).attrs["title"] == "scores, turned round (-score)"


def test_on_other_scales_there_is_no_difference_to_state():
    found = compare.agreement(scores([0.1, 0.5, 0.9]), scores([1, 5, 9]), resamples=2)
    assert math.isnan(found.mean_absolute_difference)
    assert found.spearman.value == pytest.approx(1)


@pytest.mark.parametrize(
    ("a", "b", "match"),
    [
        ([0.1, 0.2, np.nan], [0.1, np.nan, 0.2], "found 1 common examples"),
        ([0.1, 0.2, 0.3], [0.5, 0.5, 0.5], "all scores of B are 0.5"),
    ],
)
def test_what_has_no_ranking_is_refused(a, b, match):
    with pytest.raises(InvalidInputError, match=match):
        compare.agreement(scores(a), scores(b))


def test_classes_are_compared_one_by_one(pair):
    a, b = pair
    classes = compare.agreement_by_class(a, b, resamples=10)
    assert list(classes) == [0, 1, 2]
    rows = np.flatnonzero(a["label"] == 1)
    assert classes[1] == compare.agreement(a.isel(example=rows), b.isel(example=rows), resamples=10)
    assert compare.agreement_by_class(a.drop_vars("label"), b, resamples=10) == classes
    assert compare.agreement_by_class(a.drop_vars("label"), b.drop_vars("label")) == {}


def test_a_class_that_knows_one_score_only_has_no_correlation():
    label = np.repeat([0, 1, 2], [4, 4, 2])
    a, b = scores(np.linspace(0, 1, 10), label), scores([0.5] * 4 + [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], label)
    classes = compare.agreement_by_class(a, b, resamples=5)
    assert list(classes) == [0, 1]
    assert math.isnan(classes[0].spearman.value)
    assert math.isnan(classes[0].kendall.low)
    assert classes[1].spearman.value == pytest.approx(1)


def test_disagreements_are_the_widest_differences_of_rank():
    a, b = scores([0.1, 0.2, 0.3, 0.4, np.nan, 0.5]), scores([50, 20, 30, 40, 60, 10])
    higher_in_a, higher_in_b = compare.disagreements(a, b, count=2)
    assert higher_in_a.tolist() == [5]
    assert higher_in_b.tolist() == [0]


def test_what_ties_is_no_disagreement():
    a, b = scores([1.0, 1.0, 1.0, 1.0, 0.2, 0.1]), scores([1.0, 1.0, 0.3, 0.2, 0.9, 0.1])
    higher_in_a, higher_in_b = compare.disagreements(a, b, count=6)
    assert higher_in_a.tolist() == [3]  # second in B, among the third to sixth in A; where 2 is, third in B, too
    assert higher_in_b.tolist() == [4]


def test_class_statistics_are_means_and_spreads():
    table = compare.class_statistics(scores([0.0, 1.0, 0.5, np.nan], label=[3, 3, 7, 7]))
    assert table["label"].values.tolist() == [3, 7]
    assert table["mean"].values.tolist() == [0.5, 0.5]
    assert table["spread"].values.tolist() == [0.5, 0.0]
    assert table["size"].values.tolist() == [2, 1]


def test_ratio_correlation_is_that_of_each_profile():
    profile = xr.DataArray(np.random.default_rng(0).random((3, 40)), {"ratio": [0.2, 0.5, 0.8]}, ("ratio", "example"))
    reduced = xr.Dataset({"profile": profile, "cscore": profile.mean("ratio")})
    found = compare.ratio_correlation(reduced)
    for ratio in (0.2, 0.5, 0.8):
        expected = stats.spearmanr(profile.sel(ratio=ratio).values, reduced["cscore"].values).statistic
        assert float(found.sel(ratio=ratio)) == pytest.approx(expected)
    assert compare.ratio_correlation(reduced.assign(profile=profile * 0)).isnull().all()
