"""Two sets of scores side by side: their agreement, where they disagree, and what a set looks like."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from cscore_data.errors import InvalidInputError

#: Ends of the ranking whose overlap is stated, as shares of the examples.
TAILS = (0.01, 0.05, 0.1)

#: Beyond this rank correlation, negative, two scores do not differ: one of them points the other way.
_OPPOSITE = -0.3

#: Examples drawn for the intervals of one agreement at most, about; 50,000 examples 200 times over take 4 seconds.
_DRAWN = 20_000_000


def flipped(scores: xr.Dataset) -> xr.Dataset:
    """Scores of which lower means more regular, turned round: 1 - score if all lie in 0..1, else -score.

    Returns
    -------
    xarray.Dataset
        `cscore` (example,) with its coordinates and the attributes of `scores`; the title says what was done.
    """
    score = scores["cscore"]
    turned, words = (1 - score, "1 - score") if _in_unit_interval(score.values) else (-score, "-score")
    title = f"{scores.attrs.get('title', 'scores')}, turned round ({words})"
    return scores[["cscore"]].assign(cscore=turned.assign_attrs(score.attrs)).assign_attrs(title=title)


@dataclass(frozen=True)
class Estimate:
    """A statistic and its bootstrap interval of 95%; all NaN where it is undefined, as for constant scores."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Tail:
    """How far one end of the ranking is the same.

    Attributes
    ----------
    end : str
        ``lowest`` or ``highest``.
    fraction : float
        Share of the examples that the tail holds.
    overlap : float
        Share of A's tail that is in B's too, 0..1.
    chance : float
        The overlap of unrelated scores: the tail's share of the examples.
    tied : tuple of float
        Shares of all examples whose score in A, in B is the one at the tail's edge, if several have it; else 0.
    """

    end: str
    fraction: float
    overlap: float
    chance: float
    tied: tuple[float, float]


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
        Shares of the examples whose score in A, in B is another example's as well.
    resamples : int
        How many the intervals are from.
    """

    examples: int
    spearman: Estimate
    kendall: Estimate
    pearson: Estimate
    mean_absolute_difference: float
    tails: tuple[Tail, ...]
    tied: tuple[float, float]
    resamples: int


def agreement(a: xr.Dataset, b: xr.Dataset, *, resamples: int | None = None, seed: int = 0) -> Agreement:
    """Agreement of two sets of scores of the same examples in the same order, as `alignment.align` gives them.

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
    Intervals: percentiles 2.5 and 97.5 of the statistic over resamples of the examples with replacement. They say how
    much the statistic would vary with other examples, not with other runs.
    Ties: ranks are mean ranks. A tail holds its share of the examples exactly; those tied at its edge belong to it in
    part, as if ties were broken at random in A and in B independently, and the overlap is the one expected. So where
    three quarters of the scores are 1, the overlap of the highest 1% is near chance, for there is no highest 1%.
    """
    x, y = _known_scores(a, b)
    if len(x) < 3:
        raise InvalidInputError(f"found {len(x)} common examples with a score on both sides, expected at least 3")
    for name, score in (("A", x), ("B", y)):
        if score.min() == score.max():
            raise InvalidInputError(f"all scores of {name} are {score[0]:g}; there is no ranking to compare")
    return _agreement(x, y, resamples, seed)


def agreement_by_class(
    a: xr.Dataset, b: xr.Dataset, *, resamples: int | None = None, seed: int = 0
) -> dict[int, Agreement]:
    """`agreement` within each class, by the labels of `a` or else of `b`; empty without labels.

    Classes with fewer than three scores are left out; a class whose scores are all the same has correlations NaN.
    """
    labelled = next((scores for scores in (a, b) if "label" in scores.coords), None)
    if labelled is None:
        return {}
    x, y, label = _known_scores(a, b, labelled["label"].values)
    if resamples is None:
        resamples = _default_resamples(len(x))
    classes, sizes = np.unique(label, return_counts=True)
    return {int(name): _agreement(x[label == name], y[label == name], resamples, seed) for name in classes[sizes >= 3]}


def hint(found: Agreement) -> str | None:
    """What to suspect when two scores disagree strongly, or None."""
    if not found.spearman.value < _OPPOSITE:
        return None
    return (
        f"strong negative agreement (Spearman {found.spearman.value:.3f}): A and B point in opposite directions; in "
        "one of them lower probably means more regular"
    )


def disagreements(a: xr.Dataset, b: xr.Dataset, *, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows in which two aligned sets of scores disagree most, by the difference of ranks: of ties, the closest ranks.

    Returns
    -------
    higher_in_a, higher_in_b : int (at most count,)
        The widest difference first.
    """
    known = np.flatnonzero(np.isfinite(a["cscore"].values) & np.isfinite(b["cscore"].values))
    # The least and the greatest rank that an example may have among those that it ties with.
    (low_a, high_a), (low_b, high_b) = (
        [stats.rankdata(scores["cscore"].values[known], method) for method in ("min", "max")] for scores in (a, b)
    )
    difference = np.maximum(low_a - high_b, 0) + np.minimum(high_a - low_b, 0)
    order = np.argsort(-difference, kind="stable")
    higher_in_a = order[difference[order] > 0][:count]
    higher_in_b = order[difference[order] < 0][::-1][:count]
    return known[higher_in_a], known[higher_in_b]


def class_statistics(scores: xr.Dataset) -> xr.Dataset:
    """Mean and spread of the scores of each class.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).

    Returns
    -------
    xarray.Dataset
        `mean`, `spread` (standard deviation) float64 and `size` int (label,), over the examples that have a score.
    """
    table = pd.DataFrame({"label": scores["label"].values, "cscore": scores["cscore"].values}).dropna()
    groups = table.groupby("label")["cscore"]
    found = pd.DataFrame({"mean": groups.mean(), "spread": groups.std(ddof=0), "size": groups.size()})
    return xr.Dataset.from_dataframe(found)


def ratio_correlation(scores: xr.Dataset) -> xr.DataArray:
    """Spearman correlation of each single ratio's held-out accuracy with the whole C-score.

    Parameters
    ----------
    scores : xarray.Dataset
        `profile` (ratio, example) and `cscore` (example,).

    Returns
    -------
    xarray.DataArray
        `ratio_correlation` float64 (ratio,) in -1..1, NaN where a profile is constant. Loads its input.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer, ICML 2021: how well one subset ratio stands in for all.
    """
    score = scores["cscore"].values
    known = (_finite(curve, score) for curve in scores["profile"].transpose("ratio", "example").values)
    correlation = [_statistics(*pair)[0] for pair in known]
    return xr.DataArray(correlation, {"ratio": scores["ratio"]}, "ratio", name="ratio_correlation")


def _known_scores(a: xr.Dataset, b: xr.Dataset, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    return _finite(a["cscore"].values.astype(np.float64), b["cscore"].values.astype(np.float64), *others)


def _finite(x: np.ndarray, y: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    known = np.isfinite(x) & np.isfinite(y)
    return tuple(array[known] for array in (x, y, *others))


def _in_unit_interval(score: np.ndarray) -> bool:
    return not ((score < 0) | (score > 1)).any()


def _default_resamples(examples: int) -> int:
    return max(50, min(200, _DRAWN // examples))


def _agreement(x: np.ndarray, y: np.ndarray, resamples: int | None, seed: int) -> Agreement:
    resamples = resamples or _default_resamples(len(x))
    spearman, kendall, pearson = _correlations(x, y, resamples, seed)
    comparable = _in_unit_interval(x) and _in_unit_interval(y)
    return Agreement(
        len(x),
        spearman,
        kendall,
        pearson,
        mean_absolute_difference=float(np.abs(x - y).mean()) if comparable else float("nan"),
        tails=tuple(_tail(x, y, end, fraction) for end in ("lowest", "highest") for fraction in TAILS),
        tied=(_tied(x), _tied(y)),
        resamples=resamples,
    )


def _correlations(x: np.ndarray, y: np.ndarray, resamples: int, seed: int) -> list[Estimate]:
    """Spearman, Kendall and Pearson with intervals, all from the same resamples."""
    random = np.random.default_rng(seed)
    draws = [_statistics(x[rows], y[rows]) for rows in (random.integers(0, len(x), len(x)) for _ in range(resamples))]
    low, high = np.percentile(draws, (2.5, 97.5), axis=0)
    return [Estimate(*map(float, row)) for row in zip(_statistics(x, y), low, high, strict=True)]


def _statistics(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return (float("nan"),) * 3
    rank_x, rank_y = stats.rankdata(x), stats.rankdata(y)
    return _pearson(rank_x, rank_y), float(stats.kendalltau(rank_x, rank_y).statistic), _pearson(x, y)


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1])


def _tail(x: np.ndarray, y: np.ndarray, end: str, fraction: float) -> Tail:
    size = max(1, round(fraction * len(x)))
    sign = 1 if end == "lowest" else -1
    (in_x, tied_x), (in_y, tied_y) = (_membership(sign * score, size) for score in (x, y))
    return Tail(end, fraction, float(in_x @ in_y) / size, size / len(x), (tied_x, tied_y))


def _membership(score: np.ndarray, size: int) -> tuple[np.ndarray, float]:
    """How far each example belongs to the `size` lowest, 0..1, and the share of examples that tie at the edge."""
    edge = np.partition(score, size - 1)[size - 1]
    below, at_edge = score < edge, score == edge
    count = int(at_edge.sum())
    member = below + at_edge * ((size - int(below.sum())) / count)
    return member, count / len(score) if count > 1 else 0.0


def _tied(score: np.ndarray) -> float:
    counts = np.unique(score, return_counts=True)[1]
    return float(counts[counts > 1].sum() / len(score))
