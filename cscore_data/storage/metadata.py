"""The metadata of a store as documents, and the digest that seals those of a cube."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import xarray as xr

from cscore_data.errors import StoreError
from cscore_data.schema import COORDINATES, CUBE_VARIABLES
from cscore_data.storage.interface import Folder, store_errors

#: The file that makes a folder a store: metadata of the group and, consolidated, of its arrays.
ROOT = "zarr.json"


def read_root(store: Folder) -> bytes:
    """A store's own ``zarr.json``; empty if there is none.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    with store_errors(store.path, "read"), suppress(FileNotFoundError, NotADirectoryError):
        return store.read(ROOT)
    return b""


def require_format_3(path: str, root: bytes) -> None:
    """Raise `StoreError` unless a store that could be opened has a ``zarr.json``."""
    if not root:
        raise StoreError(
            f"{path}: found a copy in Zarr format 2, which can be read but not written; continue "
            "with the original, or copy it by xarray's to_zarr(…, zarr_format=3)"
        )


def root_document(attrs: Mapping[str, Any], documents: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a store's own ``zarr.json``, with the metadata of all arrays in it.

    Not by `zarr.consolidate_metadata`, which would write it to the store: here it is compared with
    what is there, or written together with everything else in one step.

    Parameters
    ----------
    attrs : mapping
        Attributes of the group.
    documents : mapping
        The content of the ``zarr.json`` of each array, by name.
    """
    consolidated = {
        "kind": "inline",
        "must_understand": False,
        "metadata": dict(sorted(documents.items())),
    }
    return {
        "attributes": dict(attrs),
        "zarr_format": 3,
        "consolidated_metadata": consolidated,
        "node_type": "group",
    }


def metadata_digest(
    attrs: Mapping[str, Any], documents: Mapping[str, Any], dataset: xr.Dataset
) -> str:
    """SHA-256 of all that is not a result: attributes, arrays' metadata, values of coordinates."""
    return _digest(_without(attrs, "coordinates"), documents, dataset)


def is_as_sealed(
    attrs: Mapping[str, Any], documents: Mapping[str, Any], dataset: xr.Dataset
) -> bool:
    """Whether the digest among the attributes is that of what is there; False if there is none.

    Variables that users have added to a cube since do not matter.
    """
    sealed = attrs.get("metadata_digest")
    if sealed is None:
        return False
    # The variables of the format alone.
    known = {*CUBE_VARIABLES, *COORDINATES}
    known_documents = {name: document for name, document in documents.items() if name in known}
    others = set(map(str, dataset.variables)) - known
    known_dataset = dataset.drop_vars(others)

    # xarray has an attribute `coordinates`, which it may drop when it adds a variable. Earlier
    # versions covered it.
    for covered in (_without(attrs, "coordinates"), attrs):
        if sealed == _digest(covered, documents, dataset):
            return True
        if sealed == _digest(covered, known_documents, known_dataset):
            return True
    return False


def _digest(attrs: Mapping[str, Any], documents: Mapping[str, Any], dataset: xr.Dataset) -> str:
    covered = _without(attrs, "metadata_digest")
    text = json.dumps([covered, documents], sort_keys=True)
    sha = hashlib.sha256(text.encode())
    # Not `run`, which grows, and is always 0, 1, …
    names = set(map(str, dataset.coords)) - {"run"}
    for name in sorted(names):
        values = dataset[name].values.tolist()
        words = [name, *map(str, values)]
        sha.update("\0".join(words).encode())
    return sha.hexdigest()


def _without(attrs: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in attrs.items() if other != name}


def array_documents(store_folder: Folder, names: Iterable[str]) -> dict[str, Any]:
    """The content of the ``zarr.json`` of each of these arrays, by name."""
    documents = {}
    for name in names:
        content = store_folder.read(f"{name}/{ROOT}")
        documents[name] = json.loads(content)
    return documents


def consolidated_documents(root: Mapping[str, Any]) -> dict[str, Any]:
    """What a store's own ``zarr.json`` says of its arrays; empty if it is not consolidated."""
    consolidated = root.get("consolidated_metadata") or {}
    return dict(consolidated.get("metadata", {}))


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """A metadata document as it is written."""
    return json.dumps(document, indent=2).encode()
