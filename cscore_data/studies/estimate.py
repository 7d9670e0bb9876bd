"""What a study costs: the work in a piece, and the seconds that training takes on this device."""

import math
from collections.abc import Sequence

from cscore_data.storage.pieces import Piece
from cscore_data.studies.study import Study
from cscore_data.studies.trainer import PieceTrainer


def model_work(study: Study, ratio: float) -> float:
    """Cost of one model, in forward passes of one example.

    A training example of an epoch costs three: forward and twice as much backward. Evaluation costs
    one for each example and test example.
    """
    size = study.plan.subset_size(ratio)
    training = 3 * study.recipe.epochs_of(size) * size
    evaluation = len(study.examples) + study.test_size
    return training + evaluation


def piece_work(study: Study, piece: Piece) -> float:
    """Cost of the pending runs of a piece, in forward passes of one example."""
    return len(piece.pending) * model_work(study, piece.ratio)


def estimate_seconds(study: Study, pieces: Sequence[Piece], runs_per_chunk: int) -> float:
    """How long training `pieces` takes on this device, without compilation.

    Measures steps of training. Evaluation is taken to cost a third of a step for each batch of
    examples, as it has one of the three passes.
    """
    if not pieces:
        return 0.0
    trainer = PieceTrainer(study, runs_per_chunk)

    # At the middle ratio: the fewer steps in an epoch, the more its fixed cost weighs.
    ratios = sorted(study.plan.ratios)
    middle = ratios[len(ratios) // 2]
    draw = study.plan.draw(middle, range(trainer.lanes))
    seconds_per_step = trainer.seconds_per_step(draw)

    # Steps of training, and what evaluation takes in these.
    steps = 0.0
    evaluated = len(study.examples) + study.test_size
    evaluation = evaluated / study.recipe.batch_size / 3
    for piece in pieces:
        size = study.plan.subset_size(piece.ratio)
        training = study.recipe.steps_of(size)
        groups = math.ceil(len(piece.pending) / trainer.lanes)
        steps += groups * (training + evaluation)
    return seconds_per_step * steps
