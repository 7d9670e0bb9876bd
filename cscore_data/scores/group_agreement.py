"""How well the scores of groups of runs agree with each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from cscore_data.scores.correlations import correlation
from cscore_data.scores.grouped_scores import scores_by_group
from cscore_data.scores.lone_examples import lone_examples
from cscore_data.scores.tails import FRACTIONS, tail


@dataclass(frozen=True)
class GroupAgreement:
    """How well the scores of two groups of runs agree, means over pairs of groups.

    Attributes
    ----------
    examples : float
        Examples that have a score in both groups, 0 if no pair can be compared; then all else is
        NaN.
    pearson, spearman : float
    lowest_overlap : tuple of float
        Share of the lowest `tails.FRACTIONS` that the two have in common.
    """

    examples: float
    pearson: float
    spearman: float
    lowest_overlap: tuple[float, ...]


def group_agreements(
    cube: xr.Dataset, score: str, batches: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]]
) -> list[GroupAgreement]:
    """The mean agreement of the pairs of groups in each batch, from few passes over the cube.

    Parameters
    ----------
    cube : xarray.Dataset
    score : str
        A statistic of examples.
    batches : sequence
        Each a sequence of pairs of runs, int (run,).

    Returns
    -------
    list of GroupAgreement
        One for each batch.
    """
    groups: list[np.ndarray] = []
    for batch in batches:
        for pair in batch:
            groups += pair
    weight = np.zeros((len(groups), cube.sizes["run"]), np.int64)
    for row, runs in enumerate(groups):
        weight[row, runs] = 1
    scores = scores_by_group(cube, weight, score)
    is_lone = lone_examples(cube)
    if is_lone is not None:
        scores[..., is_lone.values] = math.nan

    ends = np.cumsum([2 * len(batch) for batch in batches])
    found = []
    for rows in np.split(scores, ends[:-1]):
        found.append(_mean_agreement(rows[0::2], rows[1::2]))
    return found


def _mean_agreement(first: np.ndarray, second: np.ndarray) -> GroupAgreement:
    """Means over the pairs of rows that can be compared."""
    from scipy.stats import rankdata

    examples, correlations, overlaps = [], [], []
    for x, y in zip(first, second, strict=True):
        known = np.isfinite(x) & np.isfinite(y)
        x, y = x[known], y[known]
        if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
            continue
        examples.append(len(x))
        correlations.append((correlation(x, y), correlation(rankdata(x), rankdata(y))))
        overlaps.append([tail(x, y, "lowest", fraction).overlap for fraction in FRACTIONS])
    if not examples:
        return GroupAgreement(0.0, math.nan, math.nan, (math.nan,) * len(FRACTIONS))
    pearson, spearman = np.mean(correlations, axis=0).tolist()
    overlap = tuple(np.mean(overlaps, axis=0).tolist())
    return GroupAgreement(float(np.mean(examples)), pearson, spearman, overlap)
