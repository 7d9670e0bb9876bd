"""Which examples of a class are shown."""

import numpy as np
import xarray as xr

from cscore_data.figures.extremes import ends, ranked_members, ties_note


def make_scores(values, **variables):
    variables = {name: ("example", np.asarray(value)) for name, value in variables.items()}
    scores = xr.Dataset({"cscore": ("example", np.asarray(values, float)), **variables})
    return scores.assign_coords(label=("example", np.zeros(len(values), int)))


def test_ties_are_ordered_by_probability_if_there_is_one():
    scores = make_scores([1, 1, 0.5, 1])
    assert ranked_members(scores, 0).tolist() == [0, 1, 3, 2]
    scores = make_scores([1, 1, 0.5, 1], soft_cscore=[0.7, 0.9, 0.99, 0.8])
    assert ranked_members(scores, 0).tolist() == [1, 3, 0, 2]


def test_a_probability_that_is_unknown_comes_last_among_ties():
    scores = make_scores([1, 1, np.nan], soft_cscore=[np.nan, 0.9, 0.5])
    assert ranked_members(scores, 0).tolist() == [1, 0]


def test_no_example_is_at_both_ends():
    for size in range(6):
        highest, lowest = ends(np.arange(size), 2)
        assert [*highest, *lowest] == [*range(size)[:2], *range(2, size)[-2:]]


def test_ties_beyond_what_is_shown_are_counted():
    scores = make_scores([1] * 5 + [0.5])
    members = ranked_members(scores, 0)
    assert ties_note(scores, members, 3) == "5 of 6 at 1"
    assert ties_note(scores, members, 5) == ""
    assert ties_note(scores, members[:0], 3) == ""
