"""Files of a store, on a disk or behind an fsspec URL such as ``s3://bucket/cube.zarr``: read, write, list, remove.

On a disk every file appears whole, by a rename, and unless asked otherwise it is on the disk itself (fsync) before
anything that is written after it.
"""

import asyncio
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec
import zarr.abc.store
from zarr.core.buffer import Buffer
from zarr.storage import FsspecStore, LocalStore

from cscore_data.errors import InvalidInputError, StoreError

#: Packages whose errors about the other side are no OSErrors.
_CLIENTS = {"aiobotocore", "aiohttp", "botocore", "fsspec", "gcsfs", "google", "s3fs"}

#: A partial file of an age beyond this has no writer any more, if it is still there after the watch, in seconds.
_ORPHAN_AGE, _ORPHAN_WATCH = 900, 5


def is_remote(path: str | Path) -> bool:
    """Whether `path` is a URL, other than one of a file."""
    return "://" in str(path) and not str(path).startswith("file://")


def set_storage_options(path: str | Path, options: Sequence[str]) -> None:
    """Make ``KEY=VALUE`` the options of the file system of `path`, for the rest of the process.

    They go where fsspec also puts those of its configuration files and of variables such as ``FSSPEC_S3_ENDPOINT_URL``.

    Raises
    ------
    InvalidInputError
        If an option is not of that form, or the path is none that takes options.
    """
    wrong = [option for option in options if not option.partition("=")[0] or "=" not in option]
    if wrong:
        raise InvalidInputError(f"storage option: found {wrong[0]!r}, expected KEY=VALUE")
    if options and not is_remote(path):
        raise InvalidInputError(f"storage option: {path} is a path, expected a URL such as s3://bucket/cube.zarr")
    if options:
        protocol = str(path).partition("://")[0]
        parsed = {key: _value(value) for key, _, value in (option.partition("=") for option in options)}
        fsspec.config.conf[protocol] = {**fsspec.config.conf.get(protocol, {}), **parsed}


def require_local(path: str | Path, what: str) -> None:
    """Raise `InvalidInputError` if `path` is a URL: `what` ("export") goes to a disk only."""
    if is_remote(path):
        raise InvalidInputError(f"{what}: found {path}, expected a path; only stores can be at a URL")


def open_files(path: str | Path, *, fsync: bool = False) -> zarr.abc.store.Store:
    """The files of a store as zarr reads and writes them."""
    if is_remote(path):
        _file_system(path)  # zarr would say less of a protocol that is unknown or needs a package
        return FsspecStore.from_url(str(path))
    return _DurableStore(_local(path)) if fsync else LocalStore(_local(path))


def exists(path: str | Path) -> bool:
    """Whether there is a file or a folder, with something in it where folders are but parts of names."""
    if not is_remote(path):
        return _local(path).exists()
    system, root = _file_system(path)
    with errors(path, "read"):
        return bool(system.exists(root))


def is_empty_folder(path: str | Path) -> bool:
    """Whether there is a folder on a disk with nothing in it."""
    return not is_remote(path) and _local(path).is_dir() and not names(path)


def names(path: str | Path) -> list[str]:
    """Names of the files and folders in a folder; none where there is no folder."""
    if not is_remote(path):
        folder = _local(path)
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    system, root = _file_system(path)
    with errors(path, "read"), suppress(FileNotFoundError):
        return sorted(found.rstrip("/").rpartition("/")[2] for found in system.ls(root, detail=False, refresh=True))
    return []


def read(path: str | Path, name: str) -> bytes:
    """The bytes of file `name` of a folder; `FileNotFoundError` where there is none."""
    if not is_remote(path):
        return (_local(path) / name).read_bytes()
    system, root = _file_system(path)
    return bytes(system.cat_file(f"{root}/{name}"))


def write(path: str | Path, name: str, content: bytes, *, exclusive: bool = False) -> None:
    """Write file `name` of a folder whole; `FileExistsError` if it is there and must not be (`exclusive`)."""
    if not is_remote(path):
        _write_local(_local(path) / name, content, exclusive=exclusive)
        return
    system, root = _file_system(path)
    system.pipe_file(f"{root}/{name}", content, mode="create" if exclusive else "overwrite")


def remove(path: str | Path, name: str = "") -> None:
    """Remove file `name` of a folder, or the folder with all that is in it; nothing happens where there is none."""
    with suppress(FileNotFoundError):
        if is_remote(path):
            system, root = _file_system(path)
            system.rm(f"{root}/{name}".rstrip("/"), recursive=not name)
        elif name:
            (_local(path) / name).unlink()
        else:
            shutil.rmtree(_local(path))


def write_folder(path: str | Path, files: Mapping[str, bytes], *, last: str) -> None:
    """Write a folder that appears whole, replacing what is there.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by name.
    last : str
        The file without which the others count for nothing: behind a URL, where no folder can be renamed, what is
        there ends with the removal of this file, and what is new begins with its writing.
    """
    if is_remote(path):
        remove(path, last)
        remove(path)
        for name in sorted(files, key=lambda name: name == last):
            write(path, name, files[name])
        return
    folder = _local(path)
    partial, old = (folder.with_name(f".{folder.name}.{word}") for word in ("partial", "old"))
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        for name, content in files.items():
            _write_local(partial / name, content)
        if folder.exists():
            os.rename(folder, old)
        os.rename(partial, folder)
        _sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def sweep_orphans(path: str | Path) -> int:
    """Remove the partial files that a process left which died while writing; returns how many there were."""
    if is_remote(path):
        return 0  # an object is there whole or not at all
    suspects = [file for file in _local(path).rglob("*.partial") if _has_an_age(file)]
    if suspects:
        # Clocks are set, and a file server has its own: what another process is writing is complete after a while.
        time.sleep(_ORPHAN_WATCH)
    orphans = [file for file in suspects if os.path.lexists(file)]
    for file in orphans:
        file.unlink(missing_ok=True)
    return len(orphans)


@contextmanager
def errors(path: str | Path, task: str) -> Iterator[None]:
    """Turn what a disk or a server answers into a `StoreError` saying that `path` cannot be `task` ("written")."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _CLIENTS:
            raise
        reason = " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
        raise StoreError(
            f"{path}: cannot be {task} ({reason}); mend that and run the same command again, or choose another place"
        ) from error


def gone(path: str | Path) -> StoreError:
    """The error to raise when a store is no longer where it was."""
    return StoreError(
        f"{path}: was removed while it was being written; remove what is left of it, if anything, and run the same "
        "command again"
    )


def _value(text: str) -> Any:
    """true, false and {…} are JSON; all others are text, also what looks like numbers: keys and names may."""
    if text in ("true", "false") or text.startswith("{"):
        with suppress(ValueError):
            return json.loads(text)
    return text


def _local(path: str | Path) -> Path:
    return Path(str(path).removeprefix("file://"))


def _file_system(path: str | Path) -> tuple[Any, str]:
    try:
        # Other processes write there: a listing that is remembered is wrong.
        system, root = fsspec.url_to_fs(str(path), use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise StoreError(f"{path}: no such kind of place, or it needs a package ({error})") from error
    return system, root.rstrip("/")


def _has_an_age(file: Path) -> bool:
    """Whether a file is from long ago, or from a future in which the clock was before."""
    with suppress(FileNotFoundError):  # another process has just completed it
        return abs(time.time() - file.lstat().st_mtime) > _ORPHAN_AGE
    return False


def _write_local(file: Path, content: Any, *, exclusive: bool = False) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if exclusive:
        with open(file, "xb") as stream:
            stream.write(content)
        return
    partial = file.with_name(f".{file.name}.{uuid.uuid4().hex}.partial")
    try:
        with open(partial, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, file)
        _sync(file.parent)
    finally:
        partial.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make the names in a folder last; only where folders can be opened, which is on POSIX."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class _DurableStore(LocalStore):
    """A store on disk whose every write outlives a power cut once it has returned; zarr itself never calls fsync."""

    async def set(self, key: str, value: Buffer) -> None:
        await asyncio.to_thread(self._write, self.root / key, value.as_buffer_like())

    def _write(self, file: Path, content: Any) -> None:
        if not self.root.exists():
            raise gone(self.root)  # and not made again with nothing in it but this file
        new = [folder for folder in file.parents if folder != self.root.parent and not folder.exists()]
        _write_local(file, content)
        for folder in new:
            _sync(folder.parent)
