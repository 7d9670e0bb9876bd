"""The resumable loop over a study: take a pending piece, train it, write it."""

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from cscore_data.design.plan import Draw
from cscore_data.errors import DivergedError
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece
from cscore_data.storage.workers import Worker
from cscore_data.storage.writer import CubeWriter
from cscore_data.studies.estimate import model_work, piece_work
from cscore_data.studies.queue import PieceQueue
from cscore_data.studies.study import Study, study_pieces
from cscore_data.studies.trainer import (
    PieceResult,
    PieceTrainer,
    diverged_message,
    diverged_runs,
    draw_piece,
)

OnProgress = Callable[[float, float], Any]


def train_pending(
    study: Study, cube: Cube, *, fsync: bool = True, on_progress: OnProgress | None = None
) -> int:
    """Train the pending runs of the study's shard and write them, piece by piece.

    While a piece is in training, the one before it is written and the subsets of the next are
    drawn. Stopped at any moment, the cube lacks at most these pieces, and the same call resumes.
    Several processes may do this on one cube: they share its pieces.

    Parameters
    ----------
    study : Study
    cube : Cube
        From `study.open_study`.
    fsync : bool
        As in `CubeWriter`.
    on_progress : callable, optional
        Called as ``on_progress(models, work)`` after each epoch: models trained since the last call
        (parts of models count) and their share of the whole work, 0..1.

    Returns
    -------
    int
        Number of models trained by this process.

    Raises
    ------
    DivergedError
        At the end, if runs diverged; all others are in the cube by then.
    StoreError
        If the store cannot be written, or is another one by now.
    """
    pieces = study_pieces(study, cube)
    if not pieces:
        return 0
    progress = Progress(study, pieces, on_progress)
    with Worker(cube.folder) as worker, ThreadPoolExecutor(1, "beside-training") as thread:
        queue = PieceQueue(cube, worker, pieces, on_skipped=progress.skipped)
        loop = _Loop(study, cube, queue, thread, progress, fsync=fsync)
        loop.run()
    if loop.diverged:
        raise DivergedError(diverged_message(study, loop.diverged))
    return loop.models


class Progress:
    """Reports models and work as shares of all pieces that were pending at the beginning."""

    def __init__(self, study: Study, pieces: list[Piece], report: OnProgress | None):
        self._study = study
        self._report = report
        self._total = sum(piece_work(study, piece) for piece in pieces)

    def on_epoch(self, piece: Piece) -> Callable[[int], Any] | None:
        """What to call after each epoch of a piece, with the number of models in training."""
        if self._report is None:
            return None
        report = self._report
        study = self._study
        size = study.plan.subset_size(piece.ratio)
        epochs = math.ceil(study.recipe.epochs_of(size))
        share = model_work(study, piece.ratio) / self._total

        def after_epoch(models: int) -> None:
            # An epoch is a part of a model.
            done = models / epochs
            report(done, done * share)

        return after_epoch

    def finished(self, piece: Piece) -> None:
        """Count a piece that was trained elsewhere for this process."""
        if self._report is not None:
            self._report(len(piece.pending), self._share(piece))

    def skipped(self, piece: Piece) -> None:
        """Count a piece that another process has finished."""
        if self._report is not None:
            self._report(0, self._share(piece))

    def _share(self, piece: Piece) -> float:
        """A piece's share of the whole work, 0..1."""
        return piece_work(self._study, piece) / self._total


class _Loop:
    """The loop itself; a second thread draws and writes, this one keeps the device busy."""

    def __init__(
        self,
        study: Study,
        cube: Cube,
        queue: PieceQueue,
        thread: ThreadPoolExecutor,
        progress: Progress,
        *,
        fsync: bool,
    ):
        self._study = study
        self._queue = queue
        self._thread = thread
        self._progress = progress
        self._writer = CubeWriter(cube, fsync=fsync)
        self._trainer = PieceTrainer(study, cube.runs_per_chunk, with_margins=cube.records_margins)
        self._writing: Future[None] | None = None
        self.models = 0
        self.diverged: list[tuple[float, int]] = []

    def run(self) -> None:
        """Train piece after piece until none is left."""
        upcoming = self._thread.submit(self._take_and_draw)
        while True:
            job = upcoming.result()
            if job is None:
                # Nothing is free now: write what there is, then see what others leave.
                self._finish_writing()
                job = self._wait_and_draw()
            if job is None:
                return
            upcoming = self._thread.submit(self._take_and_draw)
            self._train_and_write(*job)

    def _take_and_draw(self) -> tuple[Piece, Draw] | None:
        return self._with_draw(self._queue.take())

    def _wait_and_draw(self) -> tuple[Piece, Draw] | None:
        return self._with_draw(self._queue.wait())

    def _with_draw(self, piece: Piece | None) -> tuple[Piece, Draw] | None:
        if piece is None:
            return None
        return piece, draw_piece(self._study, piece)

    def _train_and_write(self, piece: Piece, draw: Draw) -> None:
        on_epoch = self._progress.on_epoch(piece)
        result = self._trainer.train(draw, on_epoch=on_epoch)
        self.models += len(piece.pending)
        self.diverged += diverged_runs(piece, result)
        self._finish_writing()
        self._writing = self._thread.submit(self._write, piece, result)

    def _write(self, piece: Piece, result: PieceResult) -> None:
        self._writer.write(piece, *result)
        self._queue.finish(piece)

    def _finish_writing(self) -> None:
        """Wait until the last piece is written, and raise its error if there was one."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None
