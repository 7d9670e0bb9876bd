"""Training one piece of a study, with as many models at once as the device has memory for."""

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from cscore_data.design.plan import Draw
from cscore_data.errors import InvalidInputError
from cscore_data.storage.pieces import Piece
from cscore_data.studies.study import Study
from cscore_data.training.numerics import fixed_numerics
from cscore_data.training.placement import LabelledImages
from cscore_data.training.trainer import Trainer

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class PieceResult(NamedTuple):
    """What training a piece gave, as `CubeWriter.write` takes it.

    Attributes
    ----------
    correct, held_out : bool (run, example)
        One row for each of ``piece.pending``.
    valid : bool (run,)
        False where training diverged.
    margin, prediction : float32, int32 (run, example), optional
        If the cube records them.
    test_correct, test_margin, test_prediction : (run, test_example), optional
        The same of test examples, if the study has any.
    """

    correct: np.ndarray
    held_out: np.ndarray
    valid: np.ndarray
    margin: np.ndarray | None = None
    prediction: np.ndarray | None = None
    test_correct: np.ndarray | None = None
    test_margin: np.ndarray | None = None
    test_prediction: np.ndarray | None = None


class PieceTrainer:
    """Trains pieces; halves the number of lanes when the device runs out of memory.

    Parameters
    ----------
    study : Study
    runs_per_chunk : int
        Runs in a piece.
    with_margins : bool
        Give margins and predictions as well.

    Raises
    ------
    InvalidInputError
        If the device has no memory for the images.
    """

    def __init__(self, study: Study, runs_per_chunk: int, *, with_margins: bool = False):
        self._study = study
        self._runs_per_chunk = runs_per_chunk
        self._with_margins = with_margins
        self._trainer = make_trainer(study, runs_per_chunk, with_margins=with_margins)

    @property
    def lanes(self) -> int:
        """Models trained at once."""
        return self._trainer.lanes

    def train(self, draw: Draw, *, on_epoch: Callable[[int], Any] | None = None) -> PieceResult:
        """Train the runs of a piece, or other runs of the study.

        Raises
        ------
        InvalidInputError
            If the device has no memory for even the smallest number of lanes.
        """
        outcome = self._with_memory(
            lambda trainer: trainer.train(draw.subsets, draw.seeds, on_epoch=on_epoch)
        )
        return PieceResult(
            outcome.correct,
            draw.held_out,
            outcome.finite,
            outcome.margin,
            outcome.prediction,
            outcome.test_correct,
            outcome.test_margin,
            outcome.test_prediction,
        )

    def seconds_per_step(self, draw: Draw) -> float:
        """Measured seconds per step of training with all lanes, as `Trainer.seconds_per_step`."""
        return self._with_memory(lambda trainer: trainer.seconds_per_step(draw.subsets, draw.seeds))

    def _with_memory(self, task: Callable[[Trainer], _Result]) -> _Result:
        """The result of `task`, with as many lanes as there is memory for."""
        while True:
            try:
                with fixed_numerics():
                    return task(self._trainer)
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
            # Outside of the handler, whose traceback would keep arrays on the device.
            self._halve_lanes()

    def _halve_lanes(self) -> None:
        lanes = self._trainer.lanes
        del self._trainer
        fewer = replace(self._study, lanes=max(lanes // 2, 1))
        self._trainer = make_trainer(fewer, self._runs_per_chunk, with_margins=self._with_margins)
        if self._trainer.lanes >= lanes:
            raise InvalidInputError(
                f"the device is out of memory with {lanes} models at once, and cannot train fewer; "
                "choose a smaller --batch-size or narrower --hidden layers, or another device"
            )
        log.warning(
            "out of memory on the device: %d models at once from now on, not %d",
            self._trainer.lanes,
            lanes,
        )


def make_trainer(study: Study, runs_per_chunk: int, *, with_margins: bool = False) -> Trainer:
    """The trainer of a study whose pieces have `runs_per_chunk` runs.

    Raises
    ------
    InvalidInputError
        If the device has no memory for the images.
    """
    # As few idle lanes as possible in the last group of a piece.
    most = min(study.lanes_or_default(), runs_per_chunk)
    groups = math.ceil(runs_per_chunk / most)
    lanes = math.ceil(runs_per_chunk / groups)
    largest = max(study.plan.subset_size(ratio) for ratio in study.plan.ratios)
    image = study.examples.image
    label = study.examples.class_index()
    test = None
    if study.test is not None:
        test_label = np.searchsorted(study.examples.classes, study.test.label)
        test = LabelledImages(study.test.image, test_label)
    try:
        with fixed_numerics():
            return Trainer(
                image,
                label,
                study.recipe,
                lanes=lanes,
                largest_subset=largest,
                with_margins=with_margins,
                test=test,
            )
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        raise InvalidInputError(
            f"the device is out of memory with the {len(image)} images of {study.examples.name} "
            f"alone ({image.nbytes / 1e9:.2g} GB); choose fewer or smaller images, or another "
            "device"
        ) from error


def draw_piece(study: Study, piece: Piece) -> Draw:
    """What the pending runs of a piece train on."""
    return study.plan.draw(piece.ratio, piece.pending)


def diverged_runs(piece: Piece, result: PieceResult) -> list[tuple[float, int]]:
    """Ratio and number of the runs of a piece that diverged."""
    runs = np.asarray(piece.pending)[~result.valid]
    return [(piece.ratio, int(run)) for run in runs]


def diverged_message(study: Study, diverged: list[tuple[float, int]]) -> str:
    """The message about runs that diverged."""
    names = [f"ratio {ratio:g} run {run}" for ratio, run in diverged[:3]]
    if len(diverged) > 3:
        names.append("…")
    return (
        f"{len(diverged)} run(s) diverged, their outputs are not finite ({', '.join(names)}); they "
        f"are left out of {study.path}, all others are in it; try a smaller --learning-rate with "
        "another --out, or reduce without them by --allow-incomplete"
    )


def _is_out_of_memory(error: RuntimeError) -> bool:
    # jax has no class of its own for this, and two ways to say it.
    message = str(error)
    return "RESOURCE_EXHAUSTED" in message or "Out of memory" in message
