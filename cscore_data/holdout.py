"""The resumable loop over a study: for each pending piece train, write, mark; and how long it will take."""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from cscore_data import store
from cscore_data.errors import DivergedError
from cscore_data.study import Study
from cscore_data.train import Trainer, default_lanes


def train_pending(study: Study, cube: xr.Dataset, *, on_progress: Callable[[float, float], Any] | None = None) -> int:
    """Train every pending run of the cube and write it, piece by piece.

    While a piece is written, the next is in training. Stopped at any moment, the cube lacks at most the two pieces in
    work, and the same call goes on from there.

    Parameters
    ----------
    study : Study
    cube : xarray.Dataset
        From `study.open_study`.
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
    """
    pieces = store.pending_pieces(cube)
    if not pieces:
        return 0
    trainer = make_trainer(study, store.runs_per_chunk(cube))
    writer = store.CubeWriter(study.path)
    total = sum(_work(study, piece) for piece in pieces)
    diverged = []
    writing: Future[None] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="cube-writer") as thread:
        for piece in pieces:
            report = _piece_progress(study, piece, total, on_progress)
            ratio = study.plan.ratios[piece.ratio]
            outcome = trainer.train(*_subsets_and_seeds(study, ratio, piece.pending), on_epoch=report)
            diverged += [(ratio, run) for run, good in zip(piece.pending, outcome.finite, strict=True) if not good]
            held_out = study.plan.held_out(ratio, piece.pending)
            if writing is not None:
                writing.result()
            writing = thread.submit(writer.write, piece, outcome.correct, held_out, outcome.finite)
        if writing is not None:
            writing.result()
    if diverged:
        raise DivergedError(_diverged_message(study, diverged))
    return sum(len(piece.pending) for piece in pieces)


def make_trainer(study: Study, runs_per_chunk: int) -> Trainer:
    """The trainer for a study whose pieces have `runs_per_chunk` runs."""
    most = min(study.lanes or default_lanes(), runs_per_chunk)
    groups = math.ceil(runs_per_chunk / most)
    return Trainer(
        study.examples.image,
        study.examples.class_index(),
        study.recipe,
        lanes=math.ceil(runs_per_chunk / groups),  # as few idle lanes in the last group as can be
        largest_subset=max(study.plan.subset_size(ratio) for ratio in study.plan.ratios),
    )


def estimate_seconds(study: Study, pieces: Sequence[store.Piece], runs_per_chunk: int) -> float:
    """How long training `pieces` takes on this device, compilation apart, from two measured epochs and an evaluation.

    Seconds an epoch are taken as linear in the size of the subset, between the smallest and the largest.
    """
    short = make_trainer(replace(study, recipe=replace(study.recipe, epochs=2)), runs_per_chunk)
    ratios = sorted(study.plan.ratios)
    _measure(study, short, ratios[0])  # compiles
    (low, evaluation), (high, _) = (_measure(study, short, ratio) for ratio in (ratios[0], ratios[-1]))
    sizes = [study.plan.subset_size(ratio) for ratio in study.plan.ratios]

    def group_seconds(piece: store.Piece) -> float:
        return evaluation + study.recipe.epochs * float(
            np.interp(sizes[piece.ratio], (min(sizes), max(sizes)), (low, high))
        )

    return sum(math.ceil(len(piece.pending) / short.lanes) * group_seconds(piece) for piece in pieces)


def _measure(study: Study, trainer: Trainer, ratio: float) -> tuple[float, float]:
    """Seconds of the last epoch and of the evaluation of one group of lanes."""
    times: list[float] = []
    trainer.train(
        *_subsets_and_seeds(study, ratio, range(trainer.lanes)), on_epoch=lambda _: times.append(time.perf_counter())
    )
    return times[-1] - times[-2], time.perf_counter() - times[-1]


def _subsets_and_seeds(study: Study, ratio: float, runs: Sequence[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return (
        [study.plan.subset(ratio, run) for run in runs],
        [study.plan.training_seed(ratio, run) for run in runs],
    )


def _model_work(study: Study, ratio: float) -> float:
    """Cost of one model in forward passes of an example: three for each in training, one for each in the evaluation."""
    return 3 * study.recipe.epochs * study.plan.subset_size(ratio) + len(study.examples)


def _work(study: Study, piece: store.Piece) -> float:
    return len(piece.pending) * _model_work(study, study.plan.ratios[piece.ratio])


def _piece_progress(
    study: Study, piece: store.Piece, total: float, on_progress: Callable[[float, float], Any] | None
) -> Callable[[int], Any] | None:
    if on_progress is None:
        return None
    share = _model_work(study, study.plan.ratios[piece.ratio]) / total
    return lambda models: on_progress(models / study.recipe.epochs, models / study.recipe.epochs * share)


def _diverged_message(study: Study, diverged: list[tuple[float, int]]) -> str:
    shown = ", ".join(f"ratio {ratio:g} run {run}" for ratio, run in diverged[:3])
    return (
        f"{len(diverged)} run(s) diverged, their outputs are not finite ({shown}{', …' * (len(diverged) > 3)}); they "
        f"are left out of {study.path}, all others are in it; try a smaller --learning-rate with another --out, "
        "or reduce without them by --allow-incomplete"
    )
