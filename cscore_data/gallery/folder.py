"""The folder of a gallery: written whole or not at all, and nothing else is ever replaced."""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cscore_data.errors import InvalidInputError, StoreError, StoreExistsError, reason

#: The file that makes a folder a gallery; it lists all of its files.
MANIFEST = "gallery.json"

_MADE_BY = "cscore_data browse-cscores"


def check_folder(path: str | Path) -> None:
    """Check that a gallery can be written to this path, before anything is computed.

    Raises
    ------
    InvalidInputError
        If it is a URL.
    StoreExistsError
        If there is anything but a gallery: a file, or a folder with other files.
    StoreError
        If the folder above it cannot be written to.
    """
    if "://" in str(path):
        raise InvalidInputError(f"out: found {path}, expected a folder on a disk")
    folder = Path(os.path.realpath(path))
    if os.path.lexists(folder) and not folder.is_dir():
        raise StoreExistsError(f"{path}: is a file, expected a folder; choose another with --out")
    # The first one is enough: a folder may be a whole disk.
    other = next(foreign_files(folder), None)
    if other is not None:
        raise StoreExistsError(
            f"{path}: holds other things than a gallery (the first: {other}); choose another "
            "folder with --out"
        )
    parent = folder.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise StoreError(f"{path}: cannot be written (no permission in {parent}); choose another")


def foreign_files(folder: Path) -> Iterator[str]:
    """The files in a folder that are not those of a gallery, one by one as they are found."""
    listed = _listed(folder)
    for directory, inner, names in os.walk(folder):
        inner.sort()
        links = [name for name in inner if Path(directory, name).is_symlink()]
        for name in sorted([*names, *links]):
            file = Path(directory, name).relative_to(folder).as_posix()
            if file not in listed:
                yield file


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """A folder beside `path`, which takes its name at the end if nothing failed.

    Each call has a folder of its own, so that processes with the same `path` do not mix their
    files; the gallery of the last one stays. A process that is killed leaves its folder,
    ``.NAME.MARK.partial``. Nobody else removes it, as its owner may still be at work.

    Raises
    ------
    StoreError
        If it cannot be written; nothing is left of it then.
    """
    folder = Path(os.path.realpath(path))
    partial = _hidden_name(folder, "partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        yield partial
        _write_manifest(partial)
        check_folder(path)
        _replace(partial, folder)
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({reason(error)}); choose another folder with --out"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(partial: Path, folder: Path) -> None:
    """Give a new folder its name, and remove the one that had it; if that fails, keep that one."""
    old = _hidden_name(folder, "old")
    try:
        if folder.exists():
            os.rename(folder, old)
        os.rename(partial, folder)
    finally:
        # There is a folder if all went well, or if another process was faster.
        if old.exists() and not folder.exists():
            os.rename(old, folder)
        shutil.rmtree(old, ignore_errors=True)


def _hidden_name(folder: Path, kind: str) -> Path:
    """A path beside a folder that nobody else has."""
    return folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.{kind}")


def _write_manifest(folder: Path) -> None:
    files = [*sorted(foreign_files(folder)), MANIFEST]
    document = {"made_by": _MADE_BY, "files": files}
    (folder / MANIFEST).write_text(json.dumps(document, indent=1) + "\n")


def _listed(folder: Path) -> set[str]:
    """The files that a gallery says it has; none if there is no gallery."""
    try:
        document = json.loads((folder / MANIFEST).read_text())
        if document["made_by"] == _MADE_BY:
            return set(map(str, document["files"]))
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return set()
