import numpy as np
import pytest
import xarray as xr

from cscore_data import check_labels
from cscore_data.errors import InvalidInputError, MismatchError


def make_scores(label, example=None):
    example = np.arange(len(label)) if example is None else example
    return xr.Dataset(
        {"cscore": ("example", np.zeros(len(label)))},
        {"example": example, "label": ("example", label)},
    )


SCORES = make_scores([3, 1, 2, 3, 1])


@pytest.mark.parametrize("targets", [[3, 1, 2, 3, 1], np.array([[3], [1], [2], [3], [1]])])
def test_labels_that_agree_pass(targets):
    check_labels(SCORES, targets)


def test_the_message_has_count_first_three_and_remedy():
    with pytest.raises(MismatchError) as caught:
        check_labels(SCORES, [3, 2, 1, 2, 2])
    message = str(caught.value)
    assert "4 of 5 labels differ" in message
    assert "example 1: 1 and 2, example 2: 2 and 1, example 3: 3 and 2)" in message
    assert "give the labels of the training split in its original order" in message


def test_scores_of_a_part_are_compared_by_their_index():
    part = make_scores([2, 1], example=[2, 4])
    check_labels(part, [3, 1, 2, 3, 1])


def test_too_few_targets_are_refused():
    with pytest.raises(MismatchError, match="found 3, but the scores have example 4"):
        check_labels(SCORES, [3, 1, 2])


@pytest.mark.parametrize("targets", [["a"] * 5, np.zeros((5, 2), int), [0.5] * 5])
def test_targets_that_are_no_whole_numbers_are_refused(targets):
    with pytest.raises(InvalidInputError, match="targets: found"):
        check_labels(SCORES, targets)


def test_scores_without_labels_are_refused():
    with pytest.raises(InvalidInputError, match="no labels to compare"):
        check_labels(SCORES.drop_vars("label"), [3, 1, 2, 3, 1])
