"""Sums of margins, and of the probabilities that they stand for, over the runs of one block."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cscore_data.scores.block_sums import weighted_sum

#: Cells that are worked on at a time, so that all intermediate results stay in the cache.
_TILE_CELLS = 65_536


class MarginSum(NamedTuple):
    """What is summed over which runs.

    Attributes
    ----------
    mask : str
        ``held_out`` or ``trained_on``: the runs that count.
    quantity : str
        ``one``, ``margin``, ``probability`` or ``surprise``, which is minus its logarithm.
    power : int
    meaning : str
    """

    mask: str
    quantity: str
    power: int
    meaning: str


#: The sums by name. `p` is the probability of the label, the sigmoid of the margin.
MARGIN_SUMS = {
    "held_out_with_margin": MarginSum(
        "held_out", "one", 1, "runs in which the example was held out and has a margin"
    ),
    "held_out_margin_sum": MarginSum(
        "held_out", "margin", 1, "sum of the margin over held-out runs"
    ),
    "held_out_squared_margin_sum": MarginSum(
        "held_out", "margin", 2, "sum of the squared margin over held-out runs"
    ),
    "held_out_probability_sum": MarginSum(
        "held_out", "probability", 1, "sum of the label's probability over held-out runs"
    ),
    "held_out_squared_probability_sum": MarginSum(
        "held_out", "probability", 2, "sum of the label's squared probability over held-out runs"
    ),
    "held_out_surprise_sum": MarginSum(
        "held_out", "surprise", 1, "sum of minus the label's log-probability over held-out runs"
    ),
    "trained_on_with_margin": MarginSum(
        "trained_on", "one", 1, "runs in which the example was trained on and has a margin"
    ),
    "trained_on_probability_sum": MarginSum(
        "trained_on", "probability", 1, "sum of the label's probability over trained-on runs"
    ),
}


class Packing(NamedTuple):
    """How margins that are whole numbers become real ones, by the CF conventions."""

    scale: float
    missing: int


def block_margin_sums(
    margin: np.ndarray,
    held_out: np.ndarray,
    done: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    *,
    names: Sequence[str],
    packing: Packing | None = None,
) -> np.ndarray:
    """Sum margins and what follows from them over the runs.

    Parameters
    ----------
    margin : float (ratio, run, example)
        Where it is not finite it adds nothing to any sum. With `packing`, int.
    held_out : bool (ratio, run, example)
    done : bool (ratio, run, 1), optional
        Only for sums over trained-on runs.
    weight : int64 or float64 (group, run), optional
    names : sequence of str
        Keys of `MARGIN_SUMS`.
    packing : Packing, optional
        Of margins that are whole numbers.

    Returns
    -------
    float64 (sum, ratio, 1, example), or (sum, group, ratio, 1, example) with weights
        Summed up in float32, which is enough for the runs of one block.
    """
    ratios, runs, examples = margin.shape
    groups = () if weight is None else (len(weight),)
    sums = np.empty((len(names), *groups, ratios, 1, examples))
    step = max(1, _TILE_CELLS // max(1, runs))
    for ratio in range(ratios):
        for start in range(0, examples, step):
            columns = slice(start, start + step)
            tile, is_missing = _unpacked(margin[ratio, :, columns], packing)
            masks = {"held_out": held_out[ratio, :, columns]}
            if done is not None:
                masks["trained_on"] = done[ratio] & ~masks["held_out"]
            if is_missing.any():
                masks = {name: mask & ~is_missing for name, mask in masks.items()}
            found = _tile_sums(tile, masks, weight, names)
            for row, values in enumerate(found):
                sums[row, ..., ratio, 0, columns] = values
    return sums


def odds_against(margin: np.ndarray) -> np.ndarray:
    """(1-p)/p for the probability p of the label: float32, infinite for margins below -88."""
    odds: np.ndarray = np.negative(margin)
    with np.errstate(over="ignore", under="ignore"):
        np.exp(odds, out=odds)
    return odds


def surprise(odds: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Minus the log-probability of the label, with a relative error of about 1e-7 everywhere.

    Parameters
    ----------
    odds : float32 (...)
        From `odds_against`.
    margin : float32 (...)

    Examples
    --------
    >>> margin = np.array([0, -100], np.float32)
    >>> surprise(odds_against(margin), margin).round(3)
    array([  0.693, 100.   ], dtype=float32)
    """
    found: np.ndarray = np.log1p(odds)
    # Where the odds are more than float32 holds, log p is the margin itself.
    is_large = np.isinf(found)
    if is_large.any():
        np.copyto(found, -margin, where=is_large)
    return found


def probability(odds: np.ndarray) -> np.ndarray:
    """The probability of the label, with a relative error of about 1e-7.

    The result takes the memory of `odds`, as most of the time goes into memory.

    Examples
    --------
    >>> probability(odds_against(np.array([0, -100], np.float32))).round(3)
    array([0.5, 0. ], dtype=float32)
    """
    odds += 1
    np.reciprocal(odds, out=odds)
    return odds


def _unpacked(margin: np.ndarray, packing: Packing | None) -> tuple[np.ndarray, np.ndarray]:
    """Margins as float32, 0 where they are missing, and where that is."""
    if packing is None:
        is_missing = ~np.isfinite(margin)
        if is_missing.any():
            margin = np.where(is_missing, 0, margin)
        return margin.astype(np.float32, copy=False), is_missing
    # A missing one is no more than the smallest number, which its mask leaves out.
    unpacked = margin.astype(np.float32)
    unpacked *= np.float32(packing.scale)
    return unpacked, margin == packing.missing


def _tile_sums(
    margin: np.ndarray,
    masks: Mapping[str, np.ndarray],
    weight: np.ndarray | None,
    names: Sequence[str],
) -> list[np.ndarray]:
    """All sums of one tile (run, example): each (example,), or (group, example)."""
    quantities = {"margin": margin}
    wanted = {MARGIN_SUMS[name].quantity for name in names}
    if wanted & {"probability", "surprise"}:
        odds = odds_against(margin)
        if "surprise" in wanted:
            quantities["surprise"] = surprise(odds, margin)
        quantities["probability"] = probability(odds)

    # Products with a mask of numbers are faster than indices. Squares come from the same product as
    # the plain sums.
    products = {}
    for name in {MARGIN_SUMS[name].mask for name in names}:
        products[name, "one"] = masks[name].astype(np.float32)
    sums = []
    for name in names:
        mask, quantity, power, _ = MARGIN_SUMS[name]
        if (mask, quantity) not in products:
            products[mask, quantity] = products[mask, "one"] * quantities[quantity]
        terms = products[mask, quantity]
        if power == 2:
            terms = np.square(terms)
        sums.append(terms.sum(axis=0) if weight is None else weighted_sum(terms, weight))
    return sums
