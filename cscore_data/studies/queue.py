"""The pieces that are left of a shard, shared by all processes that fill one cube."""

import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece
from cscore_data.storage.workers import Worker

#: Seconds without progress of others after which their pieces are trained here. If this process has
#: trained some itself, it is twice the time of its slowest one, and at least the second number.
PATIENCE = 600.0
LEAST_PATIENCE = 60.0

#: Seconds between two looks at the pieces of others, and until it is said that they are awaited.
_LOOK = 0.5
_SAID_AFTER = 10.0

log = logging.getLogger(__name__)


class PieceQueue:
    """Hands out the pending pieces of a shard that no other live process has taken.

    Results are a function of (seed, ratio, run), so a piece that two processes train by mistake
    costs time, nothing else.

    Parameters
    ----------
    cube : Cube
    worker : Worker
        This process among those that fill the cube.
    pieces : sequence of Piece
        Those that were pending a moment ago.
    on_skipped : callable, optional
        Called with each piece that another process has finished.
    """

    def __init__(
        self,
        cube: Cube,
        worker: Worker,
        pieces: Sequence[Piece],
        *,
        on_skipped: Callable[[Piece], Any] | None = None,
    ):
        self._cube = cube
        self._worker = worker
        self._on_skipped = on_skipped
        self._left = list(pieces)
        self._taken: dict[str, float] = {}
        self._slowest = 0.0
        self._others_progressed = time.monotonic()

    def take(self) -> Piece | None:
        """The first piece that is free; None if there is none at the moment."""
        taken_by_others = self._worker.taken_by_others()
        for piece in list(self._left):
            if piece.name in taken_by_others or not self._worker.take(piece.name):
                continue
            current = self._checked(piece)
            if current is not None:
                return current
        return None

    def wait(self) -> Piece | None:
        """The next piece, once other processes are done with it or gone; None if all are done.

        Pieces of others that make no progress for too long are taken from them.
        """
        began = time.monotonic()
        is_said = False
        while self._left:
            piece = self.take()
            if piece is not None:
                return piece
            self._drop_finished()
            if not is_said and time.monotonic() - began > _SAID_AFTER:
                log.warning("waiting for %d pieces that other processes train", len(self._left))
                is_said = True
            idle = time.monotonic() - self._others_progressed
            if self._left and idle > self._patience():
                return self._seize(self._left[0])
            time.sleep(_LOOK * random.uniform(0.5, 1))
        return None

    def finish(self, piece: Piece) -> None:
        """Give a piece back that is in the cube, or that this process cannot train."""
        seconds = time.monotonic() - self._taken.pop(piece.name)
        self._slowest = max(self._slowest, seconds)
        self._worker.release(piece.name)

    def _seize(self, piece: Piece) -> Piece:
        self._taken[piece.name] = time.monotonic()
        self._worker.take(piece.name, from_others=True)
        self._left.remove(piece)
        return piece

    def _checked(self, piece: Piece) -> Piece | None:
        """A piece that was just taken, as it is in the cube now; None if it is done by now."""
        self._left.remove(piece)
        current = self._cube.still_pending(piece)
        if current is None:
            self._worker.release(piece.name)
            self._skip(piece)
            return None
        self._taken[piece.name] = time.monotonic()
        return current

    def _drop_finished(self) -> None:
        for piece in list(self._left):
            if self._cube.still_pending(piece) is None:
                self._left.remove(piece)
                self._skip(piece)

    def _skip(self, piece: Piece) -> None:
        self._others_progressed = time.monotonic()
        if self._on_skipped is not None:
            self._on_skipped(piece)

    def _patience(self) -> float:
        if not self._slowest:
            return PATIENCE
        return max(LEAST_PATIENCE, 2 * self._slowest)
