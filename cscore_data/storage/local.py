"""Folders on a disk."""

import asyncio
import os
import re
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zarr.abc.store
from zarr.storage import LocalStore

from cscore_data.errors import StoreError
from cscore_data.storage.interface import Folder
from cscore_data.storage.local_files import (
    list_files,
    plain_path,
    require_file,
    sync_names,
    target_of,
    write_whole,
)

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype

#: Seconds after which a ``.partial`` file is considered abandoned.
_ABANDONED_AFTER = 900

#: Seconds to watch abandoned files before they are deleted.
WATCH = 5.0


class LocalFolder(Folder):
    """A folder on a disk: files appear by a rename, and only after their content is on the disk."""

    def __init__(self, path: str | Path):
        self.path = str(path)
        self._root = target_of(plain_path(path))

    def exists(self) -> bool:
        return self._root.exists()

    def names(self) -> list[str]:
        # Another process may remove it at any moment.
        with suppress(FileNotFoundError, NotADirectoryError):
            return sorted(os.listdir(self._root))
        return []

    def has(self, name: str) -> bool:
        return (self._root / name).is_file()

    def files(self) -> dict[str, int]:
        return list_files(self._root)

    def read(self, name: str) -> bytes:
        require_file(self._root / name)
        return (self._root / name).read_bytes()

    def write(self, name: str, content: bytes, *, fsync: bool = True) -> None:
        write_whole(self._root / name, content, fsync=fsync)

    def remove(self, name: str) -> None:
        file = self._root / name
        folder = os.path.realpath(file.parent)
        if os.path.commonpath([folder, self._root]) != str(self._root):
            raise StoreError(
                f"{self.path}: {file.relative_to(self._root)} is in {folder}, by a symbolic link; "
                "nothing outside of the store is removed, so remove it there yourself"
            )
        file.unlink(missing_ok=True)

    def remove_if_empty(self) -> None:
        with suppress(OSError):
            self._root.rmdir()

    def fill(self, files: Mapping[str, bytes], *, last: str, overwrite: bool) -> None:
        target = self._root
        if target.is_symlink():
            raise OSError(f"it is a symbolic link to {os.readlink(target)}, which is gone")
        mark = uuid.uuid4().hex
        partial = target.with_name(f".{target.name}.{mark}.partial")
        old = target.with_name(f".{target.name}.{mark}.old")
        try:
            for name, content in files.items():
                write_whole(partial / name, content)
            # A folder with something in it is in the way of a rename: nobody's files are replaced.
            if overwrite and target.exists():
                os.rename(target, old)
            os.rename(partial, target)
            sync_names(target.parent)
        except OSError as error:
            if not overwrite and not self.is_free(last):
                raise self.occupied() from error
            raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
            _remove_abandoned(target)

    def is_free(self, last: str) -> bool:
        if self._root.is_dir():
            return not self.names()
        return not self._root.exists()

    def may_replace(self, names: set[str]) -> bool:
        return False  # `fill` leaves nothing behind

    def parent(self) -> Folder | None:
        if self._root == self._root.parent:
            return None
        return LocalFolder(self._root.parent)

    def companion(self, kind: str) -> Folder:
        beside = self._root.with_name(f".{self._root.name}.{kind}")
        if beside.exists() or not self._root.is_dir():
            return LocalFolder(beside)
        # Somebody else may have made the folder of a store for its user.
        if not os.access(beside.parent, os.W_OK):
            return LocalFolder(self._root / f".{kind}")
        return LocalFolder(beside)

    def sweep(self) -> int:
        _remove_abandoned(self._root)
        suspects = [file for file in self._root.rglob("*.partial") if _is_abandoned(file)]
        # Clocks may be set wrong here or on a file server: a file that another process is writing
        # is complete, and no longer there by this name, after a while.
        if suspects:
            time.sleep(WATCH)
        abandoned = [file for file in suspects if os.path.lexists(file)]
        for file in abandoned:
            file.unlink(missing_ok=True)
        return len(abandoned)

    def as_zarr(self, *, fsync: bool = False) -> zarr.abc.store.Store:
        if fsync:
            return _DurableStore(self._root)
        return _Store(self._root)


def _remove_abandoned(target: Path) -> None:
    """Remove what a process that was killed in `LocalFolder.fill` left next to a folder."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{32}}\.(partial|old)")
    for entry in target.parent.glob(".*"):
        if pattern.fullmatch(entry.name) and _is_abandoned(entry):
            shutil.rmtree(entry, ignore_errors=True)


def _is_abandoned(file: Path) -> bool:
    """Whether a file is old, or from a future in which the clock used to be."""
    with suppress(FileNotFoundError):  # another process has just completed it
        return abs(time.time() - file.lstat().st_mtime) > _ABANDONED_AFTER
    return False


class _Store(LocalStore):
    """A zarr store on disk that reads nothing but files."""

    async def get(
        self,
        key: str,
        prototype: "BufferPrototype | None" = None,
        byte_range: "ByteRequest | None" = None,
    ) -> "Buffer | None":
        try:
            require_file(self.root / key)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return await super().get(key, prototype, byte_range)


class _DurableStore(_Store):
    """A zarr store on disk whose writes survive a power cut; zarr itself never calls fsync."""

    async def set(self, key: str, value: "Buffer") -> None:
        await asyncio.to_thread(self._write, self.root / key, value.as_buffer_like())

    def _write(self, file: Path, content: Any) -> None:
        if not self.root.exists():
            raise FileNotFoundError(f"{self.root} was removed")
        new = [parent for parent in file.parents if not parent.exists()]
        write_whole(file, content)
        for directory in new:
            sync_names(directory.parent)
