"""Scores find their images: by file name, else by number, never just by their place in a file."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.data.examples import Examples
from cscore_data.errors import MismatchError
from cscore_data.scores.example_rows import example_rows

LABEL = np.array([0, 1, 2, 0, 1, 2])
NAMES = np.array([f"{name}.png" for name in "abcdef"])
NUMBERED = {"example_numbering": "column example"}


def data_set(**fields):
    image = np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2)
    return Examples("six", image, LABEL, **fields)


def scores(rows, **coords):
    """Scores of these rows, with labels unless they are given."""
    rows = np.asarray(rows)
    coords = {"label": LABEL[rows], "example": rows, **coords}
    given = {name: ("example", values) for name, values in coords.items() if values is not None}
    return xr.Dataset({"cscore": ("example", rows / 10)}, given)


@pytest.mark.parametrize("rows", [[5, 0, 3, 1, 2, 4], [4, 1], [3]])
@pytest.mark.parametrize("label", [None, "own"])
def test_file_names_on_both_sides_decide(rows, label):
    labels = LABEL[rows] if label else None
    # Their own numbers are those of rows in a file.
    named = scores(rows, filename=NAMES[rows], example=np.arange(len(rows)), label=labels)
    found = example_rows(named, data_set(filename=NAMES))
    assert found.tolist() == rows


def test_labels_are_compared_behind_file_names():
    wrong = scores([4, 1], filename=NAMES[[4, 1]], label=np.array([2, 1]))
    with pytest.raises(MismatchError, match="1 of 2 labels differ between the scores and six"):
        example_rows(wrong, data_set(filename=NAMES))


def test_a_file_name_that_the_data_set_lacks_is_named():
    with pytest.raises(MismatchError, match=r"file names of the scores in six: .*'z.png'"):
        example_rows(scores([4], filename=["z.png"]), data_set(filename=NAMES))


def test_numbers_decide_if_one_side_has_no_names():
    part = scores([4, 1], filename=NAMES[[4, 1]]).assign_attrs(NUMBERED)
    assert example_rows(part, data_set()).tolist() == [4, 1]


def test_numbers_are_those_of_the_source_where_rows_were_left_out():
    image = np.zeros((3, 2, 2), np.uint8)
    image[1] = 1
    kept = Examples("kept", image, LABEL[[1, 4, 5]], index=np.array([1, 4, 5]))
    assert example_rows(scores([5, 1]).assign_attrs(NUMBERED), kept).tolist() == [2, 0]
    with pytest.raises(MismatchError, match="1 of 2 examples of the scores are not among the 3"):
        example_rows(scores([5, 2]).assign_attrs(NUMBERED), kept)


def test_a_part_without_numbers_is_refused():
    with pytest.raises(MismatchError, match="found 2 examples in the scores, 6 in six"):
        example_rows(scores([0, 1]), data_set())


def test_a_part_of_our_own_scores_is_known_by_its_digest():
    examples = data_set()
    part = scores([4, 1]).assign_attrs(example_digest=examples.digest())
    assert example_rows(part, examples).tolist() == [4, 1]
    with pytest.raises(MismatchError, match="found 2 examples in the scores, 6 in six"):
        example_rows(part.assign_attrs(example_digest="another"), examples)


@pytest.mark.parametrize("label", [None, LABEL[[1, 0]]])
def test_an_order_alone_does_not_say_of_which_data_set_a_part_is(label):
    part = scores([0, 1], label=label).assign_attrs(example_order="original")
    with pytest.raises(MismatchError, match="found 2 examples in the scores, 6 in six"):
        example_rows(part, data_set(order="original"))
    known = scores([4, 1]).assign_attrs(example_order="original")
    assert example_rows(known, data_set(order="original")).tolist() == [4, 1]


def test_rows_of_a_whole_set_may_be_in_any_order():
    shuffled = scores([3, 1, 0, 5, 4, 2])
    assert example_rows(shuffled, data_set()).tolist() == [3, 1, 0, 5, 4, 2]
