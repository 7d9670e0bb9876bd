"""Whether the metadata of a cube contradict each other: its root repeats those of its arrays."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import xarray as xr

from cscore_data.errors import StoreError
from cscore_data.storage.interface import Folder, store_errors
from cscore_data.storage.metadata import ROOT, consolidated_documents, is_as_sealed, read_root


def require_consistent(store: Folder, dataset: xr.Dataset) -> None:
    """Raise `StoreError` if the root says something else of an array than the array itself does.

    Readers go by the root alone: altered, it would leave out runs, or scale margins otherwise,
    without a word. Reads one small file for each array.

    Parameters
    ----------
    store : Folder
    dataset : xarray.Dataset
        The cube.
    """
    root = _parsed(read_root(store))
    consolidated = consolidated_documents(root)
    stored = {}
    for name in consolidated:
        # What is not there, after a partial copy or in Zarr format 2, contradicts nothing.
        with store_errors(store.path, "read"), suppress(FileNotFoundError, NotADirectoryError):
            stored[name] = _parsed(store.read(f"{name}/{ROOT}"))
    differing = [name for name, document in stored.items() if document != consolidated[name]]
    if not differing:
        return
    if is_unfinished_extension(consolidated, stored):
        # Fewer runs in the root may be an interrupted extension, and then its digest fits.
        attrs = root["attributes"]
        if "metadata_digest" not in attrs or is_as_sealed(attrs, consolidated, dataset):
            return
    raise StoreError(
        f"{store.path}: {ROOT} and {differing[0]}/{ROOT} do not say the same of {differing[0]}; "
        "one of them was changed after the cube was made: take both from a copy, or train the cube "
        "again"
    )


def is_unfinished_extension(consolidated: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Whether arrays have more runs than the consolidated metadata say, and nothing else."""
    differs = False
    for name, document in stored.items():
        expected = dict(consolidated.get(name, {}))
        if document == expected:
            continue
        differs = True
        dims = document.get("dimension_names") or []
        if "run" not in dims or not expected:
            return False
        axis = dims.index("run")
        if document["shape"][axis] <= expected["shape"][axis]:
            return False
        shape = list(expected["shape"])
        shape[axis] = document["shape"][axis]
        if document != {**expected, "shape": shape}:
            return False
    return differs


def metadata_remark(store: Folder, dataset: xr.Dataset) -> str:
    """What to say if attributes, labels or the like are not what was written; else nothing.

    People add attributes to their cubes, and store parts of them elsewhere: that is no fault.
    """
    root = _parsed(read_root(store))
    attrs = root.get("attributes", {})
    documents = consolidated_documents(root)
    if "metadata_digest" not in attrs or not documents or is_as_sealed(attrs, documents, dataset):
        return ""
    return (
        "note: attributes, labels or other coordinates of this cube were changed after it was made "
        "(metadata_digest)"
    )


def _parsed(content: bytes) -> dict[str, Any]:
    """A metadata document; empty if it is none."""
    with suppress(ValueError):
        document = json.loads(content)
        if isinstance(document, dict):
            return document
    return {}
