import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cscore_data.design.plan import Plan
from cscore_data.errors import InvalidInputError

RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@given(
    st.integers(2, 300),
    st.sampled_from(RATIOS[4:]),
    st.integers(0, 2**32 - 1),
    st.integers(0, 10_000),
)
def test_subset_is_distinct_indices_and_held_out_is_its_complement(examples, ratio, seed, run):
    plan = Plan(examples, (ratio,), seed)
    subset = plan.subset(ratio, run)
    assert subset.dtype == np.int32
    assert len(subset) == plan.subset_size(ratio) == len(set(subset.tolist()))
    assert (
        set(np.flatnonzero(~plan.held_out(ratio, [run])[0]))
        == set(subset.tolist())
        <= set(range(examples))
    )


def test_subsets_depend_on_seed_ratio_and_run_alone():
    plan, fewer = Plan(500, RATIOS), Plan(500, (0.9, 0.3))
    np.testing.assert_array_equal(plan.subset(0.3, 7), fewer.subset(0.3, 7))
    np.testing.assert_array_equal(plan.training_seed(0.3, 7), fewer.training_seed(0.3, 7))
    np.testing.assert_array_equal(plan.held_out(0.3, [5, 7, 9])[1], plan.held_out(0.3, [7])[0])


def test_each_seed_ratio_and_run_draws_another_subset():
    drawn = [
        Plan(500, RATIOS, seed).subset(ratio, run)[:50].tobytes()
        for seed, ratio, run in itertools.product((0, 1), RATIOS, (0, 1))
    ]
    assert len(set(drawn)) == len(drawn)


def test_subsets_are_those_that_stores_were_made_with():
    """The drawing is part of the format: if it changed, every existing store would be wrong."""
    plan = Plan(1000, (0.5, 0.7), seed=3)
    assert plan.subset(0.5, 2)[:5].tolist() == [129, 121, 86, 280, 168]
    assert plan.training_seed(0.5, 2).tolist() == [1750129714, 3255521334]
    assert plan.digest().startswith("599d11456727fed4")


def test_every_example_is_held_out_as_often_as_the_ratio_says():
    plan = Plan(200, (0.3,))
    share = plan.held_out(0.3, range(2000)).mean(0)
    # Each share is binomial with standard deviation 0.0102; 200 of them stay within five.
    assert abs(share.mean() - 0.7) < 1e-12
    assert np.abs(share - 0.7).max() < 5 * np.sqrt(0.3 * 0.7 / 2000)


@pytest.mark.parametrize(
    ("examples", "ratio", "size"),
    [(60000, 0.7, 42000), (100, 0.29, 29), (1797, 0.1, 179), (1281167, 0.9, 1153050)],
)
def test_subset_size_is_the_whole_part_in_decimal(examples, ratio, size):
    assert Plan(examples, (ratio,)).subset_size(ratio) == size


def test_json_gives_the_plan_back():
    plan = Plan(100, (0.5, 0.25), 4, "nested")
    assert Plan(**json.loads(plan.to_json())) == plan


@pytest.mark.parametrize(
    ("ratios", "message"),
    [
        ((0.0,), "0 < ratio < 1"),
        ((1.0,), "0 < ratio < 1"),
        ((1.5,), "0 < ratio < 1"),
        ((float("nan"),), "0 < ratio < 1"),
        ((0.001,), "empty training subset"),
        ((0.5, 0.5), "more than once"),
        ((), "none given"),
    ],
)
def test_bad_ratios_are_refused(ratios, message):
    with pytest.raises(InvalidInputError, match=message):
        Plan(100, ratios)


@pytest.mark.parametrize("arguments", [{"seed": -1}, {"seed": 2**32}, {"subsets": "disjoint"}])
def test_bad_values_are_refused(arguments):
    with pytest.raises(InvalidInputError, match="found"):
        Plan(100, (0.5,), **arguments)
