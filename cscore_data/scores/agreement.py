"""How far two sets of scores tell the same story."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.correlations import Estimate, correlation_estimates, default_resamples
from cscore_data.scores.tails import Tail, all_tails, tied_share

__all__ = [
    "Agreement",
    "Estimate",
    "Tail",
    "agreement",
    "agreement_by_class",
    "disagreements",
    "flipped",
    "hint",
]

#: Below this Spearman correlation we assume that one score is inverted.
_OPPOSITE = -0.3


@dataclass(frozen=True)
class Agreement:
    """How far two sets of scores tell the same story.

    Attributes
    ----------
    examples : int
        Examples that have a score on both sides.
    spearman, kendall, pearson : Estimate
        Correlations, -1..1; Kendall's is tau-b.
    mean_absolute_difference : float
        NaN unless both scores lie in 0..1: on different scales it would mean nothing.
    tails : tuple of Tail
    tied : tuple of float
        Share of the examples whose score in A, in B is another example's as well.
    resamples : int
        Number of resamples behind the intervals.
    """

    examples: int
    spearman: Estimate
    kendall: Estimate
    pearson: Estimate
    mean_absolute_difference: float
    tails: tuple[Tail, ...]
    tied: tuple[float, float]
    resamples: int


def agreement(
    a: xr.Dataset, b: xr.Dataset, *, resamples: int | None = None, seed: int = 0
) -> Agreement:
    """Agreement of two sets of scores of the same examples in the same order, as from `align`.

    Parameters
    ----------
    a, b : xarray.Dataset
        `cscore` (example,); examples without a score (NaN) on either side are left out.
    resamples : int, optional
        For the intervals; by default 200, fewer for more than 100,000 examples, at least 50.
    seed : int
        Of the resamples.

    Raises
    ------
    InvalidInputError
        If fewer than three examples have both scores, or all have the same score.

    Notes
    -----
    Intervals are percentiles 2.5 and 97.5 of the statistic over resamples of the examples with
    replacement. They say how much the statistic would vary with other examples, not with other
    runs.

    Ties: ranks are mean ranks. Examples tied at the edge of a tail belong to it in part (see
    `tails.tail`). So where three quarters of the scores are 1, the overlap of the highest 1% is
    near chance, because there is no highest 1%.

    Examples
    --------
    >>> from cscore_data.scores.reduce import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> a = reduce_cube(make_cube(runs=40, examples=50, seed=1))
    >>> b = reduce_cube(make_cube(runs=40, examples=50, seed=2))
    >>> found = agreement(a, b, resamples=20)
    >>> found.examples
    50
    >>> round(found.spearman.value, 2)
    0.93
    """
    x, y = _scores_of(a, b)
    known = np.isfinite(x) & np.isfinite(y)
    x = x[known]
    y = y[known]
    if len(x) < 3:
        raise InvalidInputError(
            f"found {len(x)} common examples with a score on both sides, expected at least 3"
        )
    for name, score in (("A", x), ("B", y)):
        if score.min() == score.max():
            raise InvalidInputError(
                f"all scores of {name} are {score[0]:g}; there is no ranking to compare"
            )
    return _agreement(x, y, resamples or default_resamples(len(x)), seed)


def agreement_by_class(
    a: xr.Dataset, b: xr.Dataset, *, resamples: int | None = None, seed: int = 0
) -> dict[int, Agreement]:
    """`agreement` within each class, by the labels of `a` or else of `b`; empty without labels.

    Classes with fewer than three scores are left out; a class whose scores are all the same has
    correlations NaN.
    """
    if "label" in a.coords:
        label = a["label"].values
    elif "label" in b.coords:
        label = b["label"].values
    else:
        return {}

    x, y = _scores_of(a, b)
    known = np.isfinite(x) & np.isfinite(y)
    if resamples is None:
        resamples = default_resamples(int(known.sum()))
    classes, sizes = np.unique(label[known], return_counts=True)
    found = {}
    for name in classes[sizes >= 3]:
        rows = known & (label == name)
        found[int(name)] = _agreement(x[rows], y[rows], resamples, seed)
    return found


def hint(found: Agreement) -> str | None:
    """What to suspect when two scores disagree strongly, or None."""
    spearman = found.spearman.value
    if spearman < _OPPOSITE:
        return (
            f"strong negative agreement (Spearman {spearman:.3f}): A and B point in opposite "
            "directions; in one of them lower probably means more regular"
        )
    return None


def flipped(scores: xr.Dataset) -> xr.Dataset:
    """Invert scores of which lower means more regular: 1 - score if all lie in 0..1, else -score.

    Returns
    -------
    xarray.Dataset
        `cscore` (example,) with its coordinates and the attributes of `scores`; the title says what
        was done.
    """
    score = scores["cscore"]
    if _in_unit_interval(score.values):
        inverted = 1 - score
        formula = "1 - score"
    else:
        inverted = -score
        formula = "-score"
    title = f"{scores.attrs.get('title', 'scores')}, turned round ({formula})"
    described = inverted.assign_attrs(score.attrs)
    return scores[["cscore"]].assign(cscore=described).assign_attrs(title=title)


def disagreements(a: xr.Dataset, b: xr.Dataset, *, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that rank higher in one of two aligned sets of scores than in the other.

    Their order is that of the differences of the scores if all lie in 0..1, else of the ranks. An
    example that ties with others has a range of ranks; the difference is between the two ranks that
    are closest.

    Returns
    -------
    higher_in_a, higher_in_b : int (at most count,)
        The widest difference first.
    """
    x, y = _scores_of(a, b)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    lowest_a, highest_a = _rank_range(x[known])
    lowest_b, highest_b = _rank_range(y[known])
    # Zero where the ranges overlap: a tie is no disagreement.
    of_ranks = np.maximum(lowest_a - highest_b, 0) + np.minimum(highest_a - lowest_b, 0)

    # Where many examples tie, a small difference of scores is a large one of ranks.
    difference = of_ranks
    if _in_unit_interval(x[known]) and _in_unit_interval(y[known]):
        difference = x[known] - y[known]

    # Differences that are the same stay in the order of the examples.
    order = np.argsort(-difference, kind="stable")
    higher_in_a = order[of_ranks[order] > 0][:count]
    higher_in_b = order[of_ranks[order] < 0][::-1][:count]
    return known[higher_in_a], known[higher_in_b]


def _agreement(x: np.ndarray, y: np.ndarray, resamples: int, seed: int) -> Agreement:
    estimates = correlation_estimates(x, y, resamples=resamples, seed=seed)
    # On different scales a difference would mean nothing.
    difference = float("nan")
    if _in_unit_interval(x) and _in_unit_interval(y):
        difference = float(np.abs(x - y).mean())
    return Agreement(
        examples=len(x),
        **estimates,
        mean_absolute_difference=difference,
        tails=all_tails(x, y),
        tied=(tied_share(x), tied_share(y)),
        resamples=resamples,
    )


def _scores_of(a: xr.Dataset, b: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    return a["cscore"].values.astype(np.float64), b["cscore"].values.astype(np.float64)


def _rank_range(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest rank that each example may have among those it ties with."""
    from scipy import stats

    return stats.rankdata(score, "min"), stats.rankdata(score, "max")


def _in_unit_interval(score: np.ndarray) -> bool:
    return not ((score < 0) | (score > 1)).any()
