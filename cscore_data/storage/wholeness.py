"""Whether a store is whole: files that did not arrive read as if nothing had been written.

Zarr takes a chunk without a file for one that holds fill values only. In a run that is done, or in
a coordinate, that would be wrong numbers without a word. So what reads as nothing is looked at
again: the checksum of the run, or the digest of the metadata, says whether it was written so.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.design.plan import Plan
from cscore_data.errors import StoreError
from cscore_data.schema import CELL_VARIABLES, COORDINATES, CUBE_VARIABLES
from cscore_data.storage.chunk_files import ChunkFile, chunk_file_at, chunk_files
from cscore_data.storage.groups import array_of, cube_arrays, open_group
from cscore_data.storage.interface import Folder
from cscore_data.storage.margins import PREDICTIONS
from cscore_data.storage.metadata import ROOT, consolidated_documents, is_as_sealed
from cscore_data.storage.piece_checks import check_piece, plan_of
from cscore_data.storage.pieces import Piece
from cscore_data.storage.stored_arrays import place_name, remedy

#: Variables besides those of a cube in which missing chunks are told from values.
_CHECKED = {*COORDINATES, "held_out_count"}

#: What a chunk of scores without a file reads as, which no score is: NaN is a value.
LOST = -np.inf


class ReadCheck:
    """Checks blocks of a store that were just read; `stored_arrays.Check`.

    Only blocks that cannot be whole, or in which nothing is set, cost more than a glance.

    Parameters
    ----------
    store : Folder
    dataset : xarray.Dataset
        The store as `xarray.open_zarr` opens it with ``chunks=None``.
    """

    def __init__(self, store: Folder, dataset: xr.Dataset):
        self._store = store
        self._is_cube = is_cube(dataset)
        self._ratios = dataset["ratio"].values if "ratio" in dataset.coords else np.empty(0)
        self._plan = plan_of(dataset) if self._is_cube else None
        self._classes = dataset.sizes.get("class")
        self._examples = dataset.sizes.get("example", 0)
        self._held_out_counts = _held_out_counts(self._plan, self._examples)
        self._fills = {}
        for name, variable in dataset.variables.items():
            self._fills[str(name)] = variable.encoding.get("fill_value")

    def __call__(self, name: str, key: tuple[slice, ...], values: np.ndarray) -> None:
        """Check a block of the variable `name`; see `stored_arrays.Check`."""
        if self._is_cube and name in CUBE_VARIABLES:
            if name in CELL_VARIABLES:
                self._check_cells(name, key, values)
        elif name in _CHECKED or self._fills[name] == LOST:
            self._check_values(name, key, values)

    def _check_cells(self, name: str, key: tuple[slice, ...], values: np.ndarray) -> None:
        """Raise `StoreError` if something is missing of a run that is done, unless it was so."""
        suspicious = self._suspicious_runs(name, key, values)
        if not suspicious.any():
            return
        arrays = cube_arrays(open_group(self._store, mode="r"))
        ratios, runs = key[:2]
        done = np.asarray(arrays["done"][ratios, runs])
        for row, column in np.argwhere(suspicious & done).tolist():
            index = ratios.start + row
            run = runs.start + column
            piece = Piece(float(self._ratios[index]), index, run, run + 1, ())
            verdict = check_piece(arrays, self._plan, piece, classes=self._classes)
            if verdict.faults:
                first, *_ = verdict.faults
                dims = CUBE_VARIABLES[name].dims
                place = place_name(name, dims, key, self._ratios)
                raise StoreError(
                    f"{self._store.path}: {place} is not there, or in part, or was changed "
                    f"({first}); {remedy(self._store.path, is_cube=True)}"
                )

    def _suspicious_runs(self, name: str, key: tuple[slice, ...], values: np.ndarray) -> np.ndarray:
        """Runs that cannot be whole, or in which nothing is set: bool (ratio, run)."""
        if values.dtype.kind != "b":
            # A run that is done has a margin and a prediction of every example.
            missing = self._is_missing(name, values)
            return np.asarray(missing.any(axis=-1))
        suspicious: np.ndarray = np.logical_not(values.any(axis=-1))
        if name == "held_out":
            suspicious |= self._is_of_other_size(key, values)
        return suspicious

    def _is_missing(self, name: str, values: np.ndarray) -> np.ndarray:
        """Whether each margin is missing, or each prediction is missing or no class."""
        kind = values.dtype.kind
        missing: np.ndarray
        if kind == "f":
            missing = np.isnan(values)
        elif kind == "i" and self._classes and name in PREDICTIONS:
            # As unsigned, what is negative is too large.
            unsigned = values.view(f"u{values.dtype.itemsize}")
            missing = unsigned >= self._classes
        else:
            missing = values == self._fills[name]
        return missing

    def _is_of_other_size(self, key: tuple[slice, ...], values: np.ndarray) -> np.ndarray:
        """Runs that held out more or fewer examples than the plan says: bool (ratio, run)."""
        ratios, runs, examples = values.shape
        expected = [self._held_out_counts.get(ratio) for ratio in self._ratios[key[0]]]
        if examples != self._examples or None in expected:
            return np.zeros((ratios, runs), bool)
        # Row by row, which is fifty times as fast as along an axis.
        rows = values.reshape(-1, examples)
        counts = [np.count_nonzero(row) for row in rows]
        found = np.reshape(counts, (ratios, runs))
        differs: np.ndarray = found != np.array(expected)[:, np.newaxis]
        return differs

    def _check_values(self, name: str, key: tuple[slice, ...], values: np.ndarray) -> None:
        """Raise `StoreError` if a block has no file, unless it was written so."""
        fill = self._fills[name]
        if not values.size or not _all_are(values, fill):
            return
        array = array_of(open_group(self._store, mode="r"), name)
        if self._store.has(chunk_file_at(name, array, key)):
            return
        if not self._is_impossible(name, values, fill) and not self._is_unlike_sealed():
            return
        raise StoreError(
            f"{self._store.path}: {name} is not there, or in part; "
            f"{remedy(self._store.path, is_cube=False)}"
        )

    def _is_impossible(self, name: str, values: np.ndarray, fill: Any) -> bool:
        if values.dtype.kind in "iu":
            return fill != 0 or (name in ("run", "example") and values.size > 1)
        return values.dtype.kind == "f"

    def _is_unlike_sealed(self) -> bool:
        """Whether the store has a digest of its coordinates, and this is not that of what is there.

        False where nothing is known.
        """
        try:
            root = json.loads(self._store.read(ROOT))
        except (FileNotFoundError, ValueError):
            return False
        attrs = root.get("attributes", {})
        documents = consolidated_documents(root)
        if "metadata_digest" not in attrs or not documents:
            return False
        raw = xr.open_zarr(self._store.as_zarr(), chunks=None, consolidated=True)
        return not is_as_sealed(attrs, documents, raw)


def _held_out_counts(plan: Plan | None, examples: int) -> dict[float, int]:
    """How many examples each run at a ratio holds out; empty where the plan does not say.

    With groups of copies, the number differs from run to run.
    """
    if plan is None or plan.groups or plan.examples != examples:
        return {}
    counts = {}
    for ratio in plan.ratios:
        counts[ratio] = examples - plan.subset_size(ratio)
    return counts


def is_cube(dataset: xr.Dataset) -> bool:
    """Whether a store looks like a cube."""
    return {"correct", "held_out", "done", "ratio"} <= set(map(str, dataset.variables))


def require_whole(store: Folder, arrays: dict[str, zarr.Array[Any]], dataset: xr.Dataset) -> None:
    """Raise `StoreError` if a file of a coordinate or of a run that is done is not there, or empty.

    Lists the files, once, and reads only what is suspicious: a chunk may rightly have no file if
    nothing in it is set.

    Parameters
    ----------
    store : Folder
    arrays : dict of str to zarr.Array
        In the order of writing.
    dataset : xarray.Dataset
        The cube.
    """
    for name in COORDINATES:
        if name in dataset.coords:
            dataset[name].compute()  # which is checked
    files = store.files()
    if not files:
        return  # a place that cannot be listed
    ratios = dataset["ratio"].values.tolist()
    plan = plan_of(dataset)
    checked = set()
    for file in _suspicious(files, arrays):
        runs = file.runs
        for index in range(file.ratios.start, file.ratios.stop):
            piece = Piece(ratios[index], index, runs.start, runs.stop, ())
            if piece in checked:
                continue
            checked.add(piece)
            verdict = check_piece(arrays, plan, piece)
            if verdict.faults:
                first, *_ = verdict.faults
                raise StoreError(
                    f"{store.path}: {file.name} is not there, or empty ({piece}: {first}); "
                    f"{remedy(store.path, is_cube=True)}"
                )


def _suspicious(files: Mapping[str, int], arrays: dict[str, zarr.Array[Any]]) -> list[ChunkFile]:
    """Chunk files that are not there, or empty, although the ledger has one for their runs."""
    found = []
    for ledger in chunk_files("done", arrays["done"]):
        if ledger.name not in files:
            continue
        for name, array in arrays.items():
            for file in chunk_files(name, array, ledger.ratios, ledger.runs):
                if not files.get(file.name):
                    found.append(file)
    return found


def _all_are(values: np.ndarray, fill: Any) -> bool:
    is_float = values.dtype.kind == "f"
    if is_float and (fill is None or np.isnan(fill)):
        return bool(np.isnan(values).all())
    return bool((values == fill).all())
