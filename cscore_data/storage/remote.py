"""Folders behind a URL, by fsspec."""

from collections.abc import Mapping
from contextlib import suppress

import fsspec
import zarr.abc.store
from zarr.storage import FsspecStore

from cscore_data.errors import StoreError, reason
from cscore_data.storage.interface import Folder, store_errors


class RemoteFolder(Folder):
    """A folder behind a URL, where names are keys and nothing can be renamed."""

    def __init__(self, url: str):
        self.path = url
        try:
            # Other processes write there, so a cached listing would be wrong.
            self._system, root = fsspec.url_to_fs(url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise StoreError(
                f"{url}: no such kind of place, or it needs a package ({reason(error)})"
            ) from error
        self._root = root.rstrip("/")

    def exists(self) -> bool:
        with store_errors(self.path, "read"):
            return bool(self._system.exists(self._root))

    def names(self) -> list[str]:
        found: list[str] = []
        with store_errors(self.path, "read"), suppress(FileNotFoundError):
            found = self._system.ls(self._root, detail=False, refresh=True)
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found)

    def read(self, name: str) -> bytes:
        return bytes(self._system.cat_file(f"{self._root}/{name}"))

    def write(self, name: str, content: bytes, *, fsync: bool = True) -> None:
        self._system.pipe_file(f"{self._root}/{name}", content)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._system.rm(f"{self._root}/{name}")

    def remove_if_empty(self) -> None:
        pass  # a folder is only a part of its files' names

    def fill(self, files: Mapping[str, bytes], *, last: str, overwrite: bool) -> None:
        if overwrite:
            # What is there stops counting with its last file, before any other is removed.
            self.remove(last)
            with suppress(FileNotFoundError):
                self._system.rm(self._root, recursive=True)
        elif not self.is_free(last):
            raise self.occupied()
        for name in files.keys() - {last}:
            self.write(name, files[name])
        # Where two processes get here at once, the second is told.
        mode = "overwrite" if overwrite else "create"
        try:
            self._system.pipe_file(f"{self._root}/{last}", files[last], mode=mode)
        except FileExistsError as error:
            raise self.occupied() from error

    def is_free(self, last: str) -> bool:
        return last not in self.names()

    def may_replace(self, names: set[str]) -> bool:
        return set(self.names()) <= names

    def sibling(self, name: str) -> Folder:
        parent, slash, _ = self.path.rstrip("/").rpartition("/")
        if parent.endswith(":/") or not slash:
            raise StoreError(f"{self.path}: a bucket itself cannot be a store; add a name to it")
        return RemoteFolder(f"{parent}/{name}")

    def sweep(self) -> int:
        return 0  # an object is there whole or not at all

    def as_zarr(self, *, fsync: bool = False) -> zarr.abc.store.Store:
        return FsspecStore.from_url(self.path)
