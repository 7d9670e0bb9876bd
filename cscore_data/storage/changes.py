"""How a stored cube changes: room for more runs, or pieces that are cleared."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.schema import CUBE_VARIABLES
from cscore_data.storage.interface import Folder
from cscore_data.storage.pieces import Piece
from cscore_data.storage.zarr_store import (
    ROOT,
    array_documents,
    array_of,
    as_bytes,
    metadata_digest,
    open_group,
    root_document,
)

#: Attributes that change while a cube is filled and extended.
_CHANGING = {"history", "metadata_digest"}


def extend_store(store: Folder, dataset: xr.Dataset, runs: int, history: str) -> None:
    """Make room for `runs` runs in the cube in a folder, and add a line of history.

    The new shape counts from the moment at which the consolidated metadata has it, with the last
    write. What is interrupted before that is repeated by another call.

    Parameters
    ----------
    store : Folder
    dataset : xarray.Dataset
        The cube as it is.
    runs : int
        At least as many as there are.
    history : str
        The line; with an empty one, none is added.
    """
    # The arrays, one by one.
    group = open_group(store, mode="r+", fsync=True, consolidated=False)
    for name in CUBE_VARIABLES:
        if name in group:
            _resize(array_of(group, name), axis=1, size=runs)
    run = array_of(group, "run")
    _resize(run, axis=0, size=runs)
    run[:] = np.arange(runs, dtype=np.int32)

    # The metadata of all of them, in one file.
    attrs = dict(group.attrs)
    if history:
        lines = str(attrs.get("history", "")).splitlines()
        attrs["history"] = "\n".join([*lines, history])
    documents = array_documents(store, list(group.array_keys()))
    attrs["metadata_digest"] = metadata_digest(attrs, documents, dataset)
    store.write(ROOT, as_bytes(root_document(attrs, documents)))


def clear_pieces(
    store: Folder,
    arrays: Mapping[str, zarr.Array[Any]],
    pieces: Iterable[Piece],
    runs_per_chunk: int,
) -> None:
    """Remove the chunk files of pieces, those of the ledger first.

    Parameters
    ----------
    store : Folder
    arrays : mapping of str to zarr.Array
        In the order of writing.
    pieces : iterable of Piece
    runs_per_chunk : int
    """
    for piece in pieces:
        for name, array in reversed(list(arrays.items())):
            for file in _chunk_files(array, piece, runs_per_chunk):
                store.remove(f"{name}/{file}")


def is_same_cube(new: bytes, old: bytes) -> bool:
    """Whether two contents of ``zarr.json`` are of one cube, which may have grown meanwhile."""
    new_attrs, new_history = _split(new)
    old_attrs, old_history = _split(old)
    if old_history and old_history[:1] != new_history[:1]:
        return False  # the first line says when and how it was created
    return new_attrs == old_attrs


def _split(root: bytes) -> tuple[dict[str, Any], list[str]]:
    """Attributes that never change, and the lines of the history."""
    attrs = json.loads(root)["attributes"]
    history = str(attrs.get("history", "")).splitlines()
    constant = {name: value for name, value in attrs.items() if name not in _CHANGING}
    return constant, history


def _resize(array: zarr.Array[Any], *, axis: int, size: int) -> None:
    shape = list(array.shape)
    if shape[axis] != size:
        shape[axis] = size
        array.resize(tuple(shape))


def _chunk_files(array: zarr.Array[Any], piece: Piece, runs_per_chunk: int) -> list[str]:
    """Names of the chunk files of a piece in one array."""
    index = (piece.index, piece.start // runs_per_chunk)
    if array.ndim == 2:
        return [array.metadata.encode_chunk_key(index)]
    chunks = range(array.cdata_shape[2])
    return [array.metadata.encode_chunk_key((*index, chunk)) for chunk in chunks]
