"""The zarr group of a store, and its arrays."""

from typing import Any

import zarr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import CUBE_VARIABLES
from cscore_data.storage.interface import Folder

#: The largest number of chunks of an array, and of values in one with a single dim.
_MOST_CHUNKS = 10_000_000
_MOST_IN_A_ROW = 1_000_000_000


def open_group(
    store_folder: Folder, *, mode: str, fsync: bool = False, consolidated: bool | None = None
) -> zarr.Group:
    """The zarr group in a folder; `mode` is ``r`` or ``r+``, `consolidated` as in zarr."""
    files = store_folder.as_zarr(fsync=fsync)
    return zarr.open_group(files, mode=mode, use_consolidated=consolidated)  # type: ignore[arg-type]


def array_of(group: zarr.Group, name: str) -> zarr.Array[Any]:
    """The array of this name; `KeyError` if it is something else."""
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise KeyError(f"{name} is a group, expected an array")
    return array


def cube_arrays(group: zarr.Group) -> dict[str, zarr.Array[Any]]:
    """The arrays of a cube's variables in the order of writing.

    What is written has a file even if nothing in it is set, so that a file that is lost is noticed.
    """
    found = {}
    for name in CUBE_VARIABLES:
        if name in group:
            found[name] = array_of(group, name).with_config({"write_empty_chunks": True})
    return found


def require_sensible(group: zarr.Group) -> None:
    """Raise `InvalidInputError` if an array is larger than any that a store here can have.

    Metadata that were tampered with would keep xarray busy for ever.
    """
    for name, array in group.arrays():
        cells = max(array.shape, default=0) if array.ndim == 1 else 0
        if cells > _MOST_IN_A_ROW or array.nchunks > _MOST_CHUNKS:
            raise InvalidInputError(
                f"the metadata of {name} say {array.shape} in {array.nchunks} "
                f"chunks, expected at most {_MOST_CHUNKS} chunks; take {name}/zarr.json and "
                "zarr.json from a copy"
            )
