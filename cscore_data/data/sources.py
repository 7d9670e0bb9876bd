"""Where data sets come from: those known by name, and the forms of names that stand for files.

To add a data set, add an entry to `SETS`; to add a file format, write its reader and add an entry
to `FORMS`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cscore_data.data.arrays import Arrays
from cscore_data.data.cifar import CIFAR10_LAYOUT, CIFAR100_LAYOUT, CifarLayout, read_cifar
from cscore_data.data.download import fetch
from cscore_data.data.idx import read_idx
from cscore_data.data.npz import read_npz_examples
from cscore_data.data.parquet import read_parquet
from cscore_data.data.tfds import read_tfds
from cscore_data.errors import DownloadError, InvalidInputError


def read_source(source: str) -> Arrays:
    """Read the data set that a name stands for.

    Parameters
    ----------
    source : str
        A key of `SETS`, or a name of one of the `FORMS`.

    Returns
    -------
    Arrays
        The training examples, in original order if it is known.

    Raises
    ------
    InvalidInputError
        If the name is unknown or the file is not what it should be.
    DownloadError
        If a file is neither in the cache nor can be downloaded.
    """
    if source in SETS:
        return SETS[source]()
    for form in FORMS.values():
        match = re.fullmatch(form.pattern, source, re.DOTALL)
        if match:
            return form.read(*match.groups())
    expected = ", ".join([*SETS, *FORMS])
    raise InvalidInputError(f"data set: found {source!r}, expected one of {expected}")


def mnist_labels_at_hand() -> np.ndarray | None:
    """Training labels of MNIST in original order, int64 (example,), if they are in the cache.

    Nothing is downloaded.
    """
    try:
        path = MNIST.label.cached()
    except DownloadError:
        return None
    return read_idx(path, ndim=1).astype(np.int64)


@dataclass(frozen=True)
class RemoteFile:
    """A file on the internet.

    Attributes
    ----------
    folder : str
        Folder in the cache.
    url : str
        Its last part is the file's name in the cache too.
    sha256 : str
        Its hash; the file is not read unless it has this one.
    """

    folder: str
    url: str
    sha256: str

    @property
    def name(self) -> str:
        """File name."""
        return self.url.rpartition("/")[2]

    def fetch(self) -> Path:
        """Path of the file, downloaded if it is not in the cache yet."""
        return fetch(self.folder, self.name, urls=[self.url], digest=f"sha256:{self.sha256}")

    def cached(self) -> Path:
        """Path of the file in the cache; raises `DownloadError` if it is not there."""
        return fetch(self.folder, self.name, urls=[], digest=f"sha256:{self.sha256}")


@dataclass(frozen=True)
class IdxSet:
    """A data set that is published as MNIST is: one file of images, one of labels."""

    image: RemoteFile
    label: RemoteFile
    class_names: tuple[str, ...] = ()

    def read(self) -> Arrays:
        """Read the data set, downloaded if necessary."""
        image = read_idx(self.image.fetch(), ndim=3)
        label = read_idx(self.label.fetch(), ndim=1)
        return Arrays(image, label, self.class_names)


@dataclass(frozen=True)
class CifarSet:
    """A data set that is published as CIFAR is: one archive of binary batches."""

    archive: RemoteFile
    layout: CifarLayout

    def read(self) -> Arrays:
        """Read the data set, downloaded if necessary."""
        return read_cifar(self.archive.fetch(), self.layout)


def read_digits() -> Arrays:
    """Read the handwritten digits that are part of scikit-learn."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    # Their ink is 0..16.
    image = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    return Arrays(image, digits.target)


_MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
_FASHION_MNIST_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_CIFAR_URL = "https://www.cs.toronto.edu/~kriz/"

MNIST = IdxSet(
    image=RemoteFile(
        folder="mnist",
        url=_MNIST_URL + "train-images-idx3-ubyte.gz",
        sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    label=RemoteFile(
        folder="mnist",
        url=_MNIST_URL + "train-labels-idx1-ubyte.gz",
        sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
)

FASHION_MNIST = IdxSet(
    image=RemoteFile(
        folder="fashion_mnist",
        url=_FASHION_MNIST_URL + "train-images-idx3-ubyte.gz",
        sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ),
    label=RemoteFile(
        folder="fashion_mnist",
        url=_FASHION_MNIST_URL + "train-labels-idx1-ubyte.gz",
        sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ),
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
)

CIFAR10 = CifarSet(
    archive=RemoteFile(
        folder="cifar10",
        url=_CIFAR_URL + "cifar-10-binary.tar.gz",
        sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
    layout=CIFAR10_LAYOUT,
)

CIFAR100 = CifarSet(
    archive=RemoteFile(
        folder="cifar100",
        url=_CIFAR_URL + "cifar-100-binary.tar.gz",
        sha256="58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    ),
    layout=CIFAR100_LAYOUT,
)

#: The data sets known by name: for each a function that returns its arrays in original order.
SETS: dict[str, Callable[[], Arrays]] = {
    "digits": read_digits,
    "mnist": MNIST.read,
    "fashion_mnist": FASHION_MNIST.read,
    "cifar10": CIFAR10.read,
    "cifar100": CIFAR100.read,
}


class Form(NamedTuple):
    """A form of names of data sets.

    Attributes
    ----------
    pattern : str
        Regular expression that the whole name must match.
    read : callable
        Called with the groups of the pattern; returns the arrays.
    """

    pattern: str
    read: Callable[..., Arrays]


#: The forms of names that stand for files, by the way in which messages write them.
FORMS = {
    "tfds:NAME[/CONFIG][:VERSION]": Form(r"tfds:(.+)", read_tfds),
    "PATH.npz": Form(r"(.+\.npz)", read_npz_examples),
    "PATH.parquet[:IMAGE:LABEL]": Form(r"(.+\.parquet)(?::([^:]+):([^:]+))?", read_parquet),
}
