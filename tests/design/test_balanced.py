"""Balanced subsets: exact size, uniform, and everybody is held out equally often."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.design.plan import Plan
from cscore_data.design.subsets import DESIGNS

BALANCED = DESIGNS["balanced"]


def subset(examples, size, run, seed=0):
    return BALANCED.subset(examples, size, seed=seed, ratio=size / examples, run=run)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(2, 50), st.integers(1, 60), st.integers(0, 100))
def test_counts_differ_by_at_most_one_after_any_number_of_runs(data, examples, runs, seed):
    size = data.draw(st.integers(1, examples - 1))
    held_out = np.zeros(examples, int)
    for run in range(runs):
        chosen = subset(examples, size, run, seed)
        assert len(chosen) == size
        assert len(np.unique(chosen)) == size
        held_out += 1
        held_out[chosen] -= 1
        assert held_out.max() - held_out.min() <= 1


@pytest.mark.parametrize(("examples", "size"), [(5, 2), (5, 3), (6, 4), (7, 3)])
@pytest.mark.parametrize("run", [0, 1, 2, 7])
@pytest.mark.parametrize("studies", [700, pytest.param(9000, marks=pytest.mark.slow)])
def test_each_single_subset_is_uniformly_distributed(examples, size, run, studies):
    found = Counter()
    for seed in range(studies):
        found[tuple(sorted(subset(examples, size, run, seed).tolist()))] += 1
    possible = list(itertools.combinations(range(examples), size))
    expected = studies / len(possible)
    chi_squared = sum((found[one] - expected) ** 2 / expected for one in possible)
    freedom = len(possible) - 1
    assert chi_squared < freedom + 5 * np.sqrt(2 * freedom)


def test_a_run_is_computed_alone_in_any_order():
    forwards = [subset(101, 30, run) for run in range(20)]
    for run in (19, 3, 11, 0):
        np.testing.assert_array_equal(subset(101, 30, run), forwards[run])


def test_five_runs_at_a_ratio_of_08_are_a_five_fold_cross_validation():
    plan = Plan(100, (0.8,), subsets="balanced")
    held_out = plan.held_out(0.8, range(5))
    assert (held_out.sum(0) == 1).all()
    assert (held_out.sum(1) == 20).all()


def test_every_example_is_held_out_after_as_few_runs_as_possible():
    plan = Plan(1797, (0.5, 0.9), subsets="balanced")
    assert plan.share_never_held_out(10) == pytest.approx(0, abs=0.001)
    assert plan.share_never_held_out(5) == pytest.approx(0.5, abs=0.01)
    assert (plan.held_out(0.9, range(10)).sum(0) >= 1).mean() > 0.999


def test_another_seed_and_another_ratio_give_other_subsets():
    assert not np.array_equal(subset(50, 10, 0, seed=0), subset(50, 10, 0, seed=1))
    overlap = len(np.intersect1d(subset(5000, 1500, 0), subset(5000, 2000, 0)))
    assert abs(overlap - 600) < 100
