import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.data.duplicates import contradictory, describe_copies, group_copies
from cscore_data.data.examples import Examples


@settings(max_examples=25)
@given(
    st.integers(1, 30),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.sampled_from(["u1", "f4", "f8", "?"]),
)
def test_copies_have_the_same_bytes(examples, shape, dtype):
    random = np.random.default_rng(examples)
    image = random.integers(0, 2, (examples, *shape)).astype(dtype)
    first = {}
    expected = [first.setdefault(row.tobytes(), place) for place, row in enumerate(image)]
    group = group_copies(image)
    assert group.dtype == np.int64
    assert group.tolist() == expected


@pytest.mark.parametrize("dtype", ["U5", "O", np.dtypes.StringDType()])
def test_copies_of_texts(dtype):
    assert group_copies(np.array(["a", "b", "a ", "b"], dtype)).tolist() == [0, 1, 2, 1]


def test_copies_are_found_among_many_and_in_any_memory_order():
    image = np.random.default_rng(8).integers(0, 256, (70_000, 7, 11), dtype=np.uint8)
    image[[5, 60_000, 69_999]] = image[40_000]
    for same in (image, np.asfortranarray(image)):
        group = group_copies(same)
        copies = np.flatnonzero(group != np.arange(len(group)))
        assert copies.tolist() == [40_000, 60_000, 69_999]
        assert (group[copies] == 5).all()


def test_contradictory_copies_are_those_with_another_label():
    group = np.array([0, 1, 0, 3, 1, 1])
    assert contradictory(group, np.array([7, 2, 7, 5, 2, 9])).tolist() == [
        False,
        True,
        False,
        False,
        True,
        True,
    ]
    assert contradictory(np.array([], int), np.array([], int)).tolist() == []


@pytest.mark.parametrize(
    ("group", "label", "text"),
    [
        (
            [0, 1, 0, 1],
            [0, 0, 0, 1],
            "2 pairs of exact duplicates, 1 of them with different labels",
        ),
        ([0, 1, 0, 3], [0, 0, 0, 1], "1 pair of exact duplicates, with the same labels"),
        ([0, 0, 2, 3], [0, 1, 0, 1], "1 pair of exact duplicates, with different labels"),
        ([0, 0, 0, 3, 3], [1] * 5, "5 exact duplicates in 2 groups, with the same labels"),
    ],
)
def test_copies_are_counted_in_one_line(group, label, text):
    found = describe_copies(np.array(group), np.array(label))
    assert found == f"{text} (--group-duplicates holds copies out together)"


def test_examples_say_that_there_are_copies():
    image = np.random.default_rng(9).random((6, 3, 3))
    label = [0, 1, 0, 1, 0, 1]
    assert Examples("mine", image, label).notes == ()
    image[5] = image[2]
    examples = Examples("mine", image, label)
    assert examples.notes[0].startswith("1 pair of exact duplicates, with different labels")
    assert examples.copies().tolist() == [0, 1, 2, 3, 4, 2]
