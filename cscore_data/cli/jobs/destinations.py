"""Where a command writes: names that are made of other names, and nothing within a cube."""

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from cscore_data.errors import InvalidInputError, StoreError

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
        If there is a folder of that name, or the folders above cannot be made or written to.
    """
    if os.path.isdir(path):
        raise StoreError(f"{path}: cannot be written (it is a folder); choose another name")
    folder = Path(path).absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise StoreError(
            f"{path}: cannot be written ({folder} is not a folder); choose another place"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(
            f"{path}: cannot be written (no permission in {folder}); choose another place"
        )
