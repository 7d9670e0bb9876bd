"""What reduce-cscores says of scores that are missing, and of their reliability."""

import numpy as np
import pytest

from cscore_data.cli.jobs.reduction_notes import missing_lines, reliability_line
from cscore_data.scores.reduce import reduce_cube
from cscore_data.testing import make_cube


@pytest.fixture
def cube():
    cube = make_cube(ratios=[0.5, 0.8], runs=40, record="margin")
    # Enough runs of either kind for all examples, so that each test takes some away.
    cube["held_out"][{"run": slice(0, 3)}] = True
    cube["held_out"][{"run": slice(3, 6)}] = False
    return cube


def test_nothing_is_said_where_nothing_is_missing(cube):
    assert missing_lines(reduce_cube(cube)) == []


def test_examples_that_were_never_trained_on_at_some_ratio_are_counted(cube):
    cube["held_out"][{"ratio": 1, "example": [2, 5]}] = True
    (line,) = missing_lines(reduce_cube(cube))
    assert line.startswith("no memorization: 2 examples, never trained on at some ratio")


def test_examples_that_were_never_held_out_at_some_ratio_are_counted(cube):
    cube["held_out"][{"ratio": 1, "example": [2, 5, 6]}] = False
    (line,) = missing_lines(reduce_cube(cube))
    assert line.startswith("no C-score: 3 examples, never held out at some ratio")


def test_the_only_examples_of_their_classes_are_counted_apart(cube):
    label = np.zeros(20, int)
    label[[4, 9]] = [7, 8]
    (line,) = missing_lines(reduce_cube(cube.assign_coords(label=("example", label))))
    assert line == "no scores: 2 examples that are the only one of a class"


def test_scores_of_a_single_run_have_no_standard_error():
    cube = make_cube(ratios=[0.8], runs=5, record="margin")
    cube["held_out"][:] = False
    cube["held_out"][{"run": 1}] = True
    lines = missing_lines(reduce_cube(cube))
    expected = [f"no standard error of {name}: 20 examples" for name in ("cscore", "margin")]
    assert [line.split(",")[0] for line in lines] == expected


@pytest.mark.parametrize(("record", "is_said"), [("correct", True), ("margin", False)])
def test_a_standard_error_of_zero_is_explained(record, is_said):
    cube = make_cube(ratios=[0.8], runs=5, record=record)
    cube["held_out"][:] = True
    cube["correct"][{"example": [2, 5, 6]}] = True
    scores = reduce_cube(cube, statistics=["cscore", "cscore_stderr"])
    certain = int((scores["cscore_stderr"] == 0).sum())
    assert (certain >= 3) == is_said
    expected = f"standard error 0 of cscore: {certain} examples, on which all runs agree"
    assert any(line.startswith(expected) for line in missing_lines(scores)) == is_said


def test_reliability_names_ranks_only_where_they_can_be_told():
    few, many = (reliability_line(make_cube(runs=runs, examples=200)) for runs in (20, 40))
    assert "Spearman" not in few
    assert "Spearman" in many
    assert "of their lowest 1%, 5%, 10% in common" in few


def test_scores_that_are_chance_have_no_reliability():
    cube = make_cube(runs=2)
    cube["held_out"][:] = True
    cube["correct"][{"run": 1}] = ~cube["correct"][{"run": 0}]
    assert reliability_line(cube).startswith("reliability: none; ")
