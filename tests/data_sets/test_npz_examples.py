"""Names of arrays, and tables in npz files; damaged files are in `test_npz`."""

import math
import struct
import zipfile

import numpy as np
import pytest

from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError
from image_files import npy

IMAGE = np.random.default_rng(5).integers(0, 256, (6, 8, 8), dtype=np.uint8)
LABEL = np.array([0, 1, 2, 2, 1, 0])


@pytest.fixture
def npz(tmp_path):
    """Write arrays to an npz file; gives its path."""

    def write(**arrays):
        np.savez(tmp_path / "a.npz", **arrays)
        return str(tmp_path / "a.npz")

    return write


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("x_train", "y_train"),
        ("X", "y"),
        ("images", "labels"),
        ("data", "target"),
        ("train_images", "train_labels"),
    ],
)
def test_usual_names_are_known_and_said(npz, image, label):
    examples = load_examples(npz(**{image: IMAGE, label: LABEL[:, None], "x_test": IMAGE[:2]}))
    np.testing.assert_array_equal(examples.image, IMAGE)
    assert examples.label.tolist() == LABEL.tolist()
    note = f"images are read from {image}, labels from {label}; a test split is in x_test"
    assert examples.notes == (note,)


def test_plain_names_need_no_word(npz):
    assert load_examples(npz(x=IMAGE, y=LABEL, other=LABEL)).notes == ()


def test_class_names_may_be_in_the_file(npz):
    names = np.array(["cat", "dog", "eel"])
    assert load_examples(npz(data=IMAGE, target=LABEL, target_names=names)).class_names == (
        "cat",
        "dog",
        "eel",
    )
    assert load_examples(npz(x=IMAGE, y=names[LABEL])).class_names == ("cat", "dog", "eel")
    assert load_examples(npz(x=IMAGE, y=LABEL, class_names=LABEL)).class_names == ()


def test_labels_under_another_name_can_be_given(npz):
    path = npz(x=IMAGE, label=LABEL, coarse=LABEL[::-1] // 2)
    examples = load_examples(path, LoadOptions(label="coarse"))
    assert examples.label.tolist() == (LABEL[::-1] // 2).tolist()
    with pytest.raises(
        InvalidInputError, match=r"found arrays x, label, .*expected one named fine"
    ):
        load_examples(path, LoadOptions(label="fine"))


def test_channels_first_is_recognised_and_said(npz):
    image = np.random.default_rng(5).integers(0, 256, (6, 3, 32, 32), dtype=np.uint8)
    examples = load_examples(npz(x=image, y=LABEL))
    np.testing.assert_array_equal(examples.image, image.transpose(0, 2, 3, 1))
    assert "channels first" in examples.notes[0]
    grey = load_examples(npz(x=image[:, :1, :28, :28], y=LABEL))
    assert grey.image.shape == (6, 28, 28, 1)


def test_columns_of_a_table_are_features(npz):
    path = npz(
        age=np.array([3, 1, 4, 1, 5, 9]),
        embedding=IMAGE[:, 0, :2] / 255,
        member=LABEL > 0,
        kind=np.array(list("abccba")),
    )
    examples = load_examples(path, LoadOptions(label="kind"))
    assert examples.image.shape == (6, 4)
    assert examples.image[:, 0].tolist() == [3, 1, 4, 1, 5, 9]
    np.testing.assert_array_equal(examples.image[:, 1:3], (IMAGE[:, 0, :2] / 255).astype("f4"))


def test_texts_are_features(npz):
    text = np.array(["red car", "red bus", "car bus", "red bus", "bus", "car"])
    examples = load_examples(npz(question=text, label=LABEL), LoadOptions(text="question"))
    assert examples.text.tolist() == text.tolist()
    assert len(examples.image) == 6


def test_unlabelled_rows_are_left_out_on_request(npz):
    path = npz(x=IMAGE, y=np.array([0, -1, 1, -1, 1, 0]))
    assert "label -1 of 2 examples is taken as a class" in load_examples(path).notes[0]
    examples = load_examples(path, LoadOptions(drop_unlabelled=True))
    np.testing.assert_array_equal(examples.image, IMAGE[[0, 2, 4, 5]])
    assert examples.notes == ("2 unlabelled examples of 6 left out",)
    nothing = npz(x=IMAGE, y=np.full(6, -1))
    with pytest.raises(InvalidInputError, match="6 of 6 examples have no label"):
        load_examples(nothing, LoadOptions(drop_unlabelled=True))


def test_a_decompression_bomb_is_refused_unread(tmp_path):
    """It declares 2 GB, in a file of a few hundred bytes."""
    shape = (2000, 1000, 1000)
    content = npy(np.zeros(4, np.uint8), shape=shape)
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", npy(np.arange(2000) % 2))
    declared = struct.pack("<I", len(content) - 4 + math.prod(shape))
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", len(content)), declared))
    with pytest.raises(InvalidInputError, match="as only a decompression bomb does"):
        load_examples(str(path))
