"""The test split of a data set: examples that no model of a study trains on."""

from dataclasses import dataclass, field, replace

import numpy as np

from cscore_data.data.array_digest import array_digest
from cscore_data.data.assembly import assembled
from cscore_data.data.examples import Examples
from cscore_data.data.labels import as_labels, as_named
from cscore_data.data.raw_split import RawTestSplit
from cscore_data.data.sources import read_test_split
from cscore_data.data.validation import as_pixels, check_each_image, check_filenames
from cscore_data.errors import InvalidInputError


@dataclass(frozen=True)
class TestSplit:
    """Examples on which the models of a study are evaluated, in their original order.

    Attributes
    ----------
    name : str
        The data set.
    image : (test_example, …) uint8 or float32
        Of the shape, dtype and scale of the training examples.
    label : int64 (test_example,)
        Classes, with the numbers that they have among the training examples.
    index : int64 (test_example,)
        Row of each in the test split, of which some may have been left out.
    filename : str (test_example,), optional
    notes : tuple of str
        What was understood or left out.
    """

    # pytest would take it for a class of tests.
    __test__ = False

    name: str
    image: np.ndarray = field(repr=False)
    label: np.ndarray = field(repr=False)
    index: np.ndarray = field(repr=False)
    filename: np.ndarray | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.label)

    def digest(self) -> str:
        """SHA-256 of dtypes, shapes, pixels and labels, in this order."""
        return array_digest([self.image, self.label])


def load_test_split(examples: Examples) -> TestSplit:
    """Load the test split that belongs to training examples.

    Parameters
    ----------
    examples : Examples
        From `load_examples`; the same options count, besides other labels.

    Returns
    -------
    TestSplit

    Raises
    ------
    InvalidInputError
        If the data set has no test split, or one that does not fit the training examples.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from cscore_data import load_examples
    >>> rows = np.arange(6.0).reshape(6, 1)
    >>> with TemporaryDirectory() as directory:
    ...     path = f"{directory}/mine.npz"
    ...     np.savez(path, x=rows[:4], y=[5, 9, 5, 9], x_test=rows[4:], y_test=[9, 5])
    ...     test = load_test_split(load_examples(path))
    >>> test.label
    array([9, 5])
    """
    name = f"test split of {examples.name}"
    part = read_test_split(examples.name, examples.options)
    # Other labels are those of the training examples.
    options = replace(examples.options, labels=None)
    raw = assembled(name, part.raw, options, scale_of=part.training_image)
    image = _like_training(name, as_pixels(name, np.asarray(raw.image)), examples.image)
    label = _in_training_numbers(name, part, raw.label, examples)
    check_each_image(name, image, len(label))
    check_filenames(name, raw.filename, len(label))
    index = np.arange(len(label)) if raw.index is None else raw.index
    return TestSplit(examples.name, image, label, index, raw.filename, raw.notes)


def _like_training(name: str, image: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Test images, checked to be of the shape and dtype of the training images."""
    if training.ndim == image.ndim + 1 and training.shape[-1] == 3:
        image = np.repeat(image[..., np.newaxis], 3, axis=-1)  # grey ones, among colours
    if training.ndim == 2 and training.dtype.kind == "f":
        image = image.astype(np.float32)
    if image.shape[1:] != training.shape[1:] or image.dtype != training.dtype:
        raise InvalidInputError(
            f"{name}: found {image.dtype} {image.shape[1:]} for each example, expected "
            f"{training.dtype} {training.shape[1:]}, as the training examples have"
        )
    return image


def _in_training_numbers(
    name: str, part: RawTestSplit, label: np.ndarray, examples: Examples
) -> np.ndarray:
    """Test labels as the numbers that these classes have among the training examples."""
    labels = as_labels(name, label, part.raw.class_names)
    if labels.class_names and examples.class_names:
        labels = as_labels(name, as_named(labels), examples.class_names)
    unknown = ~np.isin(labels.label, examples.classes)
    if labels.class_names != examples.class_names:
        known = set(examples.class_names)
        unknown = np.array([str(one) not in known for one in as_named(labels)])
    if unknown.any():
        first = np.flatnonzero(unknown)[0]
        raise InvalidInputError(
            f"{name}: {unknown.sum()} of {len(unknown)} examples have a label that no training "
            f"example has (the first: {as_named(labels)[first]}); leave these examples out of it"
        )
    return labels.label
