"""Image sets as arrays in their original order, with labels and a digest of both."""

import gzip
import hashlib
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cscore_data.download import fetch
from cscore_data.errors import InvalidInputError, MismatchError


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
        What the order of examples is: ``original`` is that of the data set's own files.
    class_names : tuple of str
        Names of classes 0, 1, …; empty where there are none.

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

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _as_pixels(self.name, np.asarray(self.image)))
        object.__setattr__(self, "label", _as_labels(self.name, np.asarray(self.label)))
        _check(self)

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
    """Load a data set by name (``digits``, ``mnist``) or from a file ``PATH.npz``.

    An npz file holds arrays `image` or `x` and `label` or `y`. MNIST is downloaded once, verified by its SHA-256 and
    cached in `download.data_dir`.

    Raises
    ------
    InvalidInputError
        If the name is unknown or the file is not what it should be.
    DownloadError
        If a file can be neither found nor fetched.
    """
    if source in _SETS:
        return _SETS[source]()
    read = _FILES.get(Path(source).suffix)
    if read is None:
        known = [*_SETS, *(f"PATH{suffix}" for suffix in _FILES)]
        raise InvalidInputError(f"data set: found {source!r}, expected one of {', '.join(known)}")
    return read(source)


def check_same_examples(examples: Examples, *, label: np.ndarray, digest: str | None = None) -> None:
    """Raise `MismatchError` unless labels, and the digest where there is one, are those of `examples`."""
    if len(label) != len(examples):
        raise MismatchError(
            f"the scores are of {len(label)} examples, {examples.name} has {len(examples)}; give the "
            "data set that they are scores of"
        )
    different = np.flatnonzero(label != examples.label)
    if different.size:
        first = ", ".join(f"example {i}: {label[i]} and {examples.label[i]}" for i in different[:3])
        raise MismatchError(
            f"{different.size} of {len(label)} labels differ between the scores and {examples.name} ({first}); give "
            "the data set that they are scores of, in its original order"
        )
    if digest not in (None, examples.digest()):
        raise MismatchError(
            f"the scores are of other images than {examples.name} (digest {digest}, found {examples.digest()}); give "
            "the data set that they are scores of"
        )


def _digits() -> Examples:
    from sklearn.datasets import load_digits

    digits = load_digits()
    # Ink is 0..16 there.
    return Examples("digits", np.rint(digits.images * (255 / 16)).astype(np.uint8), digits.target)


_MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
_MNIST_SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
}


def _mnist() -> Examples:
    images, labels = (
        read_idx(fetch("mnist", name, urls=[_MNIST_URL + name], sha256=sha256), ndim=ndim)
        for (name, sha256), ndim in zip(_MNIST_SHA256.items(), (3, 1), strict=True)
    )
    return Examples("mnist", images, labels)


def read_idx(path: str | Path, *, ndim: int) -> np.ndarray:
    """Read a gzipped idx file of unsigned bytes, the format of MNIST.

    Parameters
    ----------
    path : path
    ndim : int
        Number of dims that the file must have: 3 for images, 1 for labels.

    Returns
    -------
    uint8 array with `ndim` dims

    Raises
    ------
    InvalidInputError
        If magic number, number of dims or length are not what the format says.
    """
    try:
        with gzip.open(path) as file:
            header = np.frombuffer(file.read(4 + 4 * ndim), ">u4")
            if len(header) != 1 + ndim or header[0] != 0x0800 + ndim:
                raise InvalidInputError(f"{path}: not an idx file of unsigned bytes with {ndim} dims")
            shape = tuple(int(size) for size in header[1:])
            expected = int(np.prod(shape, dtype=object))
            # One byte more than expected tells a file that is too long, without reading what a bomb would unpack to.
            data = file.read(expected + 1)
    except (OSError, EOFError) as error:
        raise InvalidInputError(f"{path}: not a readable gzip file ({error})") from error
    if len(data) != expected:
        raise InvalidInputError(
            f"{path}: found {'more' if len(data) > expected else len(data)} bytes, expected {expected} for {shape}"
        )
    return np.frombuffer(data, np.uint8).reshape(shape)


def _npz(path: str) -> Examples:
    try:
        with np.load(path, allow_pickle=False) as file:
            image, label = (_member(path, file, names) for names in (("image", "x"), ("label", "y")))
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(f"{path}: not a readable npz file of plain arrays ({error})") from error
    return Examples(path, image, label)


def _member(path: str, file: Mapping[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray:
    for name in names:
        if name in file:
            return file[name]
    raise InvalidInputError(
        f"{path}: found arrays {', '.join(file) or 'none'}, expected one named {' or '.join(names)}"
    )


# To add a data set: a function that gives its Examples in original order, and its name or suffix here.
_SETS: dict[str, Callable[[], Examples]] = {"digits": _digits, "mnist": _mnist}
_FILES: dict[str, Callable[[str], Examples]] = {".npz": _npz}


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
    if counts.min() < 2:
        lonely = classes[counts < 2]
        raise InvalidInputError(
            f"{name}: class {lonely[0]} has a single example (index {np.flatnonzero(label == lonely[0])[0]}), "
            f"{len(lonely)} such class(es) in all; held out, its class is unknown to the model, so it has no C-score; "
            "remove it or merge the class"
        )
