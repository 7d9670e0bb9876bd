"""Cubes on disk or behind a URL: create, extend, open, pending pieces; `writer` fills them.

A cube is a Zarr v3 store, created whole and filled piece by piece. Its consolidated metadata, one file that is replaced
in one step, says what shape the store has; `done`, written last, says which runs it holds. Every chunk ends with a
CRC32C of its bytes, which every reader checks.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from cscore_data import places
from cscore_data.errors import IncompleteCubeError, InvalidInputError, StoreError
from cscore_data.schema import CUBE_VARIABLES, EXAMPLES_PER_CHUNK, validate_cube

#: 1.1 to 1.5 bits a cell for `correct` and `held_out` together; zarr's default codec needs 1.75 to 2.4.
_BOOLEAN_CODECS = (BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=1), Crc32cCodec())
_OTHER_CODECS = (ZstdCodec(), Crc32cCodec())

#: The file that makes a folder a store: metadata of the group and, consolidated, of all its arrays.
ROOT = "zarr.json"


@dataclass(frozen=True)
class Piece:
    """The unit of work and of writing: one ratio × up to ``runs_per_chunk`` runs × all examples; whole chunks.

    Attributes
    ----------
    ratio : int
        Index of the ratio.
    start, stop : int
        Runs of the piece.
    pending : tuple of int
        Those of them that are not done.
    """

    ratio: int
    start: int
    stop: int
    pending: tuple[int, ...]


def create_cube(path: str | Path, template: xr.Dataset, *, overwrite: bool = False) -> None:
    """Create an empty cube: all at once or not at all.

    Parameters
    ----------
    path : path
        Must not exist yet, or be an empty folder, or with `overwrite` a cube.
    template : xarray.Dataset
        From `schema.cube_template`; its chunks become the store's.

    Raises
    ------
    StoreError
        If something is there already, or the place cannot be written.
    """
    if overwrite:
        if not is_free(path):
            open_cube(path)  # Only a cube may be thrown away.
    elif (others := set(places.names(path)) - set(template.variables)) or (places.exists(path) and not is_free(path)):
        raise StoreError(
            f"{path}: exists already ({', '.join(sorted(others)[:3])}); choose another path, or overwrite it"
        )
    write_store(path, validate_cube(template), sealed=True)


def is_free(path: str | Path) -> bool:
    """Whether a store can be made there: there is nothing, or an empty folder, or an object store's unfinished cube."""
    if places.is_remote(path):
        return ROOT not in places.names(path)
    return not places.exists(path) or places.is_empty_folder(path)


def write_store(path: str | Path, dataset: xr.Dataset, *, sealed: bool = False) -> None:
    """Write `dataset` as a Zarr v3 store that appears at `path` whole, replacing what is there.

    Of lazy variables, whose chunks become the store's, only the metadata is written.

    Parameters
    ----------
    sealed : bool
        Give it the attribute `metadata_digest`.

    Raises
    ------
    StoreError
        If the place cannot be written.
    """
    encoding = {str(name): _encoding(variable) for name, variable in dataset.variables.items()}
    buffers: dict[str, Buffer] = {}
    dataset.to_zarr(MemoryStore(buffers), zarr_format=3, consolidated=False, encoding=encoding, compute=False)
    files = {name: buffer.to_bytes() for name, buffer in buffers.items()}
    documents = {name: json.loads(files[f"{name}/zarr.json"]) for name in map(str, dataset.variables)}
    attrs = json.loads(files[ROOT])["attributes"]
    if sealed:
        attrs["metadata_digest"] = metadata_digest(attrs, documents, dataset)
    files[ROOT] = _as_bytes(root_document(attrs, documents))
    with places.errors(path, "written"):
        places.write_folder(path, files, last=ROOT)


def root_document(attrs: Mapping[str, Any], documents: Mapping[str, Any]) -> dict[str, Any]:
    """What a store's own ``zarr.json`` says, given its attributes and what those of its arrays say."""
    consolidated = {"kind": "inline", "must_understand": False, "metadata": dict(sorted(documents.items()))}
    return {
        "attributes": dict(attrs),
        "zarr_format": 3,
        "consolidated_metadata": consolidated,
        "node_type": "group",
    }


def metadata_digest(attrs: Mapping[str, Any], documents: Mapping[str, Any], dataset: xr.Dataset) -> str:
    """SHA-256 of everything in a store that is no result: attributes, arrays' metadata, and values of coordinates."""
    attrs = {name: value for name, value in attrs.items() if name != "metadata_digest"}
    sha = hashlib.sha256(json.dumps([attrs, documents], sort_keys=True).encode())
    for name in sorted(set(map(str, dataset.coords)) - {"run"}):  # `run` grows, and is 0, 1, …
        sha.update("\0".join(map(str, [name, *dataset[name].values.tolist()])).encode())
    return sha.hexdigest()


def open_cube(path: str | Path) -> xr.Dataset:
    """Open a cube lazily, with the chunks that it has on disk.

    Returns
    -------
    xarray.Dataset
        `correct`, `held_out` bool (ratio, run, example) and `done` bool (ratio, run), all lazy, with their coordinates.

    Raises
    ------
    StoreError
        If there is nothing that can be read, or what is there is no cube of this schema version.
    """
    cube = open_store(path)
    try:
        return validate_cube(cube)
    except InvalidInputError as error:
        raise StoreError(f"{path}: {error}") from error


def open_store(path: str | Path) -> xr.Dataset:
    """Open any Zarr store lazily; a cube or scores.

    Raises
    ------
    StoreError
        If there is nothing that can be read.
    """
    if not places.exists(path):
        raise StoreError(f"{path}: no such store")
    try:
        with places.errors(path, "read"):
            files = places.open_files(path)
            consolidated = zarr.open_group(files, mode="r").metadata.consolidated_metadata is not None
            dataset: xr.Dataset = xr.open_zarr(files, chunks={}, consolidated=consolidated)
            return dataset
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        cause = error.__cause__ or error
        reason = " ".join(str(cause).split())
        raise StoreError(f"{path}: not a readable Zarr store ({type(cause).__name__}: {reason})") from error


def reopen_cube(path: str | Path, *, runs: int, history: str) -> None:
    """Prepare a cube for another session: room for `runs` runs, those that are there stay; one more line of history.

    Interrupted, it leaves the cube as it was: the new shape counts from the moment the consolidated metadata names it.
    No other process may do the same at the same time.

    Raises
    ------
    StoreError
        If the store cannot be written.
    """
    with places.errors(path, "written"):
        places.sweep_orphans(path)
        group = zarr.open_group(places.open_files(path, fsync=True), mode="r+", use_consolidated=False)
        for name in (*(name for name in CUBE_VARIABLES if name in group), "run"):
            array = array_of(group, name)
            axis = 0 if name == "run" else 1
            if array.shape[axis] != runs:
                array.resize((*array.shape[:axis], runs, *array.shape[axis + 1 :]))
        array_of(group, "run")[:] = np.arange(runs, dtype=np.int32)
        attrs = dict(group.attrs)
        attrs["history"] = "\n".join([*str(attrs.get("history", "")).splitlines(), history])
        documents = {name: json.loads(places.read(path, f"{name}/zarr.json")) for name in group.array_keys()}
        attrs["metadata_digest"] = metadata_digest(attrs, documents, open_cube(path))
        places.write(path, ROOT, _as_bytes(root_document(attrs, documents)))


def pending_pieces(cube: xr.Dataset, part: tuple[int, int] = (1, 1)) -> list[Piece]:
    """The pieces that are not complete, in the order to train them: all ratios of the first runs, then of the next.

    In that order a partial cube has about as many runs at each ratio.

    Parameters
    ----------
    cube : xarray.Dataset
    part : (int, int)
        (K, M): only the K-th of M parts, which hold different pieces, about as many of each ratio.
    """
    done = cube["done"].values
    ratios = len(done)
    number, parts = part
    return [
        Piece(ratio, start, stop, pending)
        for chunk, (start, stop) in enumerate(run_chunks(cube))
        for ratio in range(ratios)
        # Dealt out like cards, beginning each time one ratio further: no part gets the dear ratios alone.
        if (chunk * ratios + (ratio + chunk) % ratios) % parts == number - 1
        if (pending := tuple(int(run) for run in start + np.flatnonzero(~done[ratio, start:stop])))
    ]


def runs_per_chunk(cube: xr.Dataset) -> int:
    """Runs in a piece of this cube."""
    return int(cube["correct"].variable.chunksizes["run"][0])


def require_complete(cube: xr.Dataset) -> None:
    """Raise `IncompleteCubeError`, saying how much is missing, unless every run is done. Reads the ledger only."""
    missing = len(pending_pieces(cube))
    if missing:
        done = cube["done"].values
        raise IncompleteCubeError(
            f"the cube is not complete: {missing} of {len(list(run_chunks(cube))) * len(done)} pieces and "
            f"{np.count_nonzero(~done)} of {done.size} runs are missing; "
            "run train-holdout again with the same flags to finish it, or reduce what is there with --allow-incomplete"
        )


def run_chunks(cube: xr.Dataset) -> Iterator[tuple[int, int]]:
    """First run of each piece and the one behind its last."""
    step, runs = runs_per_chunk(cube), cube.sizes["run"]
    return ((start, min(start + step, runs)) for start in range(0, runs, step))


def array_of(group: zarr.Group, name: str) -> zarr.Array[Any]:
    """The array of this name; `KeyError` if it is none."""
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise KeyError(f"{name} is a group, expected an array")
    return array


def _encoding(variable: xr.Variable) -> dict[str, Any]:
    lazy = isinstance(variable.data, dask.array.Array)
    chunks = variable.data.chunksize if lazy else tuple(min(size, EXAMPLES_PER_CHUNK) for size in variable.shape)
    encoding: dict[str, Any] = {
        "chunks": chunks,
        "compressors": _BOOLEAN_CODECS if variable.dtype.kind == "b" else _OTHER_CODECS,
    }
    if variable.dtype.kind == "f":
        encoding["_FillValue"] = None  # xarray would set one, though nothing is ever missing here but by NaN itself
    return encoding


def _as_bytes(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, indent=2).encode()
