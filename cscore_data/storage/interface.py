"""What a folder of files is to the rest of the package, wherever it is, and its errors."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import zarr.abc.store

from cscore_data.errors import StoreError, StoreExistsError, reason

#: Packages whose errors about the other side are not always an OSError.
_CLIENT_PACKAGES = {
    "adlfs",
    "aiobotocore",
    "aiohttp",
    "azure",
    "botocore",
    "fsspec",
    "gcsfs",
    "google",
    "paramiko",
    "s3fs",
}


class Folder(ABC):
    """A folder with files in it; `folder` makes one from a path or a URL.

    Attributes
    ----------
    path : str
        As the user gave it, for messages.
    """

    path: str

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is such a folder; in an object store, at least one object in it."""

    @abstractmethod
    def names(self) -> list[str]:
        """Names of the files and folders in it, sorted; none if it does not exist."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""

    @abstractmethod
    def files(self) -> dict[str, int]:
        """Sizes of all files in it and in its folders, by name; empty if it cannot be listed."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The bytes of a file; `FileNotFoundError` if there is none."""

    @abstractmethod
    def write(self, name: str, content: bytes, *, fsync: bool = True) -> None:
        """Write a file, which appears whole, with the folders it is in."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, if it is there; `StoreError` if it is not in this folder, but linked."""

    @abstractmethod
    def remove_if_empty(self) -> None:
        """Remove the folder unless something is in it."""

    @abstractmethod
    def fill(self, files: Mapping[str, bytes], *, last: str, overwrite: bool) -> None:
        """Write all files of a folder such that they count all at once or not at all.

        Parameters
        ----------
        files : mapping of str to bytes
            Contents by name.
        last : str
            The file without which the others mean nothing.
        overwrite : bool
            Replace what is there.

        Raises
        ------
        StoreExistsError
            If something is there that must not be replaced: see `is_free`.
        """

    @abstractmethod
    def is_free(self, last: str) -> bool:
        """Whether `fill` may be called without `overwrite`."""

    @abstractmethod
    def may_replace(self, names: set[str]) -> bool:
        """Whether what is there can only be left from an interrupted `fill` with these names."""

    @abstractmethod
    def parent(self) -> "Folder | None":
        """The folder that this one is in; None for the outermost."""

    @abstractmethod
    def companion(self, kind: str) -> "Folder":
        """The hidden folder ``.NAME.KIND`` next to this one; within it, if nothing can be there."""

    @abstractmethod
    def sweep(self) -> int:
        """Delete partial files that killed processes left behind; returns how many."""

    @abstractmethod
    def as_zarr(self, *, fsync: bool = False) -> zarr.abc.store.Store:
        """The folder as zarr reads and writes it."""

    def occupied(self) -> StoreExistsError:
        """The error that something is already there."""
        names = ", ".join(self.names()[:3])
        found = f" ({names})" if names else ""
        return StoreExistsError(
            f"{self.path}: exists already{found}; choose another path, or overwrite it"
        )


@contextmanager
def store_errors(path: str | Path, task: str) -> Iterator[None]:
    """Turn the errors of a disk or server into a `StoreError`: `path` cannot be `task` ("read")."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        if not is_of_place(error):
            raise
        raise StoreError(
            f"{path}: cannot be {task} ({reason(error)}); fix that and run the same command again, "
            "or choose another place"
        ) from error


def is_of_place(error: Exception) -> bool:
    """Whether an error says that a disk or server does not do what it should."""
    package = type(error).__module__.partition(".")[0]
    return isinstance(error, OSError) or package in _CLIENT_PACKAGES
