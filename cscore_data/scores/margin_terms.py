"""What one model's margin on an example adds to the sums over runs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np


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


def cell_terms(
    margin: np.ndarray, masks: Mapping[str, np.ndarray], names: Sequence[str]
) -> np.ndarray:
    """What each cell adds to the sums.

    Parameters
    ----------
    margin : float32 (...)
        Where it is not finite the cell adds nothing.
    masks : mapping of str to bool (...)
        The cells that count, for ``held_out`` and ``trained_on``.
    names : sequence of str
        Keys of `MARGIN_SUMS`.

    Returns
    -------
    float32 (..., sum)

    Examples
    --------
    >>> masks = {"held_out": np.array([True, False])}
    >>> cell_terms(np.array([2, 3], np.float32), masks, ["held_out_squared_margin_sum"])
    array([[4.],
           [0.]], dtype=float32)
    """
    is_known = np.isfinite(margin)
    margin = np.where(is_known, margin, np.float32(0))
    odds = odds_against(margin)
    # In this order, as `probability` takes the memory of the odds.
    quantities = {"one": np.float32(1), "margin": margin, "surprise": surprise(odds, margin)}
    quantities["probability"] = probability(odds)
    terms = np.empty((*margin.shape, len(names)), np.float32)
    for place, name in enumerate(names):
        mask, quantity, power, _ = MARGIN_SUMS[name]
        term = quantities[quantity] * (masks[mask] & is_known)
        terms[..., place] = np.square(term) if power == 2 else term
    return terms


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
