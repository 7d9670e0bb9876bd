"""Folders behind a URL, by fsspec.

Known to work: ``s3://``, ``gs://``, ``abfs://``, ``memory://`` and, where names are files in
folders, ``sftp://``. Nothing here needs a server on which only one of two can create an object:
several S3-like ones ignore that wish. Processes take turns by their records (`workers`).
"""

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import fsspec
import zarr.abc.store
from fsspec.core import split_protocol
from zarr.storage import FsspecStore

from cscore_data.errors import StoreError, reason
from cscore_data.storage.interface import Folder, store_errors

if TYPE_CHECKING:
    from zarr.core.buffer import Buffer

#: Kinds of URLs at which folders must be made before there can be files in them.
_WITH_FOLDERS = {"sftp", "ssh"}


class RemoteFolder(Folder):
    """A folder behind a URL, where names are keys; `sftp` has files and folders."""

    def __init__(self, url: str):
        self.path = url
        self._system, root = _file_system(url)
        self._root = root.rstrip("/")
        self._has_folders = split_protocol(url)[0] in _WITH_FOLDERS

    def exists(self) -> bool:
        with store_errors(self.path, "read"):
            return bool(self._system.exists(self._root))

    def names(self) -> list[str]:
        found: list[str] = []
        with store_errors(self.path, "read"), suppress(FileNotFoundError):
            self._system.invalidate_cache(self._root)
            found = self._system.ls(self._root, detail=False)
        names = [path.rstrip("/").rpartition("/")[2] for path in found]
        return sorted(names)

    def has(self, name: str) -> bool:
        with store_errors(self.path, "read"):
            return bool(self._system.exists(f"{self._root}/{name}"))

    def files(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with store_errors(self.path, "listed"), suppress(FileNotFoundError, NotImplementedError):
            listed = self._system.find(self._root, detail=True)
            for path, about in listed.items():
                name = path.removeprefix(self._root).lstrip("/")
                found[name] = about.get("size") or 0
        return found

    def read(self, name: str) -> bytes:
        return bytes(self._system.cat_file(f"{self._root}/{name}"))

    def write(self, name: str, content: bytes, *, fsync: bool = True) -> None:
        file = f"{self._root}/{name}"
        if self._has_folders:
            _write_file(self._system, file, content)
        else:
            self._system.pipe_file(file, content)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._system.rm(f"{self._root}/{name}")

    def remove_if_empty(self) -> None:
        if self._has_folders:
            with suppress(OSError):
                self._system.rmdir(self._root)

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
        self.write(last, files[last])

    def is_free(self, last: str) -> bool:
        return last not in self.names()

    def may_replace(self, names: set[str]) -> bool:
        return set(self.names()) <= names

    def parent(self) -> Folder | None:
        outer, slash, _ = self.path.rstrip("/").rpartition("/")
        if not slash or outer.endswith(("/", ":")) or not self._is_in_folder():
            return None
        return RemoteFolder(outer)

    def companion(self, kind: str) -> Folder:
        parent, _, name = self.path.rstrip("/").rpartition("/")
        if not self._is_in_folder():
            raise StoreError(f"{self.path}: a bucket itself cannot be a store; add a name to it")
        return RemoteFolder(f"{parent}/.{name}.{kind}")

    def sweep(self) -> int:
        return 0  # an object is there whole or not at all

    def as_zarr(self, *, fsync: bool = False) -> zarr.abc.store.Store:
        if self._system.async_impl:
            return FsspecStore.from_url(self.path)
        kind = _FileStore if self._has_folders else FsspecStore
        return kind.from_mapper(self._system.get_mapper(self._root))

    def _is_in_folder(self) -> bool:
        """Whether it is not a bucket itself."""
        return "/" in self._root


def _file_system(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system of a URL, and the path in it."""
    try:
        with store_errors(url, "reached"):
            if split_protocol(url)[0] in _WITH_FOLDERS:
                from cscore_data.storage import sftp

                return sftp.file_system(url)
            # Other processes write there, so a cached listing would be wrong. The client for WebDAV
            # caches none, and refuses the option.
            options = {} if url.startswith("webdav://") else {"use_listings_cache": False}
            system, root = fsspec.url_to_fs(url, **options)
            return system, str(root)
    except (ImportError, TypeError, ValueError) as error:
        raise StoreError(
            f"{url}: no such kind of place, or it needs a package or a --storage-option "
            f"({reason(error)})"
        ) from error


def _write_file(system: fsspec.AbstractFileSystem, file: str, content: bytes) -> None:
    """Write a file, which appears whole as objects do, and the folders it is in."""
    folder, _, name = file.rpartition("/")
    partial = f"{folder}/.{name}.{uuid.uuid4().hex}.partial"
    system.makedirs(folder, exist_ok=True)
    system.pipe_file(partial, content)
    system.mv(partial, file)


class _FileStore(FsspecStore):
    """A zarr store of files in folders behind a URL."""

    async def set(
        self, key: str, value: "Buffer", byte_range: tuple[int, int] | None = None
    ) -> None:
        system = self.fs.sync_fs
        await asyncio.to_thread(_write_file, system, f"{self.path}/{key}", value.to_bytes())
