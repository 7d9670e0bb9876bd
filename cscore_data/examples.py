"""Image sets as arrays in their original order, with labels and a digest of both."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cscore_data.download import fetch
from cscore_data.encoded import read_parquet, read_tfds
from cscore_data.errors import InvalidInputError, MismatchError
from cscore_data.readers import CIFAR10, CIFAR100, Arrays, read_cifar, read_idx, read_npz


@dataclass(frozen=True)
class Examples:
    """A labelled image set.

    Parameters
    ----------
    name : str
        What `load_examples` was asked for.
    image : (example, height, width[, channel]) or (example, feature), uint8 or float32
        uint8 pixels mean 0..255; floats are finite and used as they are.
    label : int (example,)
        Classes, any whole numbers.
    order : str
        What the order of examples is: ``original`` is that of the data set's own files, ``tfds`` that of TensorFlow
        Datasets where nothing tells the original one.
    class_names : tuple of str
        Names of classes 0, 1, …; empty where there are none.
    filename : str (example,), optional
        Names of the examples' own files, all different.

    Raises
    ------
    InvalidInputError
        If images and labels do not fit together, or nothing could be learned from them.
    """

    name: str
    image: np.ndarray = field(repr=False)
    label: np.ndarray = field(repr=False)
    order: str = "original"
    class_names: tuple[str, ...] = ()
    filename: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _as_pixels(self.name, np.asarray(self.image)))
        object.__setattr__(self, "label", _as_labels(self.name, np.asarray(self.label)))
        _check(self)
        _check_names(self)

    def __len__(self) -> int:
        return len(self.label)

    @property
    def classes(self) -> np.ndarray:
        """The different labels, ascending: int (class,)."""
        return np.unique(self.label)

    def class_index(self) -> np.ndarray:
        """Labels as 0..classes-1, as a network needs them: int64 (example,)."""
        return np.unique(self.label, return_inverse=True)[1]

    def digest(self) -> str:
        """SHA-256 over dtypes, shapes, pixels and labels, all in this order."""
        sha = hashlib.sha256()
        for array in (self.image, self.label):
            little_endian = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            sha.update(f"{little_endian.dtype.str}{little_endian.shape}".encode())
            sha.update(little_endian.data)
        return sha.hexdigest()


def load_examples(source: str) -> Examples:
    """Load a data set: the training examples, uint8 where the source is, in their original order where there is one.

    Parameters
    ----------
    source : str
        - ``digits``, which scikit-learn ships; ``mnist``, ``fashion_mnist``, ``cifar10`` or ``cifar100``, downloaded
          once, verified by their SHA-256 and cached in `download.data_dir`;
        - ``PATH.npz``: arrays `image` or `x` and `label` or `y`;
        - ``PATH.parquet`` as the Hugging Face hub lays it out: a column of images (structs with `bytes`) and one of
          whole-number labels, found or given as ``PATH.parquet:IMAGE:LABEL``;
        - ``tfds:NAME[/CONFIG][:VERSION]``: the training split of a set of TensorFlow Datasets.

    Raises
    ------
    InvalidInputError
        If the name is unknown or the file is not what it should be.
    DownloadError
        If a file can be neither found nor fetched.
    """
    return Examples(source, **_read(source)._asdict())


def _read(source: str) -> Arrays:
    if source in _SETS:
        return _SETS[source]()
    for pattern, read in _FORMS.values():
        found = re.fullmatch(pattern, source, re.DOTALL)
        if found:
            return read(*found.groups())
    raise InvalidInputError(f"data set: found {source!r}, expected one of {', '.join([*_SETS, *_FORMS])}")


def check_same_examples(
    examples: Examples, size: int, *, label: np.ndarray | None = None, digest: str | None = None
) -> None:
    """Raise `MismatchError` unless scores of so many examples, with these labels and this digest, are of `examples`."""
    if size != len(examples):
        raise MismatchError(
            f"the scores are of {size} examples, {examples.name} has {len(examples)}; give the data set that they are "
            "scores of"
        )
    if label is not None and (different := np.flatnonzero(label != examples.label)).size:
        first = ", ".join(f"example {i}: {label[i]} and {examples.label[i]}" for i in different[:3])
        raise MismatchError(
            f"{different.size} of {size} labels differ between the scores and {examples.name} ({first}); give the data "
            "set that they are scores of, in its original order"
        )
    if digest not in (None, examples.digest()):
        raise MismatchError(
            f"the scores are of other images than {examples.name} (digest {digest}, found {examples.digest()}); give "
            "the data set that they are scores of"
        )


def _digits() -> Arrays:
    from sklearn.datasets import load_digits

    digits = load_digits()
    # Ink is 0..16 there.
    return Arrays(np.rint(digits.images * (255 / 16)).astype(np.uint8), digits.target)


def _mnist() -> Arrays:
    return _idx_set("mnist", "https://storage.googleapis.com/cvdf-datasets/mnist/")


def _fashion_mnist() -> Arrays:
    arrays = _idx_set("fashion_mnist", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/")
    return arrays._replace(class_names=_FASHION_NAMES)


_FASHION_NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)

_IDX_SHA256 = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    },
    "fashion_mnist": {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    },
}


def _idx_set(folder: str, url: str) -> Arrays:
    image, label = (
        read_idx(fetch(folder, name, urls=[url + name], digest=f"sha256:{sha256}"), ndim=ndim)
        for (name, sha256), ndim in zip(_IDX_SHA256[folder].items(), (3, 1), strict=True)
    )
    return Arrays(image, label)


_CIFAR_URL = "https://www.cs.toronto.edu/~kriz/"
_CIFAR10_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
_CIFAR100_SHA256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"


def _cifar10() -> Arrays:
    name = "cifar-10-binary.tar.gz"
    return read_cifar(fetch("cifar10", name, urls=[_CIFAR_URL + name], digest=f"sha256:{_CIFAR10_SHA256}"), CIFAR10)


def _cifar100() -> Arrays:
    name = "cifar-100-binary.tar.gz"
    return read_cifar(fetch("cifar100", name, urls=[_CIFAR_URL + name], digest=f"sha256:{_CIFAR100_SHA256}"), CIFAR100)


# To add a data set: a function that gives its arrays in original order, and its name or the form of its names here.
_SETS: dict[str, Callable[[], Arrays]] = {
    "digits": _digits,
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
    "cifar10": _cifar10,
    "cifar100": _cifar100,
}
_FORMS: dict[str, tuple[str, Callable[..., Arrays]]] = {
    "tfds:NAME[/CONFIG][:VERSION]": (r"tfds:(.+)", read_tfds),
    "PATH.npz": (r"(.+\.npz)", read_npz),
    "PATH.parquet[:IMAGE:LABEL]": (r"(.+\.parquet)(?::([^:]+):([^:]+))?", read_parquet),
}


def _as_pixels(name: str, image: np.ndarray) -> np.ndarray:
    if image.dtype.kind == "f":
        return image.astype(np.float32)
    if image.dtype.kind not in "bui":
        raise InvalidInputError(f"{name}: images have dtype {image.dtype}, expected uint8 or float")
    if image.dtype.kind == "b":
        return image.astype(np.uint8) * np.uint8(255)
    if image.size and not (image.min() >= 0 and image.max() <= 255):
        raise InvalidInputError(f"{name}: whole-number pixels span {image.min()}..{image.max()}, expected 0..255")
    return image.astype(np.uint8)


def _as_labels(name: str, label: np.ndarray) -> np.ndarray:
    if label.ndim != 1:
        raise InvalidInputError(f"{name}: labels have shape {label.shape}, expected one label for each image")
    if label.dtype.kind == "f" and np.array_equal(label, np.rint(label)):
        label = label.astype(np.int64)
    if label.dtype.kind not in "ui":
        raise InvalidInputError(f"{name}: labels have dtype {label.dtype}, expected whole numbers")
    return label.astype(np.int64)


def _check(examples: Examples) -> None:
    name, image, label = examples.name, examples.image, examples.label
    if len(image) != len(label):
        raise InvalidInputError(f"{name}: found {len(image)} images and {len(label)} labels, expected as many of both")
    if image.ndim < 2 or image.size == 0:
        raise InvalidInputError(
            f"{name}: images have shape {image.shape}, expected (example, height, width[, channel])"
        )
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        bad = np.flatnonzero(~np.isfinite(image).reshape(len(image), -1).all(1))
        raise InvalidInputError(
            f"{name}: {len(bad)} images hold NaN or infinite pixels (the first: {bad[0]}); mend or remove them"
        )
    if (image == image[:1]).all():
        raise InvalidInputError(f"{name}: all {len(image)} images are the same; there is nothing to learn")
    classes, counts = np.unique(label, return_counts=True)
    if len(classes) < 2:
        raise InvalidInputError(f"{name}: found {len(classes)} class, expected at least 2")
    lonely = classes[counts < 2]
    if len(lonely):
        raise InvalidInputError(
            f"{name}: class {lonely[0]} has a single example (index {np.flatnonzero(label == lonely[0])[0]}), "
            f"{len(lonely)} such class(es) in all; held out, its class is unknown to the model, so it has no C-score; "
            "remove it or merge the class"
        )


def _check_names(examples: Examples) -> None:
    name, label, classes = examples.name, examples.label, len(examples.class_names)
    outside = np.flatnonzero((label < 0) | (label >= classes)) if classes else np.array([], int)
    if outside.size:
        raise InvalidInputError(
            f"{name}: {outside.size} labels are not among its {classes} classes (the first: {label[outside[0]]} of "
            f"example {outside[0]}), expected 0..{classes - 1}; give examples that are labelled"
        )
    if examples.filename is None:
        return
    if examples.filename.shape != label.shape or len(np.unique(examples.filename)) != len(label):
        raise InvalidInputError(
            f"{name}: {len(np.unique(examples.filename))} different file names for {len(label)} examples, expected "
            "one for each"
        )
