"""Examples of what a program has in memory: arrays, tables, data sets of other packages."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import PIL.Image
import pytest

from cscore_data import Examples
from cscore_data.errors import InvalidInputError
from encoded_images import COLOUR, LABEL, encode

NAMES = np.array(["cat", "dog", "eel"])

# ---- arrays


def test_arrays_of_any_kind():
    examples = Examples.from_arrays(COLOUR.tolist(), NAMES[LABEL].tolist(), name="mine")
    np.testing.assert_array_equal(examples.image, COLOUR)
    assert (examples.name, examples.class_names) == ("mine", tuple(NAMES))
    one_hot = Examples.from_arrays(COLOUR, np.eye(3)[LABEL], class_names=list(NAMES))
    assert one_hot.digest() == examples.digest()


def test_arrays_are_understood_as_files_are():
    image = np.random.default_rng(1).random((12, 1, 8, 8))
    examples = Examples.from_arrays(image, [0, 1, None] * 4, drop_unlabelled=True)
    assert examples.image.shape == (8, 8, 8, 1)
    assert examples.index.tolist() == [0, 1, 3, 4, 6, 7, 9, 10]
    assert examples.notes[0] == "4 unlabelled examples of 12 left out"


@pytest.mark.parametrize(
    ("image", "label", "message"),
    [
        (COLOUR, LABEL[:5], "arrays: found 12 images and 5 labels"),
        ([[1, 2], [3]], [0, 1], "arrays: not an array"),
        ([["a"], ["b"]], [0, 1], "arrays: images have dtype <U1, expected uint8 or float"),
    ],
)
def test_arrays_that_do_not_fit(image, label, message):
    with pytest.raises(InvalidInputError, match=message):
        Examples.from_arrays(image, label)


# ---- pandas


def table(**columns):
    return pd.DataFrame({"a": [1.0, 2.0, 3.0, 5.0], "kind": ["x", "y", "x", "y"], **columns})


def test_columns_of_a_dataframe():
    frame = table(embedding=[np.array([n, n * 0.5]) for n in (1, 2, 4, 8)], b=[True, False] * 2)
    examples = Examples.from_dataframe(frame, label="kind")
    assert examples.image.tolist() == [[1, 1, 0.5, 1], [2, 2, 1, 0], [3, 4, 2, 1], [5, 8, 4, 0]]
    assert examples.class_names == ("x", "y")


@pytest.mark.parametrize("dtype", ["category", "string", object])
def test_labels_of_a_dataframe(dtype):
    frame = table().astype({"kind": dtype})
    frame.loc[2, "kind"] = None
    examples = Examples.from_dataframe(frame, label="kind", drop_unlabelled=True)
    assert examples.label.tolist() == [0, 1, 1]
    assert examples.index.tolist() == [0, 1, 3]


def test_texts_of_a_dataframe():
    frame = table(text=["red car", "red bus", "blue car", "blue bus"])
    examples = Examples.from_dataframe(frame, "kind", text="text", name="mine")
    assert examples.text.tolist() == frame["text"].tolist()
    assert repr(examples).startswith("<Examples 'mine': 4 texts (")


def test_columns_may_have_numbers_for_names():
    frame = pd.DataFrame(np.arange(8.0).reshape(4, 2) ** 2).assign(label=[0, 1, 1, 0])
    assert Examples.from_dataframe(frame).image.shape == (4, 2)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (table(), "dataframe: found columns a .*; say with --label COLUMN"),
        (table(label=[0, 1, 1, 0]), "found string in kind|found large_string in kind"),
        (table(b=[1, 2, None, 3]).rename(columns={"kind": "label"}), r"'b' .*\(the first: row 2\)"),
        (
            table(b=[1, "a", 2, 3]).rename(columns={"kind": "label"}),
            "column b holds values of diff",
        ),
        (table()[:0].rename(columns={"kind": "label"}), "the table has no rows"),
    ],
)
def test_dataframes_that_cannot_be_used(frame, message):
    with pytest.raises(InvalidInputError, match=message):
        Examples.from_dataframe(frame)


# ---- the library datasets


class FakeDataset:
    """What `Examples.from_huggingface` uses of a `datasets.Dataset`."""

    def __init__(self, table, indices=None):
        self.data = SimpleNamespace(table=table)
        self._indices = indices

    def flatten_indices(self):
        return FakeDataset(self.data.table.take(self._indices))


def test_a_data_set_of_the_library_datasets():
    import pyarrow

    images = [{"bytes": encode(pixels), "path": None} for pixels in COLOUR]
    whole = pyarrow.table({"image": images, "label": LABEL})
    examples = Examples.from_huggingface(FakeDataset(whole))
    np.testing.assert_array_equal(examples.image, COLOUR)
    selected = Examples.from_huggingface(FakeDataset(whole, indices=[5, 4, 3, 2, 1, 0]))
    np.testing.assert_array_equal(selected.image, COLOUR[5::-1])


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({"train": 1, "test": 2}, r"found the splits train, test, expected one of them"),
        (iter([]), "found list_iterator, expected a datasets.Dataset"),
    ],
)
def test_what_is_no_split_of_a_data_set(dataset, message):
    with pytest.raises(InvalidInputError, match=message):
        Examples.from_huggingface(dataset)


def test_the_real_library_datasets():
    datasets = pytest.importorskip("datasets")
    columns = {"a": [0.5, 1.0, 2.0, 4.0], "label": ["x", "y", "y", "x"]}
    dataset = datasets.Dataset.from_dict(columns)
    examples = Examples.from_huggingface(dataset)
    assert examples.image.ravel().tolist() == columns["a"]
    assert Examples.from_huggingface(dataset.select([3, 1, 2])).label.tolist() == [0, 1, 1]


# ---- torch


class FakeTensor:
    """What numpy makes an array of, as of a tensor."""

    def __init__(self, array):
        self._array = np.asarray(array)

    def __array__(self, dtype=None, copy=None):
        return self._array


class FakeTorchDataset:
    classes = tuple(NAMES)

    def __init__(self, images, labels=LABEL):
        self._images = images
        self._labels = labels

    def __len__(self):
        return len(self._images)

    def __getitem__(self, number):
        return self._images[number], self._labels[number]


def test_images_of_a_torch_data_set():
    pictures = [PIL.Image.fromarray(pixels) for pixels in COLOUR]
    examples = Examples.from_torch(FakeTorchDataset(pictures, LABEL.tolist()))
    np.testing.assert_array_equal(examples.image, COLOUR)
    assert examples.class_names == tuple(NAMES)


def test_tensors_of_a_torch_data_set_have_channels_first():
    image = np.random.default_rng(1).random((12, 3, 8, 8), dtype=np.float32)
    dataset = FakeTorchDataset([FakeTensor(one) for one in image], [FakeTensor(n) for n in LABEL])
    examples = Examples.from_torch(dataset, name="mine")
    np.testing.assert_array_equal(examples.image, image.transpose(0, 2, 3, 1))
    assert "channels first" in examples.notes[0]


def test_images_of_different_size_need_one():
    pictures = [PIL.Image.fromarray(pixels) for pixels in COLOUR]
    pictures[3] = pictures[3].resize((9, 9))
    dataset = FakeTorchDataset(pictures)
    with pytest.raises(InvalidInputError, match=r"item 3 has shape \(9, 9, 3\), expected \(6, 5, "):
        Examples.from_torch(dataset)
    assert Examples.from_torch(dataset, size=7).image.shape == (12, 7, 7, 3)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (iter([]), "torch: found list_iterator, expected a data set with a length and items"),
        ([], "torch: the data set has no items"),
        ([np.zeros(3)], "item 0 is a ndarray, expected a pair of an image and a label"),
        ([(1, 2, 3)], "item 0 is a tuple, expected a pair"),
        ([(np.zeros(3), {"boxes": 1})], "item 0 has a label of type dict"),
        ([(np.zeros(3), [1, 2])], "item 0 has a label of type list"),
    ],
)
def test_items_that_are_no_labelled_images(dataset, message):
    with pytest.raises(InvalidInputError, match=message):
        Examples.from_torch(dataset)
