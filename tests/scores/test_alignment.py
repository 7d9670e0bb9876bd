"""Two sets of scores never stand side by side in two orders unnoticed."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.errors import InvalidInputError, MismatchError
from cscore_data.scores.alignment import align


def scores(values, *, example=None, label=None, filename=None, **attrs):
    values = np.asarray(values, float)
    if example is None:
        example = np.arange(len(values))
    coords = {"example": ("example", np.asarray(example))}
    if label is not None:
        coords["label"] = ("example", np.asarray(label))
    if filename is not None:
        coords["filename"] = ("example", np.asarray(filename))
    return xr.Dataset({"cscore": ("example", values)}, coords, attrs)


VALUES = np.linspace(0, 1, 6)
LABEL = np.array([0, 1, 2, 0, 1, 2])
NAMES = np.array(list("abcdef"))


@settings(deadline=None)
@given(
    st.permutations(range(6)), st.permutations(range(6)), st.sampled_from(["example", "filename"])
)
def test_any_two_orders_are_brought_together(one, other, by):
    whole = scores(VALUES, label=LABEL, filename=NAMES if by == "filename" else None)
    a, b = whole.isel(example=one), whole.isel(example=other)
    if by == "filename":  # each file counts its own rows
        a, b = (side.assign_coords(example=np.arange(6)) for side in (a, b))
    aligned = align(a, b)
    assert aligned.by == by
    assert aligned.warnings == ()
    np.testing.assert_array_equal(aligned.a["cscore"], VALUES[one])
    np.testing.assert_array_equal(aligned.b["cscore"], VALUES[one])


@pytest.mark.parametrize("swap", [False, True])
def test_a_part_is_compared_with_its_part_of_the_whole(swap):
    whole = scores(VALUES, label=LABEL, example_order="original")
    part = whole.isel(example=[4, 1])
    if swap:
        aligned = align(part, whole)
        np.testing.assert_array_equal(aligned.a["cscore"], VALUES[[4, 1]])
    else:
        aligned = align(whole, part)
        np.testing.assert_array_equal(aligned.a["cscore"], VALUES[[1, 4]])
    np.testing.assert_array_equal(aligned.a["cscore"], aligned.b["cscore"])


def test_a_part_is_found_by_its_file_names():
    part = scores([7, 8], filename=["e", "b"], label=[1, 1])
    aligned = align(scores(VALUES, filename=NAMES, label=LABEL), part)
    np.testing.assert_array_equal(aligned.a["cscore"], VALUES[[1, 4]])
    np.testing.assert_array_equal(aligned.b["cscore"], [8, 7])


def test_file_names_of_any_string_type_are_the_same_names():
    kinds = [NAMES, NAMES.astype(object), NAMES.astype(np.dtypes.StringDType())]
    for kind in kinds:
        assert align(scores(VALUES, filename=NAMES), scores(VALUES, filename=kind)).by == "filename"


NUMBERED = {"example_numbering": "column example"}
ORDERED = {"example_order": "original"}


@pytest.mark.parametrize(
    ("of_part", "of_whole", "label"),
    [(NUMBERED, ORDERED, None), (NUMBERED, NUMBERED, None), (NUMBERED, {}, LABEL)],
)
def test_a_part_that_says_which_examples_it_has_is_found(of_part, of_whole, label):
    part = scores(VALUES, label=label).isel(example=[4, 1]).assign_attrs(of_part)
    aligned = align(part, scores(VALUES, label=label, **of_whole))
    np.testing.assert_array_equal(aligned.b["cscore"], VALUES[[4, 1]])
    assert len(aligned.warnings) == (label is None)


@pytest.mark.parametrize(
    ("of_part", "of_whole", "label"),
    [({}, ORDERED, LABEL), ({}, {}, LABEL), (NUMBERED, {}, None), (ORDERED, {}, None)],
)
def test_rows_of_a_file_do_not_say_which_part_they_are(of_part, of_whole, label):
    part = scores(VALUES, label=label).isel(example=[0, 1]).assign_attrs(of_part)
    with pytest.raises(MismatchError, match="nor a column example, say which are the same; add"):
        align(part, scores(VALUES, label=label, **of_whole))


@pytest.mark.parametrize(
    "known", [{"label": LABEL}, {"example_digest": "1"}, {"label": LABEL, "filename": NAMES}]
)
def test_sets_that_overlap_are_compared_on_what_both_have(known):
    whole = scores(VALUES, **known, **ORDERED)
    aligned = align(whole.isel(example=[5, 0, 3, 2]), whole.isel(example=[2, 3, 4]))
    np.testing.assert_array_equal(aligned.a["cscore"], VALUES[[3, 2]])
    np.testing.assert_array_equal(aligned.b["cscore"], VALUES[[3, 2]])
    (warning,) = aligned.warnings
    assert warning.startswith("1 of the 3 ")
    assert warning.endswith("): compared are the 2 that both have")


def test_sets_without_a_common_example_are_refused():
    whole = scores(VALUES, label=LABEL, **ORDERED)
    with pytest.raises(MismatchError, match="3 of the 3 examples of A are not in B"):
        align(whole.isel(example=[0, 1, 2]), whole.isel(example=[3, 4, 5]))


def test_a_part_of_another_order_is_refused():
    part = scores(VALUES[:2], label=LABEL[:2], example_order="tfds")
    with pytest.raises(MismatchError, match="tfds order in A, original in B"):
        align(part.assign_attrs(NUMBERED), scores(VALUES, label=LABEL, **ORDERED))


def test_swapped_labels_are_refused_with_count_and_places():
    swapped = LABEL.copy()
    swapped[[3, 4]] = swapped[[4, 3]]
    shown = r"\(example 3: 0 and 1, example 4: 1 and 0\)"
    with pytest.raises(MismatchError, match=f"2 of 6 labels differ .*{shown}.*one order"):
        align(scores(VALUES, label=LABEL), scores(VALUES, label=swapped))


def test_only_the_first_three_disagreements_are_shown():
    shown = r"\(example 0: 0 and 5, example 1: 1 and 5, example 2: 2 and 5\)"
    with pytest.raises(MismatchError, match=f"6 of 6 labels differ .*{shown}"):
        align(scores(VALUES, label=LABEL), scores(VALUES, label=np.full(6, 5)))


def test_labels_are_compared_behind_file_names_too():
    a = scores(VALUES, label=LABEL, filename=NAMES)
    b = scores(VALUES, label=[0, 1, 1, 0, 1, 2], filename=NAMES)
    with pytest.raises(MismatchError, match=r"1 of 6 labels differ .*\(c: 2 and 1\)"):
        align(a, b)


def test_a_reversed_file_is_refused():
    with pytest.raises(MismatchError, match="labels differ"):
        align(scores(VALUES, label=LABEL), scores(VALUES[::-1], label=LABEL[::-1]))


@pytest.mark.parametrize(
    ("a", "b", "match"),
    [
        (
            {"example_digest": "1"},
            {"example_digest": "2"},
            "the images or their order differ between A and B",
        ),
        (
            {"example_order": "tfds"},
            {"example_order": "original"},
            "found tfds order in A, original in B; bring",
        ),
    ],
)
def test_other_images_or_orders_are_refused(a, b, match):
    with pytest.raises(MismatchError, match=match):
        align(scores(VALUES, label=LABEL, **a), scores(VALUES, label=LABEL, **b))


def test_other_lengths_without_names_are_refused():
    with pytest.raises(MismatchError, match="found 6 examples in A, 5 in B; no file names"):
        align(
            scores(VALUES, label=LABEL, example_order="original"),
            scores(VALUES[:5], label=LABEL[:5]),
        )


def test_missing_file_names_are_named():
    with pytest.raises(
        MismatchError, match=r"2 of the 6 file names of A are not in B \(the first: b, c\)"
    ):
        align(scores(VALUES, filename=NAMES), scores(np.arange(7), filename=list("aBCdefg")))


@pytest.mark.parametrize(
    ("names", "match"),
    [
        (list("abcdee"), r"B: 1 file names occur more than once \(the first: e\)"),
        ([*"abcde", ""], "B: 1 examples have an empty file name"),
    ],
)
def test_file_names_that_do_not_identify_are_refused(names, match):
    with pytest.raises(InvalidInputError, match=match):
        align(scores(VALUES, filename=NAMES), scores(VALUES, filename=names))


def test_examples_that_occur_twice_are_refused():
    with pytest.raises(InvalidInputError, match="A: 1 examples occur more than once"):
        align(scores(VALUES, example=[0, 1, 2, 3, 4, 4]), scores(VALUES))


@pytest.mark.parametrize(
    ("a", "b", "without"),
    [({}, {}, "A and B"), ({"label": LABEL}, {}, "B"), ({}, {"label": LABEL}, "A")],
)
def test_where_only_position_matches_them_it_says_so(a, b, without):
    (warning,) = align(scores(VALUES, **a), scores(VALUES, **b)).warnings
    assert "only their position" in warning
    assert f"no labels in {without}," in warning


def test_different_names_of_data_sets_are_mentioned():
    (warning,) = align(
        scores(VALUES, dataset="mnist"), scores(VALUES, dataset="fashion_mnist")
    ).warnings
    assert warning.endswith("; they name different data sets, mnist and fashion_mnist")


def test_one_digest_on_both_sides_is_enough():
    assert (
        align(scores(VALUES, example_digest="1"), scores(VALUES, example_digest="1")).warnings == ()
    )


def test_lazy_scores_stay_lazy():
    lazy = scores(VALUES, label=LABEL).chunk(example=2)
    assert align(lazy, lazy).a["cscore"].chunks is not None
