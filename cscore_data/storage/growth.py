"""How a cube grows: more runs in its arrays, and metadata that say so."""

import json
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.schema import CUBE_VARIABLES
from cscore_data.storage.interface import Folder
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
    lines = str(attrs.get("history", "")).splitlines()
    attrs["history"] = "\n".join([*lines, history])
    documents = array_documents(store, list(group.array_keys()))
    attrs["metadata_digest"] = metadata_digest(attrs, documents, dataset)
    store.write(ROOT, as_bytes(root_document(attrs, documents)))


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
