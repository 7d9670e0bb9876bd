"""Cubes on disk: create, extend, pending pieces, write a piece, open. Nothing else touches a cube's files.

A cube is a Zarr v3 store, created whole and filled piece by piece. Its consolidated metadata, one file that is replaced
in one step, says what shape the store has; `done`, written last, says which runs it holds.
"""

import os
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec
from zarr.errors import ZarrUserWarning

from cscore_data.errors import IncompleteCubeError, InvalidInputError, StoreError
from cscore_data.schema import CUBE_VARIABLES, EXAMPLES_PER_CHUNK, validate_cube

#: 1.1 to 1.5 bits a cell for `correct` and `held_out` together; zarr's default codec needs 1.75 to 2.4.
_CODEC = BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=1)


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
    path = Path(path)
    if overwrite and path.exists():
        open_cube(path)  # Only a cube may be thrown away.
    elif path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise StoreError(f"{path}: exists already; choose another path, or overwrite it")
    write_store(path, validate_cube(template))


def write_store(path: Path, dataset: xr.Dataset) -> None:
    """Write `dataset` as a Zarr v3 store that appears at `path` whole, replacing what is there.

    Of lazy variables, whose chunks become the store's, only the metadata is written.

    Raises
    ------
    StoreError
        If the place cannot be written.
    """
    partial, old = (path.with_name(f".{path.name}.{word}") for word in ("partial", "old"))
    encoding = {str(name): _encoding(variable) for name, variable in dataset.variables.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in (partial, old):
            shutil.rmtree(leftover, ignore_errors=True)
        dataset.to_zarr(partial, mode="w-", zarr_format=3, consolidated=False, encoding=encoding, compute=False)
        _consolidate(partial)
        if path.exists():
            os.rename(path, old)
        os.rename(partial, path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise _cannot_write(path, error) from error


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
    if not Path(path).exists():
        raise StoreError(f"{path}: no such store")
    try:
        consolidated = zarr.open_group(path, mode="r").metadata.consolidated_metadata is not None
        dataset: xr.Dataset = xr.open_zarr(path, chunks={}, consolidated=consolidated)
        return dataset
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise StoreError(f"{path}: not a readable Zarr store ({type(error).__name__}: {reason})") from error


def reopen_cube(path: str | Path, *, runs: int, history: str) -> None:
    """Prepare a cube for another session: room for `runs` runs, those that are there stay; one more line of history.

    Interrupted, it leaves the cube as it was: the new shape counts from the moment the consolidated metadata names it.

    Raises
    ------
    StoreError
        If the store cannot be written.
    """
    try:
        group = zarr.open_group(path, mode="r+", use_consolidated=False)
        for name in (*CUBE_VARIABLES, "run"):
            array = _array(group, name)
            axis = 0 if name == "run" else 1
            array.resize((*array.shape[:axis], runs, *array.shape[axis + 1 :]))
        _array(group, "run")[:] = np.arange(runs, dtype=np.int32)
        group.attrs["history"] = "\n".join([*str(group.attrs.get("history", "")).splitlines(), history])
        _consolidate(path)
    except OSError as error:
        raise _cannot_write(path, error) from error


def pending_pieces(cube: xr.Dataset) -> list[Piece]:
    """The pieces that are not complete, in the order to train them: all ratios of the first runs, then of the next.

    In that order a partial cube has about as many runs at each ratio.
    """
    done = cube["done"].values
    return [
        Piece(ratio, start, stop, pending)
        for start, stop in _run_chunks(cube)
        for ratio in range(len(done))
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
            f"the cube is not complete: {missing} of {len(list(_run_chunks(cube))) * len(done)} pieces and "
            f"{np.count_nonzero(~done)} of {done.size} runs are missing; "
            "run train-holdout again with the same flags to finish it, or reduce what is there with --allow-incomplete"
        )


class CubeWriter:
    """Writes runs into an existing cube; several may write to one store if no two write the same piece.

    Parameters
    ----------
    path : path
        A cube.

    Raises
    ------
    StoreError
        If it is no cube or cannot be opened for writing.
    """

    def __init__(self, path: str | Path):
        self._path = path
        self._cube = open_cube(path)
        try:
            group = zarr.open_group(path, mode="r+", use_consolidated=True)
        except (OSError, ValueError) as error:
            raise StoreError(f"{path}: cannot be opened for writing ({error})") from error
        self._arrays = {name: _array(group, name) for name in CUBE_VARIABLES}

    def write_run(self, ratio: float, run: int, *, correct: np.ndarray, held_out: np.ndarray) -> None:
        """Write one run, trained by whatever means, over what is there.

        Parameters
        ----------
        ratio : float
            One of the cube's ratios.
        run : int
            One of the cube's runs.
        correct : bool (example,)
            The trained model classifies the example correctly, trained-on examples too.
        held_out : bool (example,)
            The example was not in the training subset.

        Raises
        ------
        InvalidInputError
            If the cube has no such ratio or run, or an array is not bool (example,).
        StoreError
            If the store cannot be written.
        """
        ratios, runs, examples = (self._cube[dim].values for dim in ("ratio", "run", "example"))
        for name, value, known in (("ratio", ratio, ratios), ("run", run, runs)):
            if value not in known:
                raise InvalidInputError(f"{name}: found {value}, expected one of the cube's {known.tolist()}")
        for name, array in (("correct", correct), ("held_out", held_out)):
            if array.dtype != bool or array.shape != examples.shape:
                raise InvalidInputError(
                    f"{name}: found {array.dtype} {array.shape}, expected bool {examples.shape}, one value an example"
                )
        start, stop = next(chunk for chunk in _run_chunks(self._cube) if chunk[0] <= run < chunk[1])
        piece = Piece(int(np.flatnonzero(ratios == ratio)[0]), start, stop, (int(run),))
        self.write(piece, correct[None], held_out[None], np.array([True]))

    def write(self, piece: Piece, correct: np.ndarray, held_out: np.ndarray, valid: np.ndarray) -> None:
        """Write the pending runs of a piece, the ledger last.

        Parameters
        ----------
        piece : Piece
        correct, held_out : bool (run, example)
            One row for each of ``piece.pending``.
        valid : bool (run,)
            Runs that count; the others are left out of the cube and stay pending.

        Raises
        ------
        StoreError
            If the store cannot be written: disk full, no permission.
        """
        rows = np.asarray(piece.pending) - piece.start
        region = (piece.ratio, slice(piece.start, piece.stop))
        new = {"correct": correct & valid[:, None], "held_out": held_out & valid[:, None], "done": valid}
        try:
            for name in CUBE_VARIABLES:  # in this order
                array = self._arrays[name]
                block = np.array(array[region])  # Runs of this piece that are done already stay as they are.
                block[rows] = new[name]
                array[region] = block
        except OSError as error:
            raise _cannot_write(self._path, error) from error


def _run_chunks(cube: xr.Dataset) -> Iterator[tuple[int, int]]:
    step, runs = runs_per_chunk(cube), cube.sizes["run"]
    return ((start, min(start + step, runs)) for start in range(0, runs, step))


def _cannot_write(path: str | Path, error: OSError) -> StoreError:
    return StoreError(f"{path}: cannot be written ({error.strerror or error}); mend that or choose another place")


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise KeyError(f"{name} is a group, expected an array")
    return array


def _encoding(variable: xr.Variable) -> dict[str, Any]:
    lazy = isinstance(variable.data, dask.array.Array)
    chunks = variable.data.chunksize if lazy else tuple(min(size, EXAMPLES_PER_CHUNK) for size in variable.shape)
    encoding: dict[str, Any] = {"chunks": chunks}
    if variable.dtype.kind == "b":
        encoding["compressors"] = [_CODEC]
    if variable.dtype.kind == "f":
        encoding["_FillValue"] = None  # xarray would set one, though nothing is ever missing here but by NaN itself
    return encoding


def _consolidate(path: str | Path) -> None:
    with warnings.catch_warnings():
        # Consolidated metadata is not in the Zarr v3 specification yet; without it xarray warns at every opening.
        warnings.filterwarnings("ignore", "Consolidated metadata is currently", ZarrUserWarning)
        warnings.filterwarnings("ignore", "Consolidated metadata is currently", UserWarning)
        zarr.consolidate_metadata(path)
