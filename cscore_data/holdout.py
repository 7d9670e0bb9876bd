"""The resumable loop over a study: for each pending piece train, write, mark; and how long it will take."""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import xarray as xr

from cscore_data import claims, store
from cscore_data.errors import DivergedError, InvalidInputError
from cscore_data.plan import Draw
from cscore_data.study import Study
from cscore_data.train import Trainer
from cscore_data.writer import CubeWriter

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


def train_pending(
    study: Study, cube: xr.Dataset, *, fsync: bool = True, on_progress: Callable[[float, float], Any] | None = None
) -> int:
    """Train every pending run of the study's shard and write it, piece by piece.

    While a piece is in training, the one before it is written and the subsets of the next are drawn. Stopped at any
    moment, the cube lacks at most the two pieces in work, and the same call goes on from there.

    Parameters
    ----------
    study : Study
    cube : xarray.Dataset
        From `study.open_study`.
    fsync : bool
        As in `writer.CubeWriter`.
    on_progress : callable, optional
        Called as ``on_progress(models, work)`` after each epoch: models trained since the last call (parts of models
        count) and their share of the whole work, 0..1.

    Returns
    -------
    int
        Number of models trained.

    Raises
    ------
    DivergedError
        At the end, if runs diverged; all others are in the cube by then.
    StoreError
        If the store cannot be written, or another process is filling pieces of the same shard.
    """
    if not store.pending_pieces(cube, study.shard):
        return 0
    with claims.shard(study.path, study.shard) as check_claim, ThreadPoolExecutor(1, "beside-training") as thread:
        # Read again, as another process may have filled some before the claim.
        pieces = store.pending_pieces(store.open_cube(study.path), study.shard)
        trainer = PieceTrainer(study, store.runs_per_chunk(cube))
        writer = CubeWriter(study.path, fsync=fsync)
        total = sum(work(study, piece) for piece in pieces)
        diverged = []
        writing: Future[None] | None = None
        for piece, draw in _drawn_ahead(study, pieces, thread):
            result = trainer.train(draw, on_epoch=_piece_progress(study, piece, total, on_progress))
            diverged += diverged_runs(study, piece, result)
            if writing is not None:
                writing.result()
            check_claim()
            writing = thread.submit(writer.write, piece, *result)
        if writing is not None:
            writing.result()
    if diverged:
        raise DivergedError(diverged_message(study, diverged))
    return sum(len(piece.pending) for piece in pieces)


def _drawn_ahead(
    study: Study, pieces: Sequence[store.Piece], thread: ThreadPoolExecutor
) -> Iterator[tuple[store.Piece, Draw]]:
    """Each piece with what it trains on, drawn while the piece before it was in training: a device would wait."""
    drawing = [thread.submit(draw_piece, study, piece) for piece in pieces[:1]]
    for index, piece in enumerate(pieces):
        draw = drawing.pop().result()
        drawing += [thread.submit(draw_piece, study, following) for following in pieces[index + 1 : index + 2]]
        yield piece, draw


def draw_piece(study: Study, piece: store.Piece) -> Draw:
    """What the pending runs of a piece train on."""
    return study.plan.draw(study.plan.ratios[piece.ratio], piece.pending)


class PieceResult(NamedTuple):
    """What `writer.CubeWriter.write` takes for a piece.

    Attributes
    ----------
    correct, held_out : bool (run, example)
        One row for each of ``piece.pending``.
    valid : bool (run,)
        False where training diverged.
    """

    correct: np.ndarray
    held_out: np.ndarray
    valid: np.ndarray


class PieceTrainer:
    """Trains pieces of a study, with fewer models side by side from the moment the device has no memory for more."""

    def __init__(self, study: Study, runs_per_chunk: int):
        self._study, self._runs_per_chunk = study, runs_per_chunk
        self._trainer = make_trainer(study, runs_per_chunk)

    @property
    def lanes(self) -> int:
        """Models trained side by side."""
        return self._trainer.lanes

    def train(self, draw: Draw, *, on_epoch: Callable[[int], Any] | None = None) -> PieceResult:
        """Train the runs of a piece, or other runs of the study.

        Raises
        ------
        InvalidInputError
            If the device has no memory for as few models as it can train.
        """
        outcome = self._fitting(lambda trainer: trainer.train(draw.subsets, draw.seeds, on_epoch=on_epoch))
        return PieceResult(outcome.correct, draw.held_out, outcome.finite)

    def seconds_a_step(self, draw: Draw) -> float:
        """As `Trainer.seconds_a_step`."""
        return self._fitting(lambda trainer: trainer.seconds_a_step(draw.subsets, draw.seeds))

    def _fitting(self, task: Callable[[Trainer], _Result]) -> _Result:
        """What `task` gives with as many lanes as the device has memory for."""
        while True:
            try:
                return task(self._trainer)
            except RuntimeError as error:
                if not _out_of_memory(error):
                    raise
            self._halve_lanes()  # out of the handler, whose traceback keeps arrays on the device

    def _halve_lanes(self) -> None:
        lanes = self._trainer.lanes
        del self._trainer
        self._trainer = make_trainer(replace(self._study, lanes=max(lanes // 2, 1)), self._runs_per_chunk)
        if self._trainer.lanes >= lanes:
            raise InvalidInputError(
                f"the device is out of memory with {lanes} models side by side, and can train no fewer; "
                "choose a smaller --batch-size or narrower --hidden layers, or another device"
            )
        log.warning(
            "out of memory on the device: %d models side by side from now on, not %d", self._trainer.lanes, lanes
        )


def diverged_runs(study: Study, piece: store.Piece, result: PieceResult) -> list[tuple[float, int]]:
    """Ratio and number of the runs of a piece that diverged."""
    ratio = study.plan.ratios[piece.ratio]
    return [(ratio, run) for run, valid in zip(piece.pending, result.valid, strict=True) if not valid]


def make_trainer(study: Study, runs_per_chunk: int) -> Trainer:
    """The trainer for a study whose pieces have `runs_per_chunk` runs.

    Raises
    ------
    InvalidInputError
        If the device has no memory for the images.
    """
    most = min(study.lanes or study.default_lanes(), runs_per_chunk)
    groups = math.ceil(runs_per_chunk / most)
    image = study.examples.image
    try:
        return Trainer(
            image,
            study.examples.class_index(),
            study.recipe,
            lanes=math.ceil(runs_per_chunk / groups),  # as few idle lanes in the last group as can be
            largest_subset=max(study.plan.subset_size(ratio) for ratio in study.plan.ratios),
        )
    except RuntimeError as error:
        if not _out_of_memory(error):
            raise
        raise InvalidInputError(
            f"the device is out of memory with the {len(image)} images of {study.examples.name} alone "
            f"({image.nbytes / 1e9:.2g} GB); choose fewer or smaller images, or another device"
        ) from error


def _out_of_memory(error: RuntimeError) -> bool:
    return "RESOURCE_EXHAUSTED" in str(error)  # jax has no class of its own for this


def estimate_seconds(study: Study, pieces: Sequence[store.Piece], runs_per_chunk: int) -> float:
    """How long training `pieces` takes on this device, compilation apart, from measured steps of training.

    Evaluation is taken to cost a third of a step for each batch of examples: a pass forward of three passes.
    """
    if not pieces:
        return 0.0
    trainer, ratios = PieceTrainer(study, runs_per_chunk), sorted(study.plan.ratios)
    # In the middle: what an epoch costs beside its steps weighs more the fewer they are.
    step = trainer.seconds_a_step(study.plan.draw(ratios[len(ratios) // 2], range(trainer.lanes)))
    evaluation = len(study.examples) / study.recipe.batch_size / 3

    def group_steps(piece: store.Piece) -> float:
        return study.recipe.steps_of(study.plan.subset_size(study.plan.ratios[piece.ratio])) + evaluation

    return step * sum(math.ceil(len(piece.pending) / trainer.lanes) * group_steps(piece) for piece in pieces)


def _model_work(study: Study, ratio: float) -> float:
    """Cost of one model in forward passes of an example: three for each in training, one for each in the evaluation."""
    size = study.plan.subset_size(ratio)
    return 3 * study.recipe.epochs_of(size) * size + len(study.examples)


def work(study: Study, piece: store.Piece) -> float:
    """Cost of a piece, in forward passes of an example."""
    return len(piece.pending) * _model_work(study, study.plan.ratios[piece.ratio])


def _piece_progress(
    study: Study, piece: store.Piece, total: float, on_progress: Callable[[float, float], Any] | None
) -> Callable[[int], Any] | None:
    if on_progress is None:
        return None
    ratio = study.plan.ratios[piece.ratio]
    share = _model_work(study, ratio) / total
    epochs = math.ceil(study.recipe.epochs_of(study.plan.subset_size(ratio)))
    return lambda models: on_progress(models / epochs, models / epochs * share)


def diverged_message(study: Study, diverged: list[tuple[float, int]]) -> str:
    """What to say of runs that diverged."""
    shown = ", ".join(f"ratio {ratio:g} run {run}" for ratio, run in diverged[:3])
    return (
        f"{len(diverged)} run(s) diverged, their outputs are not finite ({shown}{', …' * (len(diverged) > 3)}); they "
        f"are left out of {study.path}, all others are in it; try a smaller --learning-rate with another --out, "
        "or reduce without them by --allow-incomplete"
    )
