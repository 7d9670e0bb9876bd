"""Correlations of two arrays of scores, with bootstrap intervals."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

#: Examples that are drawn for one set of intervals, at most about; 200 resamples of 50,000 examples
#: take 4 seconds.
_DRAWN = 20_000_000


class Correlations(NamedTuple):
    """Three correlations in -1..1; all NaN if one of the arrays is constant."""

    spearman: float
    kendall: float
    pearson: float


@dataclass(frozen=True)
class Estimate:
    """A statistic and its 95% bootstrap interval; all NaN where it is undefined."""

    value: float
    low: float
    high: float


def default_resamples(examples: int) -> int:
    """Number of resamples for an interval: 200, fewer for more than 100,000 examples, at least 50.

    Examples
    --------
    >>> default_resamples(50_000), default_resamples(1_281_167)
    (200, 50)
    """
    return max(50, min(200, _DRAWN // examples))


def correlations(x: np.ndarray, y: np.ndarray) -> Correlations:
    """Spearman, Kendall (tau-b) and Pearson correlation of two arrays without NaN."""
    from scipy import stats

    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return Correlations(np.nan, np.nan, np.nan)
    # Of ties, each gets their mean rank.
    rank_x = stats.rankdata(x)
    rank_y = stats.rankdata(y)
    return Correlations(
        spearman=correlation(rank_x, rank_y),
        kendall=float(stats.kendalltau(rank_x, rank_y).statistic),
        pearson=correlation(x, y),
    )


def correlation_estimates(
    x: np.ndarray, y: np.ndarray, *, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Each of the three correlations with its interval, all from the same resamples."""
    # Not scipy.stats.bootstrap: its percentiles differ in the last digit.
    random = np.random.default_rng(seed)
    draws = []
    for _ in range(resamples):
        rows = random.integers(0, len(x), len(x))
        draws.append(correlations(x[rows], y[rows]))
    low, high = np.percentile(draws, (2.5, 97.5), axis=0)

    estimates = {}
    for column, (name, value) in enumerate(correlations(x, y)._asdict().items()):
        estimates[name] = Estimate(value, float(low[column]), float(high[column]))
    return estimates


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson correlation of two arrays without NaN, neither of them constant."""
    return float(np.corrcoef(x, y)[0, 1])
