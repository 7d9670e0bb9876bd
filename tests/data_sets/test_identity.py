from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from cscore_data.data.examples import Examples
from cscore_data.data.identity import (
    Identity,
    check_same,
    differences,
    of_dataset,
    of_examples,
)
from cscore_data.errors import MismatchError

IMAGE = np.random.default_rng(2).integers(0, 256, (6, 4, 4), dtype=np.uint8)
LABEL = np.array([0, 1, 2, 2, 1, 0])
EXAMPLES = Examples("mine", IMAGE, LABEL, filename=np.array(list("abcdef")))
MINE = of_examples(EXAMPLES)
OTHER_LABELS = np.array([1, 2, 2, 2, 0, 1])


def kinds(a, b):
    return [difference.kind for difference in differences(a, b)]


def text(a, b):
    (difference,) = differences(a, b)
    return difference.text


def test_a_data_set_says_everything():
    assert MINE.name == "mine"
    assert MINE.size == 6
    assert MINE.digest == EXAMPLES.digest()
    assert MINE.order == "original"
    assert MINE.label.tolist() == LABEL.tolist()
    assert MINE.filename.tolist() == list("abcdef")
    assert differences(MINE, MINE) == []


def test_a_dataset_says_what_its_coordinates_and_attributes_say():
    bare = xr.Dataset({"cscore": ("example", np.zeros(6))})
    found = of_dataset(bare, "the scores")
    assert (found.name, found.size) == ("the scores", 6)
    assert (found.label, found.digest, found.order, found.filename) == (None, None, None, None)
    full = bare.assign_coords(
        example=np.arange(6), label=("example", LABEL), filename=("example", list("abcdef"))
    ).assign_attrs(example_digest=EXAMPLES.digest(), example_order="original")
    assert differences(of_dataset(full, "the scores"), MINE) == []


def test_variables_stay_lazy():
    lazy = xr.Dataset({"cscore": ("example", np.zeros(6))}, {"label": ("example", LABEL)})
    lazy = lazy.chunk(example=2)
    of_dataset(lazy, "the scores")
    assert lazy["cscore"].chunks is not None


def test_what_only_one_side_says_is_no_difference():
    assert differences(Identity("the scores", 6), MINE) == []
    assert differences(MINE, Identity("the scores", 6)) == []


def test_differences_are_told_in_one_order():
    other = Identity("the scores", 6, label=OTHER_LABELS, digest="0" * 64, order="tfds")
    assert kinds(other, MINE) == ["order", "label", "digest"]
    assert kinds(replace(other, size=5, label=OTHER_LABELS[:5]), MINE) == [
        "size",
        "order",
        "digest",
    ]


def test_what_differs_is_found_on_both_sides():
    assert text(Identity("the scores", 5), MINE) == "found 5 examples in the scores, 6 in mine"
    assert text(Identity("A", 6, order="tfds"), MINE) == "found tfds order in A, original in mine"
    assert text(Identity("A", 6, digest="0"), MINE) == (
        "the images or their order differ between A and mine (example_digest 0 and "
        f"{EXAMPLES.digest()})"
    )


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({}, "example 0: 1 and 0, example 1: 2 and 1, example 4: 0 and 1"),
        ({"example": np.arange(6) + 10}, "example 10: 1 and 0, example 11: 2 and 1, example 14"),
        ({"filename": list("uvwxyz")}, "u: 1 and 0, v: 2 and 1, y: 0 and 1"),
    ],
)
def test_the_first_three_of_the_labels_that_differ_are_shown(names, shown):
    found = text(Identity("A", 6, label=OTHER_LABELS, **names), MINE)
    assert found.startswith(f"4 of 6 labels differ between A and mine ({shown}")


def test_scores_of_other_examples_are_refused():
    remedy = "give the data set that they are scores of"
    check_same(replace(MINE, name="the scores"), MINE, remedy=remedy)
    check_same(Identity("the scores", 6), MINE, remedy=remedy)
    with pytest.raises(MismatchError, match=r"found 5 examples .*, 6 in mine; give the data set"):
        check_same(Identity("the scores", 5), MINE, remedy=remedy)
    wrong = Identity("the scores", 6, label=OTHER_LABELS, digest="0" * 64)
    with pytest.raises(MismatchError, match=r"4 of 6 labels differ .*; give the data set that"):
        check_same(wrong, MINE, remedy=remedy)
    with pytest.raises(MismatchError, match="images or their order differ between the scores and"):
        check_same(replace(wrong, label=LABEL), MINE, remedy=remedy)


def test_names_of_orders_alone_refuse_nothing():
    check_same(Identity("the scores", 6, order="tfds"), MINE, remedy="none")
