"""Votes of the runs of one block of a cube, for few classes and for many."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cscore_data.schema import PREDICTION_MISSING
from cscore_data.scores.block_sums import count

#: Cells that are compared at a time, so that they stay in the cache. Fewer would make more calls to
#: numpy, at each of which threads wait for one another.
_TILE_CELLS = 1_000_000

#: Numbers of votes that are counted at a time, so that they stay in the cache.
_TILE_VOTES = 262_144


def block_votes(
    prediction: np.ndarray, held_out: np.ndarray, weight: np.ndarray | None = None, *, classes: int
) -> np.ndarray:
    """Count the held-out runs of one block in which each class is predicted, class by class.

    Parameters
    ----------
    prediction : int (ratio, run, example)
        Anything but 0..classes-1 is no vote.
    held_out : bool (ratio, run, example)
    weight : int64 or float64 (group, run), optional
    classes : int

    Returns
    -------
    uint (class, ratio, 1, example), or float (class, group, ratio, 1, example) with weights
    """
    ratios, runs, examples = prediction.shape
    groups = () if weight is None else (len(weight),)
    dtype = np.min_scalar_type(runs) if weight is None else np.dtype(np.float64)
    found = np.empty((classes, *groups, ratios, 1, examples), dtype)
    step = max(1, _TILE_CELLS // max(1, ratios * runs))
    for start in range(0, examples, step):
        columns = slice(start, start + step)
        given = _given(prediction[..., columns], held_out[..., columns])
        for number in range(classes):
            found[number, ..., columns] = count(given == number, weight)
    return found


def added_votes(
    total: np.ndarray | None,
    predictions: Sequence[np.ndarray],
    held_out: Sequence[np.ndarray],
    weights: Sequence[np.ndarray] | None = None,
    *,
    classes: int,
    dtype: np.dtype[Any],
) -> np.ndarray:
    """Add the votes of some blocks to a total; one step per cell, however many classes there are.

    Parameters
    ----------
    total : int or float64 (example, class + 1), or (group, example, class + 1) with weights
        From the blocks before; None at the beginning. The first column has the cells that are no
        vote.
    predictions, held_out : sequence of int and bool (ratio, run, example)
    weights : sequence of int64 or float64 (group, run), optional
    classes : int
    dtype : dtype
        Of the total.

    Returns
    -------
    As `total`, which stays as it is.
    """
    if total is None:
        groups = () if weights is None else (len(weights[0]),)
        total = np.zeros((*groups, predictions[0].shape[-1], classes + 1), dtype)
    else:
        total = total.copy()
    for number, (prediction, is_held_out) in enumerate(zip(predictions, held_out, strict=True)):
        weight = None if weights is None else weights[number].astype(dtype)
        _add_block(total, _given(prediction, is_held_out), weight)
    return total


def _given(prediction: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """The prediction where the example was held out, else -1."""
    # By bits, which is faster than `where`: held out minus 1 is 0 or -1, all bits of which are set.
    given: np.ndarray = prediction | (held_out.astype(prediction.dtype) - prediction.dtype.type(1))
    return given


def _add_block(total: np.ndarray, given: np.ndarray, weight: np.ndarray | None) -> None:
    """Add the votes (ratio, run, example) of one block to a total, in place."""
    examples, bins = total.shape[-2:]
    step = max(1, _TILE_VOTES // bins)
    for start in range(0, examples, step):
        columns = slice(start, min(start + step, examples))
        for votes_of_ratio in given[..., columns]:
            # The place of each vote in the flat total; what is no vote goes into the first bin.
            is_vote = (votes_of_ratio >= 0) & (votes_of_ratio < bins - 1)
            first_bin = np.arange(columns.start, columns.stop, dtype=np.intp) * bins
            place = np.where(is_vote, votes_of_ratio, PREDICTION_MISSING) + (first_bin + 1)

            if weight is None:
                np.add.at(total.reshape(-1), place.ravel(), total.dtype.type(1))
                continue
            for row, factor in zip(total, weight, strict=True):
                values = np.broadcast_to(factor[:, np.newaxis], place.shape)
                np.add.at(row.reshape(-1), place.ravel(), values.ravel())
