"""Runs that come one by one, gathered until a whole piece of a cube can be written."""

from collections.abc import Sequence

import numpy as np

from cscore_data.importers.runs import RunBlock
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece
from cscore_data.storage.writer import CubeWriter

#: Bytes of runs that wait in memory at most; a piece that is written in parts is read and packed
#: again for each part.
_MOST_WAITING = 128 * 2**20


class Gatherer:
    """Writes runs into a cube, as many of a piece as possible at a time.

    Parameters
    ----------
    cube : Cube
    pieces : sequence of Piece
        With the runs that are missing.
    fsync : bool
        As for `CubeWriter`.

    Attributes
    ----------
    written : int
        Number of runs.
    """

    def __init__(self, cube: Cube, pieces: Sequence[Piece], *, fsync: bool):
        self._writer = CubeWriter(cube, fsync=fsync)
        self._pieces = {}
        for piece in pieces:
            self._pieces[piece.index, piece.start // cube.runs_per_chunk] = piece
        self._runs_per_chunk = cube.runs_per_chunk
        self._waiting: dict[tuple[int, int], list[RunBlock]] = {}
        self.written = 0

    def add(self, block: RunBlock, *, is_whole: bool) -> None:
        """Take runs of one piece; `is_whole` means that no others of it follow."""
        if not block.runs:
            return
        key = (block.ratio, block.runs[0] // self._runs_per_chunk)
        waiting = self._waiting.setdefault(key, [])
        waiting.append(block)
        runs = sum(len(one.runs) for one in waiting)
        if is_whole or runs == len(self._pieces[key].pending):
            self._write(key)
        elif self._size() > _MOST_WAITING:
            self._write(max(self._waiting, key=lambda one: len(self._waiting[one])))

    def flush(self) -> None:
        """Write all that waits."""
        for key in list(self._waiting):
            self._write(key)

    def _size(self) -> int:
        """Bytes that wait."""
        size = 0
        for blocks in self._waiting.values():
            for block in blocks:
                size += sum(values.nbytes for values in block.rows.values())
        return size

    def _write(self, key: tuple[int, int]) -> None:
        # What cannot be written is not tried again by `flush`.
        blocks = self._waiting.pop(key)
        rows = blocks[0].rows
        runs = blocks[0].runs
        if len(blocks) > 1:
            # In a stream, runs come in any order; a piece has them in ascending order.
            blocks.sort(key=lambda block: block.runs)
            runs = tuple(run for block in blocks for run in block.runs)
            rows = {name: np.concatenate([block.rows[name] for block in blocks]) for name in rows}
        whole = self._pieces[key]
        piece = Piece(whole.ratio, whole.index, whole.start, whole.stop, runs)
        self._writer.write(piece, valid=np.ones(len(runs), bool), **rows)
        self.written += len(runs)
