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

from cscore_data.storage.interface import Folder

if TYPE_CHECKING:
    from zarr.core.buffer import Buffer

#: Seconds after which a ``.partial`` file is considered abandoned.
_ABANDONED_AFTER = 900

#: Seconds to watch abandoned files before they are deleted.
WATCH = 5.0


class LocalFolder(Folder):
    """A folder on a disk: files appear by a rename, and only after their content is on the disk."""

    def __init__(self, path: str | Path):
        self.path = str(path)
        self._root = Path(self.path.removeprefix("file://"))

    def exists(self) -> bool:
        return self._root.exists()

    def names(self) -> list[str]:
        if not self._root.is_dir():
            return []
        return sorted(entry.name for entry in self._root.iterdir())

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def write(self, name: str, content: bytes, *, fsync: bool = True) -> None:
        _write_whole(self._root / name, content, fsync=fsync)

    def remove(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)

    def remove_if_empty(self) -> None:
        with suppress(OSError):
            self._root.rmdir()

    def fill(self, files: Mapping[str, bytes], *, last: str, overwrite: bool) -> None:
        # A symbolic link stays: what it points to is replaced.
        target = self._root.resolve()
        mark = uuid.uuid4().hex
        partial = target.with_name(f".{target.name}.{mark}.partial")
        old = target.with_name(f".{target.name}.{mark}.old")
        try:
            for name, content in files.items():
                _write_whole(partial / name, content)
            # A folder with something in it is in the way of a rename: nobody's files are replaced.
            if overwrite and target.exists():
                os.rename(target, old)
            os.rename(partial, target)
            _sync_names(target.parent)
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

    def sibling(self, name: str) -> Folder:
        return LocalFolder(self._root.with_name(name))

    def sweep(self) -> int:
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
        return LocalStore(self._root)


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


def _write_whole(file: Path, content: Any, *, fsync: bool = True) -> None:
    """Write a file by way of a partial one, which takes its name when it is complete."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{uuid.uuid4().hex}.partial")
    try:
        with open(partial, "xb") as stream:
            stream.write(content)
            if fsync:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(partial, file)
        if fsync:
            _sync_names(file.parent)
    finally:
        partial.unlink(missing_ok=True)


def _sync_names(directory: Path) -> None:
    """Make the names in a directory survive a power cut, where directories can be opened."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _DurableStore(LocalStore):
    """A zarr store on disk whose writes survive a power cut; zarr itself never calls fsync."""

    async def set(self, key: str, value: "Buffer") -> None:
        await asyncio.to_thread(self._write, self.root / key, value.as_buffer_like())

    def _write(self, file: Path, content: Any) -> None:
        if not self.root.exists():
            raise FileNotFoundError(f"{self.root} was removed")
        new = [parent for parent in file.parents if not parent.exists()]
        _write_whole(file, content)
        for directory in new:
            _sync_names(directory.parent)
