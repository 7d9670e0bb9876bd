"""Overlaps of the ends of rankings, above all where scores tie."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cscore_data.scores.tails import all_tails, tail, tied_share


def lowest_by_breaking_ties(score, size):
    """The `size` lowest, for every way of breaking ties."""
    tails = []
    for order in itertools.permutations(range(len(score))):
        ranked = [score[row] for row in order]
        if ranked == sorted(ranked):
            tails.append(set(order[:size]))
    return tails


def overlap_by_breaking_ties(x, y, size):
    """Mean overlap of the `size` lowest over every way of breaking the ties of x and those of y."""
    pairs = itertools.product(lowest_by_breaking_ties(x, size), lowest_by_breaking_ties(y, size))
    return np.mean([len(one & other) / size for one, other in pairs])


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=4, max_size=5)


@given(ROWS, st.integers(1, 3))
def test_a_tail_is_what_random_tie_breaking_gives(rows, size):
    x, y = np.array(rows, float).T
    fraction = size / len(x)
    lowest = tail(x, y, "lowest", fraction)
    assert lowest.overlap == pytest.approx(overlap_by_breaking_ties(x, y, size))
    assert lowest.chance == pytest.approx(fraction)
    assert tail(-x, -y, "highest", fraction).overlap == pytest.approx(lowest.overlap)


def test_where_most_scores_are_the_same_there_is_no_highest_percent():
    random = np.random.default_rng(0)
    x = np.where(random.random(1000) < 0.75, 1.0, random.random(1000))
    tails = {(found.end, found.fraction): found for found in all_tails(x, x)}
    assert tails["lowest", 0.01].overlap == 1
    assert tails["lowest", 0.01].tied == (0, 0)
    share = np.mean(x == 1)
    assert tails["highest", 0.01].overlap == pytest.approx(0.01 / share)
    assert tails["highest", 0.01].tied == (share, share)
    assert tied_share(x) == share


def test_without_ties_a_set_agrees_with_itself():
    x = np.linspace(0, 1, 200)
    assert [found.overlap for found in all_tails(x, x)] == [1] * 6
    assert tied_share(x) == 0
