"""Data sets on the internet: the files that they consist of, and how these are read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cscore_data.data.cifar import CifarLayout, read_cifar
from cscore_data.data.download import fetch, find_cached
from cscore_data.data.idx import read_idx
from cscore_data.data.raw_examples import RawExamples


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

    Examples
    --------
    >>> file = RemoteFile("mine", "https://example.org/images.gz", sha256="5891b5…")
    >>> file.name, file.digest
    ('images.gz', 'sha256:5891b5…')
    """

    folder: str
    url: str
    sha256: str

    @property
    def name(self) -> str:
        """File name."""
        return self.url.rpartition("/")[2]

    @property
    def digest(self) -> str:
        """The hash, as `download.fetch` takes it."""
        return f"sha256:{self.sha256}"

    def fetch(self) -> Path:
        """Path of the file, downloaded if it is not in the cache yet."""
        return fetch(self.folder, self.name, urls=[self.url], digest=self.digest)

    def cached(self) -> Path | None:
        """Path of the file in the cache, None if it is not there; nothing is downloaded."""
        return find_cached(self.folder, self.name, digest=self.digest)


@dataclass(frozen=True)
class IdxSet:
    """A data set that is published as MNIST is: one file of images, one of labels."""

    image: RemoteFile
    label: RemoteFile
    class_names: tuple[str, ...] = ()

    def read(self) -> RawExamples:
        """Read the data set, downloaded if necessary."""
        image = read_idx(self.image.fetch(), ndim=3)
        label = read_idx(self.label.fetch(), ndim=1)
        return RawExamples(image, label, self.class_names)

    def cached_label(self) -> np.ndarray | None:
        """The labels, int64 (example,), if their file is in the cache; nothing is downloaded."""
        path = self.label.cached()
        if path is None:
            return None
        return read_idx(path, ndim=1).astype(np.int64)


@dataclass(frozen=True)
class CifarSet:
    """A data set that is published as CIFAR is: one archive of binary batches."""

    archive: RemoteFile
    layout: CifarLayout

    def read(self) -> RawExamples:
        """Read the data set, downloaded if necessary."""
        return read_cifar(self.archive.fetch(), self.layout)
