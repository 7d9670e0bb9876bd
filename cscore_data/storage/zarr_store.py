"""Any Zarr store of the package, a cube or scores: opened lazily, written all at once."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dask.array
import xarray as xr
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec
from zarr.storage import MemoryStore

from cscore_data.errors import StoreError, reason
from cscore_data.schema import (
    CUBE_VARIABLES,
    EXAMPLES_PER_CHUNK,
    MARGIN_MISSING,
    MARGIN_STEP,
    PREDICTION_MISSING,
)
from cscore_data.storage.folder import as_folder
from cscore_data.storage.interface import Folder, store_errors

#: The file that makes a folder a store: metadata of the group and, consolidated, of its arrays.
ROOT = "zarr.json"

#: 1.1 to 1.5 bits per cell for `correct` and `held_out` together; the default codec needs 1.75 to
#: 2.4. Every chunk ends with a CRC32C of its bytes, which every reader checks.
_OTHER_CODECS = (ZstdCodec(), Crc32cCodec())

#: What zarr and xarray raise for something that is not a Zarr store.
_NOT_A_STORE = (OSError, ValueError, KeyError, TypeError, AttributeError)


def open_store(place: str | Path | Folder) -> xr.Dataset:
    """Open a Zarr store lazily, with the chunks that it has on disk.

    Raises
    ------
    StoreError
        If there is nothing that can be read.
    """
    store_folder = as_folder(place)
    if not store_folder.exists():
        raise StoreError(f"{store_folder.path}: no such store")
    try:
        with store_errors(store_folder.path, "read"):
            group = open_group(store_folder, mode="r")
            consolidated = group.metadata.consolidated_metadata is not None
            dataset: xr.Dataset = xr.open_zarr(
                store_folder.as_zarr(), chunks={}, consolidated=consolidated
            )
            return dataset
    except _NOT_A_STORE as error:
        cause = error.__cause__ or error
        raise StoreError(
            f"{store_folder.path}: not a readable Zarr store "
            f"({type(cause).__name__}: {reason(cause)})"
        ) from error


def open_group(
    store_folder: Folder, *, mode: str, fsync: bool = False, consolidated: bool | None = None
) -> zarr.Group:
    """The zarr group in a folder; `mode` is ``r`` or ``r+``, `consolidated` as in zarr."""
    files = store_folder.as_zarr(fsync=fsync)
    return zarr.open_group(files, mode=mode, use_consolidated=consolidated)  # type: ignore[arg-type]


def stored_attrs(place: str | Path | Folder) -> dict[str, Any]:
    """Root attributes of the store in a folder; empty if there is none that can be read."""
    store_folder = as_folder(place)
    try:
        with store_errors(store_folder.path, "read"):
            return dict(json.loads(store_folder.read(ROOT))["attributes"])
    except (StoreError, KeyError, TypeError, ValueError):
        return {}


def write_store(
    place: str | Path | Folder,
    dataset: xr.Dataset,
    *,
    overwrite: bool = False,
    sealed: bool = False,
) -> None:
    """Write `dataset` as a Zarr v3 store that appears whole.

    Parameters
    ----------
    place : path, URL or Folder
    dataset : xarray.Dataset
        Of a lazy variable only the metadata is written; its chunks become the store's.
    overwrite : bool
        Replace what is there.
    sealed : bool
        Add the attribute `metadata_digest`.

    Raises
    ------
    StoreExistsError
        If something is there already that must not be overwritten.
    StoreError
        If the store cannot be written.
    """
    store_folder = as_folder(place)
    files = _files(dataset)
    attrs = json.loads(files[ROOT])["attributes"]
    documents = {}
    for name in map(str, dataset.variables):
        documents[name] = json.loads(files[f"{name}/{ROOT}"])
    if sealed:
        attrs["metadata_digest"] = metadata_digest(attrs, documents, dataset)
    files[ROOT] = as_bytes(root_document(attrs, documents))
    with store_errors(store_folder.path, "written"):
        store_folder.fill(files, last=ROOT, overwrite=overwrite)


def is_free(place: str | Path | Folder) -> bool:
    """Whether nothing is there yet: no folder, an empty one, or a store that was never finished."""
    store_folder = as_folder(place)
    return store_folder.is_free(ROOT)


def is_unfinished(place: str | Path | Folder, names: set[str]) -> bool:
    """Whether all that is there may be left from an interrupted writing of these variables."""
    store_folder = as_folder(place)
    return store_folder.may_replace(names)


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
    covered = {name: value for name, value in attrs.items() if name != "metadata_digest"}
    sha = hashlib.sha256(json.dumps([covered, documents], sort_keys=True).encode())
    # Not `run`, which grows, and is always 0, 1, …
    names = set(map(str, dataset.coords)) - {"run"}
    for name in sorted(names):
        words = [name, *map(str, dataset[name].values.tolist())]
        sha.update("\0".join(words).encode())
    return sha.hexdigest()


def array_documents(store_folder: Folder, names: list[str]) -> dict[str, Any]:
    """The content of the ``zarr.json`` of each of these arrays, by name."""
    return {name: json.loads(store_folder.read(f"{name}/{ROOT}")) for name in names}


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """A metadata document as it is written."""
    return json.dumps(document, indent=2).encode()


def array_of(group: zarr.Group, name: str) -> zarr.Array[Any]:
    """The array of this name; `KeyError` if it is something else."""
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise KeyError(f"{name} is a group, expected an array")
    return array


def _files(dataset: xr.Dataset) -> dict[str, bytes]:
    """The files of a store of `dataset`, in memory."""
    encoding = {}
    for name, variable in dataset.variables.items():
        encoding[str(name)] = _encoding(str(name), variable)
    buffers: dict[str, Any] = {}
    dataset.to_zarr(
        MemoryStore(buffers), zarr_format=3, consolidated=False, encoding=encoding, compute=False
    )
    return {name: buffer.to_bytes() for name, buffer in buffers.items()}


def _encoding(name: str, variable: xr.Variable) -> dict[str, Any]:
    if isinstance(variable.data, dask.array.Array):
        chunks = variable.data.chunksize
    else:
        chunks = tuple(min(size, EXAMPLES_PER_CHUNK) for size in variable.shape)
    compressors = _cell_codecs(1) if variable.dtype.kind == "b" else _OTHER_CODECS
    encoding: dict[str, Any] = {"chunks": chunks, "compressors": compressors}
    is_of_cube = name in CUBE_VARIABLES and variable.dims == CUBE_VARIABLES[name].dims
    if is_of_cube and name == "margin":
        # Plain xarray decodes this, by the CF conventions.
        packed = {"dtype": "int8", "scale_factor": MARGIN_STEP, "_FillValue": MARGIN_MISSING}
        encoding |= {**packed, "fill_value": MARGIN_MISSING, "compressors": _cell_codecs(1)}
    elif is_of_cube and name == "prediction":
        width = variable.dtype.itemsize
        encoding |= {"fill_value": PREDICTION_MISSING, "compressors": _cell_codecs(width)}
    elif variable.dtype.kind == "f":
        # xarray would set a fill value, though nothing is missing here except by NaN itself.
        encoding["_FillValue"] = None
    return encoding


def _cell_codecs(width: int) -> tuple[BloscCodec, Crc32cCodec]:
    """Codecs of the variables with a value per cell, of so many bytes."""
    return BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=width), Crc32cCodec()
