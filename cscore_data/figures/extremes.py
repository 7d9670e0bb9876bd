"""Which examples of a class have the highest and the lowest scores."""

import math

import numpy as np
import xarray as xr

from cscore_data.figures.captions import score_texts


def ranked_members(scores: xr.Dataset, label: int) -> np.ndarray:
    """Rows of a class that have a score, the highest score first: int (example,).

    Of examples with the same score, that with the highest `soft_cscore` comes first, if there is
    one: most scores of well-learned classes are exactly 1.
    """
    score = scores["cscore"].values
    is_member = scores["label"].values == label
    members = np.flatnonzero(is_member & np.isfinite(score))
    keys = [-score[members]]
    if "soft_cscore" in scores:
        soft = scores["soft_cscore"].values
        keys.insert(0, -soft[members])
    order = np.lexsort(keys)
    return members[order]


def ends(members: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last `count` of ranked members, none of them in both.

    Examples
    --------
    >>> ends(np.array([7, 5, 6]), 2)
    (array([7, 5]), array([6]))
    """
    upper_half = math.ceil(len(members) / 2)
    highest = min(count, upper_half)
    lowest = min(count, len(members) - highest)
    first_of_lowest = len(members) - lowest
    return members[:highest], members[first_of_lowest:]


def ties_note(scores: xr.Dataset, members: np.ndarray, count: int) -> str:
    """How many of ranked members share the highest score, if more than are shown; else empty."""
    if not len(members):
        return ""
    score = scores["cscore"].values[members]
    is_tied = score == score[0]
    tied = int(is_tied.sum())
    if tied <= count:
        return ""
    (highest,) = score_texts(score[:1])
    return f"{tied:,} of {len(members):,} at {highest}"
