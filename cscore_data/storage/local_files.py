"""Files and paths on a disk: written whole, listed, found through links."""

import os
import stat
import uuid
from pathlib import Path
from typing import Any

#: Beginnings of URLs that are paths.
_LOCAL_URLS = ("file://", "local://")

#: Folders within folders in which files are listed; a chunk file is four deep.
_DEEPEST = 8


def is_local(path: str | Path) -> bool:
    """Whether a path or URL is that of a file or folder on a disk."""
    return "://" not in str(path) or str(path).startswith(_LOCAL_URLS)


def plain_path(path: str | Path) -> Path:
    """The path in a URL such as ``file:///scratch/cube.zarr``; others stay as they are."""
    text = str(path)
    for beginning in _LOCAL_URLS:
        text = text.removeprefix(beginning)
    return Path(text)


def target_of(path: Path) -> Path:
    """Where a path leads through symbolic links.

    What these point to is written, and who comes by another name must find the same records beside
    it. But a link to what is gone, such as a disk that is not mounted, stays in the way.
    """
    target = Path(os.path.realpath(path))
    given = Path(os.path.abspath(path))
    if given.is_symlink() and not target.parent.exists():
        return given
    for parent in given.parents:
        if parent.is_symlink() and not parent.exists():
            return given
    return target


def list_files(folder: Path) -> dict[str, int]:
    """Sizes of the files in a folder and in its folders, by name; none if it does not exist."""
    found: dict[str, int] = {}
    if folder.is_dir():
        _add_files(str(folder), "", found, depth=_DEEPEST)
    return found


def _add_files(folder: str, prefix: str, found: dict[str, int], *, depth: int) -> None:
    """Add the sizes of files in a folder; links are followed, but not for ever."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir():
                found[prefix + entry.name] = _size(entry)
            elif depth:
                _add_files(entry.path, f"{prefix}{entry.name}/", found, depth=depth - 1)


def _size(entry: "os.DirEntry[str]") -> int:
    """Size of a file; 0 for a link to nothing, a pipe and the like."""
    try:
        return entry.stat().st_size if entry.is_file() else 0
    except OSError:
        return 0


def require_file(file: Path) -> None:
    """Raise `OSError` for a pipe, a device or a socket: reading might never end."""
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(f"{file} is not a file but a pipe, a device or a socket")


def write_whole(file: Path, content: Any, *, fsync: bool = True) -> None:
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
            sync_names(file.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync_names(directory: Path) -> None:
    """Make the names in a directory survive a power cut, where directories can be opened."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
