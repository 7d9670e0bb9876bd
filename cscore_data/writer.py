"""Runs into a cube: `correct` and `held_out`, then their checksum, and only then the ledger."""

from pathlib import Path

import numpy as np
import zarr

from cscore_data import places
from cscore_data.errors import InvalidInputError
from cscore_data.schema import CUBE_VARIABLES, run_digest
from cscore_data.store import ROOT, Piece, array_of, open_cube, run_chunks


class CubeWriter:
    """Writes runs into an existing cube; several may write to one store if no two write the same piece.

    Parameters
    ----------
    path : path or URL
        A cube.
    fsync : bool
        What is written is on the disk itself before the ledger says so: nothing is lost in a power cut.

    Raises
    ------
    StoreError
        If it is no cube or cannot be opened for writing.
    """

    def __init__(self, path: str | Path, *, fsync: bool = True):
        self._path = path
        self._cube = open_cube(path)
        with places.errors(path, "written"):
            group = zarr.open_group(places.open_files(path, fsync=fsync), mode="r+", use_consolidated=True)
        self._arrays = {name: array_of(group, name) for name in CUBE_VARIABLES if name in group}
        self._ratios = self._cube["ratio"].values

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
        start, stop = next(chunk for chunk in run_chunks(self._cube) if chunk[0] <= run < chunk[1])
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
        digest = [
            run_digest(self._ratios[piece.ratio], run, *arrays)
            for run, *arrays in zip(piece.pending, correct, held_out, strict=True)
        ]
        new = {
            "correct": correct & valid[:, None],
            "held_out": held_out & valid[:, None],
            "digest": np.where(valid, np.array(digest, np.uint64), np.uint64(0)),
            "done": valid,
        }
        self._check_there()  # zarr would make the folders again, and fill a store that nobody can open
        try:
            with places.errors(self._path, "written"):
                for name, array in self._arrays.items():  # in the order of `CUBE_VARIABLES`
                    block = new[name]
                    if len(rows) < piece.stop - piece.start:  # Runs of this piece that are done stay as they are.
                        block = np.array(array[region])
                        block[rows] = new[name]
                    array[region] = block
        finally:
            self._check_there()  # which explains any error better

    def _check_there(self) -> None:
        if ROOT not in places.names(self._path):
            raise places.gone(self._path)
