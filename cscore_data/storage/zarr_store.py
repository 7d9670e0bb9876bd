"""Any Zarr store of the package, a cube or scores: opened lazily, written all at once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec
from zarr.storage import MemoryStore

from cscore_data.errors import CscoreDataError, InvalidInputError, StoreError, reason
from cscore_data.schema import (
    COORDINATES,
    CUBE_VARIABLES,
    EXAMPLES_PER_CHUNK,
    MARGIN_MISSING,
    MARGIN_STEP,
    PREDICTION_MISSING,
)
from cscore_data.storage.folder import as_folder
from cscore_data.storage.groups import array_of, open_group, require_sensible
from cscore_data.storage.interface import Folder, is_of_place, store_errors
from cscore_data.storage.margins import MARGINS, PREDICTIONS
from cscore_data.storage.metadata import ROOT, as_bytes, metadata_digest, root_document
from cscore_data.storage.stored_arrays import checked_dataset, remedy
from cscore_data.storage.wholeness import LOST, ReadCheck, is_cube

#: 1.1 to 1.5 bits per cell for `correct` and `held_out` together; the default codec needs 1.75 to
#: 2.4. Every chunk ends with a CRC32C of its bytes, which every reader checks.
_OTHER_CODECS = (ZstdCodec(), Crc32cCodec())


def open_store(
    place: str | Path | Folder, *, mask_and_scale: bool | dict[str, bool] = True
) -> xr.Dataset:
    """Open a Zarr store lazily, with the chunks that it has on disk.

    Parameters
    ----------
    place : path, URL or Folder
    mask_and_scale : bool or dict of str to bool
        Whether packed variables are decoded, as in `xarray.open_zarr`.

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
            require_sensible(group)
            consolidated = group.metadata.consolidated_metadata is not None
            with _unreadable_index_named(group):
                dataset: xr.Dataset = xr.open_zarr(
                    store_folder.as_zarr(),
                    chunks=None,
                    consolidated=consolidated,
                    mask_and_scale=mask_and_scale,
                )
    except Exception as error:  # what zarr, xarray and codecs raise for something else is endless
        # `store_errors` has wrapped what is worth knowing.
        cause = error.__cause__ if isinstance(error, StoreError) else None
        raise StoreError(
            f"{store_folder.path}: not a readable Zarr store ({_explanation(cause or error)}); "
            f"{_what_to_do(store_folder.path, cause or error)}"
        ) from error
    # The attribute that says so may be lost when somebody adds a variable.
    names = set(map(str, dataset.data_vars)) & set(COORDINATES)
    dataset = dataset.set_coords(sorted(names))
    check = ReadCheck(store_folder, dataset)
    return checked_dataset(dataset, store_folder.path, check, is_cube=is_cube(dataset))


def _explanation(error: BaseException) -> str:
    if isinstance(error, CscoreDataError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return f"no {ROOT} is there"
    return f"{type(error).__name__}: {reason(error)}"


def _what_to_do(path: str, error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return f"give a folder with a {ROOT}, or copy it again from where it is whole"
    if isinstance(error, Exception) and is_of_place(error):
        return "fix that and run the same command again"
    return remedy(path, is_cube=False)


@contextmanager
def _unreadable_index_named(group: zarr.Group) -> Iterator[None]:
    """If a store cannot be opened, read again what xarray reads at once, to name what it is."""
    try:
        yield
    except Exception:
        for name in COORDINATES:
            try:
                if name in group:
                    array_of(group, name)[:]
            except Exception as error:  # a damaged chunk raises whatever its codec likes
                if is_of_place(error):
                    raise
                raise InvalidInputError(f"{name} cannot be read ({reason(error)})") from error
        raise


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
        content = files[f"{name}/{ROOT}"]
        documents[name] = json.loads(content)
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


def _files(dataset: xr.Dataset) -> dict[str, bytes]:
    """The files of a store of `dataset`, in memory."""
    encoding = {}
    for key, variable in dataset.variables.items():
        name = str(key)
        encoding[name] = _encoding(name, variable)
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
    if is_of_cube and name in MARGINS:
        # Plain xarray decodes this, by the CF conventions.
        packed = {"dtype": "int8", "scale_factor": MARGIN_STEP, "_FillValue": MARGIN_MISSING}
        encoding |= {**packed, "fill_value": MARGIN_MISSING, "compressors": _cell_codecs(1)}
    elif is_of_cube and name in PREDICTIONS:
        width = variable.dtype.itemsize
        encoding |= {"fill_value": PREDICTION_MISSING, "compressors": _cell_codecs(width)}
    elif variable.dtype.kind == "f":
        # xarray would set a fill value, though nothing is missing here except by NaN itself.
        encoding["_FillValue"] = None
        if name not in COORDINATES:
            encoding["fill_value"] = LOST
    elif variable.dtype.kind in "iu" and name in {*COORDINATES, "held_out_count"}:
        # No value that there could be: a chunk that is lost is told from one that holds zeros.
        missing = -1 if variable.dtype.kind == "i" else np.iinfo(variable.dtype).max
        encoding["fill_value"] = missing
    return encoding


def _cell_codecs(width: int) -> tuple[BloscCodec, Crc32cCodec]:
    """Codecs of the variables with a value per cell, of so many bytes."""
    blosc = BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=width)
    return blosc, Crc32cCodec()
