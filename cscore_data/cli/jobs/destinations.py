"""Where a command writes: names that are made of other names, and nothing within a cube."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from tempfile import TemporaryFile

from cscore_data.errors import InvalidInputError, StoreError, reason

#: The suffix of stores, which names that are made of theirs do not keep.
_STORE_SUFFIX = ".zarr"


def name_of_store(path: str) -> str:
    """Name of a store without its folder and without ``.zarr``; other dots stay.

    Examples
    --------
    >>> name_of_store("s3://bucket/mnist.zarr"), name_of_store("studies/lr0.1/")
    ('mnist', 'lr0.1')
    """
    name = PurePath(path).name
    if "://" not in path and name in ("", ".."):
        name = Path(path).resolve().name
    return name.removesuffix(_STORE_SUFFIX) or "cube"


def check_outside(cube: str, outputs: Sequence[str]) -> None:
    """Raise `InvalidInputError` if an output would lie within a cube, or two are the same."""
    seen = set()
    for output in outputs:
        place = output if "://" in output else os.path.realpath(output)
        if place in seen:
            raise InvalidInputError(f"found {output} twice, expected a name for each output")
        seen.add(place)
        inside = os.path.realpath(cube) in map(str, PurePath(place).parents)
        if "://" not in cube and inside:
            raise InvalidInputError(
                f"{output}: is within the cube {cube}, where nothing else may be; choose another "
                "place with --out"
            )


def check_writable(path: str) -> None:
    """Check, before anything is computed, that a file can be written to this path.

    Raises
    ------
    StoreError
        If there is a folder of that name, the name is too long, or the folders above cannot be made
        or written to.
    """
    local = path.removeprefix("file://")
    if os.path.isdir(local):
        raise StoreError(f"{path}: cannot be written (it is a folder); choose another name")
    _check_folder_above(local)


def check_new_folder(path: str) -> None:
    """Check, before anything is computed, that a store or gallery can be made at this path.

    What is there already is left to whoever replaces or extends it, and so is a URL.

    Raises
    ------
    StoreError
        As `check_writable`.
    """
    local = path.removeprefix("file://")
    if "://" not in local and not os.path.exists(local):
        _check_folder_above(local)


def _check_folder_above(path: str) -> None:
    """Raise `StoreError` unless a new file can be made where this path is to be."""
    folder = Path(path).absolute().parent
    try:
        # A link that leads nowhere is in the way of a folder.
        while not os.path.lexists(folder):
            folder = folder.parent
        # What access rights say is not the whole truth: nobody can write to /proc.
        with TemporaryFile(dir=folder), suppress(FileNotFoundError):
            # Some files have a longer name until they are whole.
            os.lstat(f"{path}.partial.")
    except NotADirectoryError:
        why = f"{folder} is not a folder"
    except PermissionError:
        why = f"no permission in {folder}"
    except FileNotFoundError:
        why = f"no file can be made in {folder}"
    except OSError as error:
        why = reason(error)
    else:
        return
    raise StoreError(f"{path}: cannot be written ({why}); choose another place")
