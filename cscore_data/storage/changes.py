"""How a stored cube changes: room for more runs, or pieces that are cleared."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.errors import StoreError
from cscore_data.storage.chunk_files import ChunkFile, chunk_files
from cscore_data.storage.groups import array_of, open_group
from cscore_data.storage.interface import Folder
from cscore_data.storage.metadata import (
    ROOT,
    array_documents,
    as_bytes,
    consolidated_documents,
    is_as_sealed,
    metadata_digest,
    read_root,
    root_document,
)
from cscore_data.storage.pieces import Piece
from cscore_data.storage.stored_arrays import remedy

#: Attributes that change while a cube is filled and extended.
_CHANGING = {"history", "metadata_digest"}


class ChangedError(Exception):
    """Another process has changed the cube meanwhile."""


def extend_store(
    store: Folder,
    dataset: xr.Dataset,
    runs: int,
    history: str,
    require_unchanged: Callable[[], Any],
) -> None:
    """Make room for `runs` runs in the cube in a folder, and add a line of history.

    The new shape counts from the moment at which the consolidated metadata has it, with the last
    write. What is interrupted before that is repeated by another call. Variables that users have
    added along `run` get as many runs as all others.

    Parameters
    ----------
    store : Folder
    dataset : xarray.Dataset
        The cube as it is.
    runs : int
        At least as many as there are.
    history : str
        The line; with an empty one, none is added.
    require_unchanged : callable
        Called before each write; raises `ChangedError` if the cube is not what it was.
    """
    # What does not match its digest now must not match another one afterwards.
    root = json.loads(store.read(ROOT))
    documents = consolidated_documents(root)
    group = open_group(store, mode="r+", fsync=True, consolidated=False)
    arrays = dict(group.arrays())
    sealed = documents or array_documents(store, arrays)
    was_sealed = is_as_sealed(root["attributes"], sealed, dataset)

    # The arrays, one by one.
    for array in arrays.values():
        dims = _dims(array)
        if "run" in dims:
            require_unchanged()
            _resize(array, axis=dims.index("run"), size=runs)
    require_unchanged()
    array_of(group, "run")[:] = np.arange(runs, dtype=np.int32)

    # The metadata of all of them, in one file.
    attrs = dict(root["attributes"])
    if history:
        lines = str(attrs.get("history", "")).splitlines()
        attrs["history"] = "\n".join([*lines, history])
    documents |= array_documents(store, arrays)
    if was_sealed:
        attrs["metadata_digest"] = metadata_digest(attrs, documents, dataset)
    require_unchanged()
    store.write(ROOT, as_bytes(root_document(attrs, documents)))


def clear_pieces(
    store: Folder, arrays: dict[str, zarr.Array[Any]], pieces: Iterable[Piece]
) -> None:
    """Remove what is stored of pieces, their ledger first.

    Parameters
    ----------
    store : Folder
    arrays : dict of str to zarr.Array
        In the order of writing, open for writing.
    pieces : iterable of Piece

    Raises
    ------
    StoreError
        If a chunk that also holds other runs cannot be read.
    """
    cleared = np.zeros(arrays["done"].shape, bool)
    for piece in pieces:
        cleared[piece.index, piece.start : piece.stop] = True
    for name, array in reversed(arrays.items()):
        for file in chunk_files(name, array):
            inside = cleared[file.ratios, file.runs]
            if inside.all():
                store.remove(file.name)
            elif inside.any():
                _clear_rows(store, array, file, inside)


def read_root_of_same(store: Folder, old: bytes) -> bytes:
    """The ``zarr.json`` of the cube that had the content `old` before.

    Raises
    ------
    StoreError
        If the cube is gone, or another one is in its place.
    """
    root = read_root(store)
    if root == old:
        return root
    if not root:
        raise StoreError(
            f"{store.path}: was removed while it was being written; remove what is left of it, if "
            "anything, and run the same command again"
        )
    if not is_same_cube(root, old):
        raise StoreError(
            f"{store.path}: was replaced by another cube while this one was being written; nothing "
            "more is written to it"
        )
    return root


def is_same_cube(new: bytes, old: bytes) -> bool:
    """Whether two contents of ``zarr.json`` are of one cube, which may have grown meanwhile."""
    try:
        new_attrs, new_history = _split(new)
        old_attrs, old_history = _split(old)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    if old_history and old_history[:1] != new_history[:1]:
        return False  # the first line says when and how it was created
    return new_attrs == old_attrs


def _split(root: bytes) -> tuple[dict[str, Any], list[str]]:
    """Attributes that never change, and the lines of the history."""
    attrs = json.loads(root)["attributes"]
    history = str(attrs.get("history", "")).splitlines()
    constant = {name: value for name, value in attrs.items() if name not in _CHANGING}
    return constant, history


def _dims(array: zarr.Array[Any]) -> tuple[str | None, ...]:
    """Names of the dims of an array, where it has any."""
    return tuple(getattr(array.metadata, "dimension_names", None) or ())


def _resize(array: zarr.Array[Any], *, axis: int, size: int) -> None:
    shape = list(array.shape)
    if shape[axis] != size:
        shape[axis] = size
        array.resize(tuple(shape))


def _clear_rows(
    store: Folder, array: zarr.Array[Any], file: ChunkFile, cleared: np.ndarray
) -> None:
    """Clear some of the runs of a chunk file, which stays."""
    try:
        block = np.array(array[file.ratios, file.runs])
    except Exception as error:  # a damaged chunk raises whatever its codec likes
        raise StoreError(
            f"{store.path}: {file.name} also holds runs that are not to be cleared, and cannot be "
            f"read; {remedy(store.path, is_cube=True)}"
        ) from error
    block[cleared] = array.fill_value
    array[file.ratios, file.runs] = block
