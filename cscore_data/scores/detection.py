"""How well a ranking finds what is known to be wrong, with intervals."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cscore_data.errors import InvalidInputError

#: Weights that are in memory at the same time.
_BLOCK = 4_000_000


class Estimated(NamedTuple):
    """A figure and its 95 % interval over resamples of the examples."""

    value: float
    low: float
    high: float


def detection_quality(
    wrong: np.ndarray, *, at: Sequence[int] = (), resamples: int = 200, seed: int = 0
) -> dict[str, Estimated]:
    """Quality of a ranking of which one knows the truth.

    Parameters
    ----------
    wrong : bool (example,)
        Whether each label is wrong, in the order of the ranking, the most suspicious first.
    at : sequence of int
        Ranks at which the precision is wanted; that of the true number is always there.
    resamples : int
        Bootstrap resamples of the examples.
    seed : int
        Of the resamples.

    Returns
    -------
    dict of str to Estimated
        ``AUC``, ``average precision`` and ``precision at K``.

    Raises
    ------
    InvalidInputError
        If all labels are wrong, or none.

    Examples
    --------
    >>> found = detection_quality(np.array([True, False, True, False]))
    >>> found["AUC"].value, round(found["average precision"].value, 3)
    (0.75, 0.833)
    >>> found["precision at 2"].value
    0.5
    """
    number = int(wrong.sum())
    if not 0 < number < len(wrong):
        raise InvalidInputError(
            f"truth: {number} of {len(wrong)} labels are wrong; expected some, but not all"
        )
    ranks = sorted({rank for rank in (*at, number) if rank <= len(wrong)})
    names = ["AUC", "average precision", *(f"precision at {rank}" for rank in ranks)]
    (measured,) = _measures(wrong, np.ones((1, len(wrong))), ranks)

    random = np.random.default_rng(seed)
    samples = []
    step = max(1, _BLOCK // len(wrong))
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        # A Poisson number of copies of each example: nearly a resample of fixed size, and fast.
        weight = random.poisson(1.0, (count, len(wrong))).astype(np.float64)
        samples.append(_measures(wrong, weight, ranks))
    low, high = np.nanquantile(np.concatenate(samples), [0.025, 0.975], axis=0)

    found = {}
    for place, name in enumerate(names):
        found[name] = Estimated(float(measured[place]), float(low[place]), float(high[place]))
    return found


def _measures(wrong: np.ndarray, weight: np.ndarray, ranks: list[int]) -> np.ndarray:
    """AUC, average precision and precisions at ranks, of each row of weights."""
    hits = np.cumsum(weight * wrong, axis=1)
    taken = np.cumsum(weight, axis=1)
    true = hits[:, -1:]
    false = taken[:, -1:] - true
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(taken > 0, hits / taken, 0)
        # Of each right label, the share of wrong ones that stand before it.
        auc = (weight * ~wrong * hits).sum(axis=1, keepdims=True) / (true * false)
        average = (weight * wrong * precision).sum(axis=1, keepdims=True) / true
    columns = [auc, average, *(precision[:, [rank - 1]] for rank in ranks)]
    return np.concatenate(columns, axis=1)
