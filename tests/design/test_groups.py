"""Copies are trained on or held out together, and nothing else about a design changes."""

import itertools
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.design.groups import as_members, members_of
from cscore_data.design.plan import Plan
from cscore_data.design.subsets import DESIGNS
from cscore_data.errors import InvalidInputError


@st.composite
def grouped(draw):
    """Group numbers of 4 to 40 examples, at least two of them different."""
    size = draw(st.integers(4, 40))
    group = draw(st.lists(st.integers(0, size), min_size=size, max_size=size))
    group[0] = -1
    return np.array(group)


@settings(max_examples=25)
@given(grouped(), st.sampled_from(sorted(DESIGNS)), st.sampled_from((0.5, 0.7)), st.integers(0, 99))
def test_copies_are_never_split(group, subsets, ratio, run):
    groups = members_of(group)
    plan = Plan(len(group), (ratio,), 1, subsets, groups)
    draw = plan.draw(ratio, [run])
    held_out = draw.held_out[0]
    for members in groups:
        assert len(set(held_out[list(members)])) == 1
    # The number of training examples is exact, and each group that is not held out has one of them.
    assert draw.subsets.shape == (1, plan.subset_size(ratio))
    assert not held_out[draw.subsets[0]].any()
    assert set(group[draw.subsets[0]]) == set(group[~held_out])


def test_groups_are_drawn_uniformly():
    plan_of = {seed: Plan(7, (0.5,), seed, "balanced", [(0, 3, 5)]) for seed in range(1000)}
    found = Counter()
    for plan in plan_of.values():
        found[tuple(np.flatnonzero(~plan.held_out(0.5, [1])[0]))] += 1
    # Two of the units {0 3 5}, {1}, {2}, {4}, {6}.
    assert len(found) == 10
    assert sum((count - 100) ** 2 / 100 for count in found.values()) < 9 + 5 * np.sqrt(18)


def test_each_copy_is_as_likely_to_be_trained_on_where_not_all_fit():
    plan = Plan(12, (0.5,), 0, "independent", [(0, 1, 2, 3, 4, 5, 6, 7)])
    times = Counter(itertools.chain(*(plan.subset(0.5, run).tolist() for run in range(1000))))
    copies = [times[example] for example in range(8)]
    # The group and one single example are drawn with probability 2/5; then 5 of 8 copies fit.
    assert np.allclose(copies, 250, atol=5 * np.sqrt(1000 * 0.25 * 0.75))


def test_where_groups_are_small_some_examples_are_trained_on_twice():
    plan = Plan(12, (0.5,), 0, "independent", [(0, 1, 2, 3, 4, 5, 6, 7)])
    small = [run for run in range(50) if plan.held_out(0.5, [run])[0, 0]]
    assert sorted(Counter(plan.subset(0.5, small[0]).tolist()).values()) == [3, 3]


def test_balanced_subsets_hold_out_single_examples_and_groups_equally_often():
    plan = Plan(60, (0.3, 0.8), 0, "balanced", [(0, 1), (7, 30, 59)])
    for ratio in plan.ratios:
        counts = plan.held_out(ratio, range(17)).sum(0)
        assert counts.max() - counts.min() <= 1


def test_plans_without_groups_are_what_they_were():
    plain = Plan(1000, (0.5, 0.7), seed=3)
    assert "groups" not in plain.to_json()
    assert plain == Plan(1000, (0.5, 0.7), seed=3, groups=[])
    assert plain.digest().startswith("599d11456727fed4")


def test_groups_are_part_of_the_plan():
    plan = Plan(100, (0.5,), groups=[(8, 3), (70, 1, 2)])
    assert plan.groups == ((1, 2, 70), (3, 8))
    assert Plan(**json.loads(plan.to_json())) == plan
    assert plan.digest() != Plan(100, (0.5,)).digest()


def test_the_drawing_of_groups_never_changes():
    """It is part of the format, as that of single examples is."""
    plan = Plan(1000, (0.5,), seed=3, groups=[(3, 8), (5, 600, 999)])
    assert plan.subset(0.5, 2)[-5:].tolist() == [457, 691, 779, 8, 156]
    assert plan.digest().startswith("36bd6a33b61e561e")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([(1,)], "at least two"),
        ([(1, 1)], "more than once"),
        ([(1, 2), (2, 3)], "more than once"),
        ([(8, 10)], r"expected 0\.\.9"),
        ([(-1, 3)], r"expected 0\.\.9"),
    ],
)
def test_groups_that_are_none_are_refused(groups, message):
    with pytest.raises(InvalidInputError, match=message):
        as_members(groups, 10)


def test_ratios_that_leave_no_group_are_refused():
    with pytest.raises(InvalidInputError, match=r"0\.2 of 4 examples is an empty training subset"):
        Plan(6, (0.2,), groups=[(0, 1, 2)])
