"""Runs into a cube: the outcomes, then their checksum, and only then the ledger."""

from pathlib import Path

import numpy as np

from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.storage.cube import Cube
from cscore_data.storage.interface import store_errors
from cscore_data.storage.pieces import Piece
from cscore_data.storage.run_rows import one_run, rows_digests, stored_rows
from cscore_data.storage.stored_arrays import damage

#: How often a piece is written at most, if another process keeps changing it meanwhile.
_ATTEMPTS = 10


class CubeWriter:
    """Writes runs into a cube.

    Several processes may write to one cube. After writing, each reads its rows back; if two have
    written the same piece and their parts are mixed, it writes its own again.

    Parameters
    ----------
    cube : Cube, path or URL
    fsync : bool
        What is written is on the disk before the ledger says so: a power cut loses nothing.

    Raises
    ------
    StoreError
        If it is not a cube or cannot be opened for writing.

    Examples
    --------
    >>> import numpy as np
    >>> from cscore_data import create_cube, cube_template, open_cube
    >>> template = cube_template([0.5], 4, np.array([0, 1, 1]), runs_per_chunk=2)
    >>> create_cube("memory://examples/written.zarr", template, overwrite=True)
    >>> writer = CubeWriter("memory://examples/written.zarr")
    >>> held_out = np.array([True, False, True])
    >>> writer.write_run(0.5, 2, correct=np.array([True, True, False]), held_out=held_out)
    >>> open_cube("memory://examples/written.zarr")["done"].values
    array([[False, False,  True, False]])
    """

    def __init__(self, cube: Cube | str | Path, *, fsync: bool = True):
        self.cube = cube if isinstance(cube, Cube) else Cube.open(cube)
        self._fsync = fsync
        self._open()

    def __repr__(self) -> str:
        sizes = [f"{name}: {size}" for name, size in self.cube.dataset.sizes.items()]
        return f"<CubeWriter of {self.cube.path} ({', '.join(sizes)})>"

    def _open(self) -> None:
        self._arrays = self.cube.arrays(mode="r+", fsync=self._fsync)

    def write(
        self,
        piece: Piece,
        correct: np.ndarray,
        held_out: np.ndarray,
        valid: np.ndarray,
        margin: np.ndarray | None = None,
        prediction: np.ndarray | None = None,
        test_correct: np.ndarray | None = None,
        test_margin: np.ndarray | None = None,
        test_prediction: np.ndarray | None = None,
    ) -> None:
        """Write the pending runs of a piece, the ledger last, and read them back.

        Parameters
        ----------
        piece : Piece
        correct, held_out : bool (run, example)
            One row for each of ``piece.pending``.
        valid : bool (run,)
            Runs that count; the others are left out of the cube and stay pending.
        margin : float (run, example)
            Only for a cube that records margins, as `prediction`.
        prediction : int (run, example)
            Index into the cube's coordinate `class`.
        test_correct, test_margin, test_prediction : (run, test_example)
            The same of test examples; only for a cube that has them.

        Raises
        ------
        InvalidInputError
            If the cube records something that is not given, or the other way round, or a value is
            not possible.
        StoreError
            If the store cannot be written, is gone, or is another one by now.
        """
        given = {
            "correct": correct,
            "held_out": held_out,
            "margin": margin,
            "prediction": prediction,
            "test_correct": test_correct,
            "test_margin": test_margin,
            "test_prediction": test_prediction,
        }
        rows = stored_rows(self.cube.dataset, self._arrays, given, valid)
        rows["digest"] = np.where(valid, rows_digests(piece, rows), np.uint64(0))
        rows["done"] = valid
        for _ in range(_ATTEMPTS):
            self._follow_changes(piece)
            try:
                with store_errors(self.cube.path, "written"):
                    self._write_rows(piece, rows)
            finally:
                self._follow_changes(piece)  # says best what has happened
            if self._is_whole(piece, rows):
                return
        raise StoreError(
            f"{self.cube.path}: {piece} were not read back as they were written; look "
            "for a faulty disk, or another process that writes the same runs"
        )

    def write_run(
        self,
        ratio: float,
        run: int,
        *,
        correct: np.ndarray,
        held_out: np.ndarray,
        margin: np.ndarray | None = None,
        prediction: np.ndarray | None = None,
        test_correct: np.ndarray | None = None,
        test_margin: np.ndarray | None = None,
        test_prediction: np.ndarray | None = None,
    ) -> None:
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
        margin : float (example,)
            log p/(1-p) of the label's probability p, from `margin_of`; only for a cube that records
            margins, as `prediction`.
        prediction : int (example,)
            The class that the model gives, as an index into the cube's coordinate `class`.
        test_correct, test_margin, test_prediction : (test_example,)
            The same of test examples; only for a cube that has them.

        Raises
        ------
        InvalidInputError
            If the cube has no such ratio or run, an array is of another dtype or shape or has
            impossible values, or `prediction` and `correct` contradict each other.
        StoreError
            If the store cannot be written.
        """
        index = self._place_of("ratio", ratio)
        run = self._place_of("run", run)
        given = {
            "correct": correct,
            "held_out": held_out,
            "margin": margin,
            "prediction": prediction,
            "test_correct": test_correct,
            "test_margin": test_margin,
            "test_prediction": test_prediction,
        }
        rows = one_run(self.cube.dataset, self._arrays, given)
        step = self.cube.runs_per_chunk
        start = run // step * step
        stop = min(start + step, self.cube.dataset.sizes["run"])
        piece = Piece(float(ratio), index=index, start=start, stop=stop, pending=(run,))
        self.write(piece, valid=np.array([True]), **rows)

    def _place_of(self, name: str, value: float) -> int:
        """The place of a ratio or run among the cube's; `InvalidInputError` if it has none."""
        known = self.cube.dataset[name].values
        places = np.flatnonzero(known == value)
        if places.size != 1:
            shown = ", ".join(f"{one:g}" for one in known)
            if name == "run":
                shown = f"0..{known.size - 1}"
            raise InvalidInputError(f"{name}: found {value}, expected one of the cube's, {shown}")
        return int(places[0])

    def _write_rows(self, piece: Piece, rows: dict[str, np.ndarray]) -> None:
        place = np.asarray(piece.pending) - piece.start
        for name, array in self._arrays.items():
            # By now the last piece may have more runs than when this one was drawn.
            stop = min(piece.start + self.cube.runs_per_chunk, array.shape[1])
            runs = slice(piece.start, stop)
            block = rows[name]
            if len(place) < stop - piece.start:
                # Runs of this piece that are done stay as they are.
                with damage(self.cube.path, f"{name} of {piece}"):
                    block = np.array(array[piece.index, runs])
                block[place] = rows[name]
            array[piece.index, runs] = block

    def _is_whole(self, piece: Piece, rows: dict[str, np.ndarray]) -> bool:
        """Whether the rows on disk belong together: these, or those of another process."""
        place = np.asarray(piece.pending) - piece.start
        runs = slice(piece.start, piece.stop)
        found = {}
        with damage(self.cube.path, str(piece)):
            for name, array in self._arrays.items():
                block = np.asarray(array[piece.index, runs])
                found[name] = block[place]
        # A cube without digests must hold just what was written.
        digests = found.get("digest", rows["digest"])
        is_whole = found["done"] & (digests == rows_digests(piece, found))
        written = rows["done"]
        return bool(is_whole[written].all())

    def _follow_changes(self, piece: Piece) -> None:
        """Open the cube again if it has grown; raise `StoreError` if it is gone or another one."""
        if self.cube.refresh():
            self._open()
        runs = self.cube.dataset.sizes["run"]
        if max(piece.pending, default=0) >= runs:
            raise StoreError(
                f"{self.cube.path}: has only {runs} runs by now, expected run {piece.pending[-1]} "
                "too; look for another process that changes it, and run the same command again"
            )
