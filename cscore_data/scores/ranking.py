"""The order of examples by their scores, and what decides where scores tie."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError


class Ranking(NamedTuple):
    """The rows of a set of scores, the most irregular example first.

    Attributes
    ----------
    rows : int64 (ranked,)
        Rows that have a score.
    without_score : int
        Rows that have none; they are left out.
    tied : int
        Examples with the same score as another.
    tied_in_margin : int
        Those of them with the same margin as well, or without one: their index decides.
    """

    rows: np.ndarray
    without_score: int
    tied: int
    tied_in_margin: int


def rank(scores: xr.Dataset, by: str = "cscore") -> Ranking:
    """Rank examples by a score; ties are broken by the margin, then by the index.

    Parameters
    ----------
    scores : xarray.Dataset
        With `example` and the score float (example,), NaN where there is none.
    by : str
        Name of the score; high means regular.

    Raises
    ------
    InvalidInputError
        If no example has a score.

    Examples
    --------
    >>> scores = xr.Dataset({"cscore": ("example", [0.5, 0.0, np.nan, 0.5])})
    >>> found = rank(scores.assign(margin=("example", [2.0, -3.0, 0.0, 1.0])))
    >>> found.rows
    array([1, 3, 0])
    >>> found.without_score, found.tied, found.tied_in_margin
    (1, 2, 0)
    """
    score = scores[by].values
    known = np.flatnonzero(np.isfinite(score))
    if not len(known):
        raise InvalidInputError(
            f"none of the {len(score)} examples has a score: none was held out at every ratio; "
            "train more runs"
        )
    score = score[known]
    margin = np.zeros(len(known))
    if "margin" in scores:
        margin = scores["margin"].values[known]
    # Rows may be in any order. Without the coordinate `example`, xarray numbers them.
    order = np.lexsort((scores["example"].values[known], margin, score))
    tied = _repeated(score)
    both = np.stack([score, np.nan_to_num(margin)], axis=1)
    return Ranking(
        rows=known[order],
        without_score=len(scores[by]) - len(known),
        tied=int(tied.sum()),
        tied_in_margin=int(_repeated(both).sum()),
    )


def _repeated(values: np.ndarray) -> np.ndarray:
    """Which values, or rows, occur more than once: bool (example,)."""
    _, place, count = np.unique(values, axis=0, return_inverse=True, return_counts=True)
    repeated: np.ndarray = count[place.reshape(-1)] > 1
    return repeated
