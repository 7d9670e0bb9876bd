import numpy as np
import pytest

from cscore_data.data.labels import as_labels, unlabelled
from cscore_data.errors import InvalidInputError

NAMES = ("cat", "dog", "eel")
EXPECTED = [1, 0, 1, 2]


class Missing:
    """As pandas' NA is: not equal to itself, without a truth."""

    def __eq__(self, other):
        return self

    def __bool__(self):
        raise TypeError

    __hash__ = object.__hash__


Missing.__name__ = "NAType"


@pytest.mark.parametrize(
    ("label", "numbers", "names"),
    [
        (["dog", "cat", "dog", "eel"], EXPECTED, NAMES),
        (np.array(["dog", "cat", "dog", "eel"], object), EXPECTED, NAMES),
        (np.array(["dog", "cat", "dog", "eel"], np.dtypes.StringDType()), EXPECTED, NAMES),
        (np.array([b"dog", b"cat", b"dog", b"eel"]), EXPECTED, NAMES),
        (np.array([[7], [-3], [7], [2**40]]), [7, -3, 7, 2**40], ()),
        (np.array([7.0, -3.0, 7.0, 2.0**53]), [7, -3, 7, 2**53], ()),
        (np.array([7, 3, 7, 1], np.uint64), [7, 3, 7, 1], ()),
        (np.array([7, 3, 7, 2**60 + 1], object), [7, 3, 7, 2**60 + 1], ()),
        ([True, False, True, True], [1, 0, 1, 1], ("False", "True")),
        (np.array([True, False, True, True], object), [1, 0, 1, 1], ("False", "True")),
        ([[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], EXPECTED, ()),
        (np.eye(3, dtype=np.float32)[EXPECTED], EXPECTED, ()),
        (np.eye(3, dtype=bool)[EXPECTED], EXPECTED, ()),
    ],
)
def test_labels_of_any_kind_become_whole_numbers(label, numbers, names):
    found = as_labels("mine", label)
    assert found.label.tolist() == numbers
    assert found.label.dtype == np.int64
    assert found.class_names == names


def test_texts_among_known_names_are_those_classes():
    names = ("eel", "dog", "cat", "bat")
    found = as_labels("mine", ["dog", "cat", "dog"], names)
    assert (found.label.tolist(), found.class_names) == ([1, 2, 1], names)
    # If one is not among them, the texts themselves are the names.
    found = as_labels("mine", ["dog", "cat", "fly"], names)
    assert (found.label.tolist(), found.class_names) == ([1, 0, 2], ("cat", "dog", "fly"))


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ([0.5, 1.0], "labels have dtype float64, expected whole numbers or strings; what is to be"),
        ([0.0, np.inf], "labels have dtype float64, expected whole numbers"),
        (np.array(["2020-01-01"], "M8[D]"), r"labels have dtype datetime64\[D\]"),
        ([0.0, 2.0**53 + 2], "labels reach 9007199254740994, expected at most 9007199254740992"),
        (np.array([0, 2**24 + 2], np.float32), "labels reach 16777218, expected at most 16777216"),
        (np.array([0, 2**63], np.uint64), "labels reach 9223372036854775808, expected at most"),
        (np.array([0, 2**70], object), "labels reach 1180591620717411303424, which does not fit"),
        (np.array([0, "a"], object), r"labels have dtype object \(int, str\), expected"),
        (np.array([True, 2], object), r"labels have dtype object \(bool, int\)"),
        (np.array([[1, 1], [0, 1]]), r"1 rows are not one-hot \(the first: 0\)"),
        (np.array([[0.0, 1.0], [0.4, 0.6]]), r"1 rows are not one-hot \(the first: 1\)"),
        (np.array([["a", "b"]]), r"labels have shape \(1, 2\) and dtype <U1"),
        (np.zeros((2, 2, 2)), r"labels have shape \(2, 2, 2\)"),
        (np.array(3), r"labels have shape \(\)"),
        ([0, 1, np.nan], r"1 of 3 examples have no label \(the first: example 2\); label them, or"),
        (np.array(["a", None, "b", ""], object), r"2 of 4 examples .*the first: example 1"),
        (np.array([[0, 0], [0, 1]]), r"1 of 2 examples .*the first: example 0"),
    ],
)
def test_labels_that_are_no_classes_are_refused(label, message):
    with pytest.raises(InvalidInputError, match=f"^mine: .*{message}"):
        as_labels("mine", label)


@pytest.mark.parametrize(
    ("label", "missing"),
    [
        ([0, -1, 1], [False, True, False]),
        ([[0], [-1], [1]], [False, True, False]),
        ([0.0, -1.0, np.nan], [False, True, True]),
        (np.array([0, -1, None, Missing()], object), [False, True, True, True]),
        (["a", "", "-1"], [False, True, False]),
        ([[0, 1], [0, 0], [1, 0]], [False, True, False]),
        ([True, False], [False, False]),
        (np.array([3, 255], np.uint8), [False, False]),
    ],
)
def test_what_stands_for_no_label(label, missing):
    assert unlabelled(label).tolist() == missing
