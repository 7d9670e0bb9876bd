"""Ties that matter: examples with the same score of which some end up here and others there."""

from typing import NamedTuple

import numpy as np
import xarray as xr


class Ties(NamedTuple):
    """Examples whose score does not say in which part they belong.

    Attributes
    ----------
    examples : int
        How many share their score with an example of another part.
    by_index : int
        How many of them share their margin, too, so that their index has decided.
    """

    examples: int
    by_index: int


def border_ties(scores: xr.Dataset, part: np.ndarray, *, within_classes: bool = False) -> Ties:
    """Count the examples that have the same score as one in another part.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` float (example,), without NaN; where there is a `margin`, it breaks ties.
    part : int (example,)
        The part that each example has come to, such as 1 where it was chosen and 0 where not.
    within_classes : bool
        Only examples of the same class compete with each other.

    Examples
    --------
    >>> scores = xr.Dataset({"cscore": ("example", [0.1, 0.5, 0.5, 0.9, 0.9])})
    >>> border_ties(scores, np.array([1, 1, 0, 0, 0]))
    Ties(examples=2, by_index=2)
    """
    columns = [scores["cscore"].values]
    if within_classes:
        columns.append(scores["label"].values.astype(np.float64))
    tied = _are_in_several_parts(np.stack(columns, axis=1), part)
    if "margin" in scores:
        columns.append(np.nan_to_num(scores["margin"].values))
    by_index = _are_in_several_parts(np.stack(columns, axis=1), part)
    return Ties(int(tied.sum()), int(by_index.sum()))


def _are_in_several_parts(values: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Which rows of `values` (example, column) also occur in another part: bool (example,)."""
    _, group = np.unique(values, axis=0, return_inverse=True)
    group = group.reshape(-1)
    lowest = np.full(len(values), np.iinfo(np.int64).max)
    highest = np.full(len(values), np.iinfo(np.int64).min)
    np.minimum.at(lowest, group, part)
    np.maximum.at(highest, group, part)
    several: np.ndarray = (lowest != highest)[group]
    return several
