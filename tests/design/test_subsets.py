import numpy as np
import pytest

from cscore_data.design.plan import Plan
from cscore_data.design.subsets import DESIGNS
from cscore_data.errors import InvalidInputError

RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@pytest.mark.parametrize("subsets", DESIGNS)
def test_share_of_examples_that_are_never_held_out(subsets):
    plan = Plan(20_000, (0.5, 0.6), 0, subsets)
    never = np.zeros(20_000, bool)
    for ratio in plan.ratios:
        never |= ~plan.held_out(ratio, range(6)).any(0)
    # A share of .0467 or .0615 of 20,000 has a standard deviation of .0017 at most.
    assert never.mean() == pytest.approx(plan.share_never_held_out(6), abs=0.007)


def test_ratios_are_independent_by_default():
    plan = Plan(2000, (0.3, 0.6))
    overlap = len(np.intersect1d(plan.subset(0.3, 0), plan.subset(0.6, 0)))
    assert abs(overlap - 360) < 5 * np.sqrt(600 * 0.6 * 0.4)  # nested subsets would share all 600


def test_nested_subsets_are_the_demos():
    plan = Plan(6000, RATIOS, subsets="nested")
    for run in (0, 1, 17):
        for ratio, given_ratio in zip(np.linspace(0.1, 0.9, 9), RATIOS, strict=True):
            demo = np.random.RandomState(run).choice(6000, int(6000 * ratio), replace=False)
            np.testing.assert_array_equal(plan.subset(given_ratio, run), demo)


def test_nested_subsets_of_another_seed_are_others():
    first, second = (Plan(100, (0.2, 0.5), seed, "nested") for seed in (0, 1))
    assert set(second.subset(0.2, 3)) < set(second.subset(0.5, 3))
    assert not any(
        np.array_equal(second.subset(0.5, run), first.subset(0.5, run + k))
        for run in (0, 3)
        for k in (0, 1)
    )


class Consecutive:
    """Each run is trained on the examples that follow those of the run before."""

    meaning = "consecutive examples"

    def subset(self, examples, size, *, seed, ratio, run):
        return (np.arange(size) + run * size) % examples

    def share_never_held_out(self, shares, runs):
        return 0.0


def test_a_new_design_is_one_class_and_one_entry(monkeypatch):
    monkeypatch.setitem(DESIGNS, "consecutive", Consecutive())
    plan = Plan(10, (0.3,), subsets="consecutive")
    subset = plan.subset(0.3, 3)
    assert subset.tolist() == [9, 0, 1]
    assert subset.dtype == np.int32
    assert plan.share_never_held_out(5) == 0


def test_the_known_designs_are_named_when_another_is_asked_for():
    with pytest.raises(
        InvalidInputError,
        match="subsets: found 'disjoint', expected one of balanced, independent, nested",
    ):
        Plan(10, (0.5,), subsets="disjoint")
