import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from cscore_data.data.examples import Examples
from cscore_data.errors import InvalidInputError

IMAGE = np.random.default_rng(2).integers(0, 256, (6, 4, 4), dtype=np.uint8)
LABEL = np.array([0, 1, 2, 2, 1, 0])


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


# ---- what is refused


@pytest.mark.parametrize(
    ("image", "label", "message"),
    [
        (IMAGE[:5], LABEL, "found 5 images and 6 labels"),
        (IMAGE, LABEL[:, None, None], r"labels have shape \(6, 1, 1\)"),
        (IMAGE, np.arange(6), "all 6 labels are different, like those of an id or a quantity"),
        (IMAGE, [0, 1, 1, 2, 2, None], r"1 of 6 examples have no label \(the first: example 5\)"),
        (IMAGE, LABEL + 0.5, "labels have dtype float64, expected whole numbers"),
        (IMAGE, LABEL * 0, "found 1 class, expected at least 2"),
        (IMAGE * 0 + 9, LABEL, "all 6 images are the same"),
        (
            changed(IMAGE / 255, (4, 0, 0), np.nan),
            LABEL,
            r"1 images hold NaN or infinite pixels \(the first: 4\)",
        ),
        (changed(IMAGE / 255, (2, 0, 0), np.inf), LABEL, r"\(the first: 2\)"),
        (
            changed(IMAGE.astype(int), (0, 0, 0), 256),
            LABEL,
            r"whole-number pixels span \d+..256, expected 0..255",
        ),
        (IMAGE.astype(int) - 256, LABEL, "whole-number pixels span -"),
        (IMAGE.astype(str), LABEL, "images have dtype"),
        (IMAGE * 1j, LABEL, "images have dtype complex128"),
        (
            changed(IMAGE[:, 0] / 255, (4, 1), np.nan),
            LABEL,
            r"\(the first: feature 1 of example 4\)",
        ),
        (IMAGE[:, 0] * 1e39, LABEL, "6 examples have features that are NaN, or too large"),
        (IMAGE[:, 0, 0], LABEL, r"images have shape \(6,\)"),
        (IMAGE[:, :0], LABEL, r"images have shape \(6, 0, 4\)"),
        (IMAGE[:0], LABEL[:0], "images have shape"),
    ],
)
def test_examples_that_nothing_could_be_learned_from(image, label, message):
    with pytest.raises(InvalidInputError, match=f"^mine: .*{message}"):
        Examples("mine", image, label)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            {"class_names": ("a", "b")},
            r"2 labels are not among its 2 classes \(the first: 2 of example 2\)",
        ),
        ({"filename": np.array(list("abcde"))}, "5 different file names for 6 examples"),
        ({"filename": np.array(list("abcdea"))}, "5 different file names for 6 examples"),
        ({"index": np.arange(5)}, r"index has shape \(5,\), expected \(6,\)"),
    ],
)
def test_names_that_do_not_fit(names, message):
    with pytest.raises(InvalidInputError, match=message):
        Examples("mine", IMAGE, LABEL, **names)


def test_negative_labels_are_classes_only_without_names():
    assert Examples("mine", IMAGE, LABEL - 1).classes.tolist() == [-1, 0, 1]
    with pytest.raises(InvalidInputError, match=r"\(the first: -1 of example 0\), expected 0..2"):
        Examples("mine", IMAGE, LABEL - 1, class_names=("a", "b", "c"))


# ---- what is made of it


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (IMAGE.astype(np.int64), IMAGE),
        (IMAGE > 99, (IMAGE > 99) * np.uint8(255)),
        (IMAGE / 255, (IMAGE / 255).astype(np.float32)),
    ],
    ids=["int64", "bool", "float64"],
)
def test_pixels_become_uint8_or_float32(image, expected):
    found = Examples("mine", image, LABEL).image
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_labels_are_whole_numbers_of_any_kind():
    examples = Examples("mine", IMAGE, (LABEL * 10 - 5).astype(np.float64))
    assert examples.label.dtype == np.int64
    assert examples.classes.tolist() == [-5, 5, 15]
    assert examples.class_index().tolist() == LABEL.tolist()
    assert len(examples) == 6


def test_labels_may_be_names():
    examples = Examples("mine", IMAGE, np.array(list("abccba")))
    assert examples.label.tolist() == LABEL.tolist()
    assert examples.class_names == ("a", "b", "c")


def test_features_may_be_any_numbers():
    features = IMAGE[:, 0].astype(int) * 1000 - 7
    examples = Examples("mine", features, LABEL)
    assert examples.image.dtype == np.float32
    np.testing.assert_array_equal(examples.image, features)
    assert repr(examples) == "<Examples 'mine': 6 rows of features (4, float32), 3 classes>"


def test_a_class_with_a_single_example_is_noted():
    names = ("a", "b", "c", "d")
    examples = Examples("mine", IMAGE, changed(LABEL, 3, 3), class_names=names, notes=("first",))
    assert examples.notes[0] == "first"
    assert examples.notes[1].startswith("2 classes have a single example (the first: c, example 2)")
    # A copy has each note once.
    assert dataclasses.replace(examples).notes == examples.notes


@pytest.mark.parametrize(("labels", "noted"), [([-1, 0, 1], True), ([-1, 1, 1], False)])
def test_a_label_of_minus_one_is_noted_unless_it_is_one_of_two(labels, noted):
    notes = Examples("mine", IMAGE, labels * 2).notes
    assert any("label -1 of 2 examples is taken as a class" in note for note in notes) == noted


def test_digest_of_texts_is_that_of_the_texts():
    texts = np.array(["ab", "c", "d", "e", "f", "g"], np.dtypes.StringDType())
    digest = Examples("mine", IMAGE, LABEL, text=texts).digest()
    assert Examples("mine", IMAGE[::-1], LABEL, text=texts).digest() == digest
    shifted = np.array(["a", "bc", *"defg"], np.dtypes.StringDType())
    assert Examples("mine", IMAGE, LABEL, text=shifted).digest() != digest


def test_digest_is_of_pixels_and_labels_in_this_order():
    digest = Examples("mine", IMAGE, LABEL).digest()
    assert (
        digest
        == Examples("other", np.asfortranarray(IMAGE), LABEL, class_names=("a", "b", "c")).digest()
    )
    others = [
        Examples("mine", IMAGE[::-1], LABEL[::-1]),
        Examples("mine", IMAGE, LABEL[::-1] * 2),
        Examples("mine", changed(IMAGE, (0, 0, 0), IMAGE[0, 0, 0] ^ 1), LABEL),
        Examples("mine", IMAGE.reshape(6, 2, 8), LABEL),
        Examples("mine", IMAGE.astype(np.float32), LABEL),
    ]
    assert len({digest, *(other.digest() for other in others)}) == 6


def test_the_digest_never_changes():
    """Cubes and scores keep it to recognize their examples."""
    image = np.arange(16, dtype=np.uint8).reshape(4, 2, 2)
    label = [0, 1, 1, 0]
    uint8 = "7d7d6b2c625185b2a18c61ecce865d39942c599cc083190719f11c59a15c387f"
    float32 = "e32bbe638129ca0f46882e8c69082271ef0d8c52b1f8c063be2864a7c53a5b2e"
    assert Examples("mine", image, label).digest() == uint8
    assert Examples("mine", image / 4, label).digest() == float32


def modules_after_import(module):
    code = f"import sys, {module}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return result.stdout.split()


def test_importing_examples_loads_no_reader():
    loaded = modules_after_import("cscore_data.data.examples")
    own = {name for name in loaded if name.startswith("cscore_data.data.")}
    modules = [
        "array_digest",
        "duplicates",
        "examples",
        "labels",
        "memory_constructors",
        "options",
        "plurals",
        "row_blocks",
        "validation",
    ]
    assert own == {f"cscore_data.data.{module}" for module in modules}


def test_importing_the_readers_loads_no_library_of_any_format():
    modules = modules_after_import("cscore_data.data.sources")
    loaded = {name.split(".")[0] for name in modules}
    assert "numpy" in loaded
    assert (
        not {
            "tensorflow",
            "tensorflow_datasets",
            "pyarrow",
            "sklearn",
            "PIL",
            "pooch",
            "requests",
        }
        & loaded
    )
