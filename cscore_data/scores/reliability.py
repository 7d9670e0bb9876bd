"""Reliability: how well the scores of a study agree with those of a repetition of it."""

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.group_agreement import group_agreements
from cscore_data.scores.run_blocks import block_length, pairs_of_groups, runs_done
from cscore_data.scores.spearman_brown import grown, runs_for, stepped_up

__all__ = ["Reliability", "reliability", "runs_for", "stepped_up"]

#: Correlations of ranks are not extrapolated from groups of fewer runs.
FEWEST_RUNS = 10


@dataclass(frozen=True)
class Reliability:
    """How well the scores of a study agree with those of a repetition of it.

    Attributes
    ----------
    score : str
        The statistic.
    runs : int
        Runs of the study at each ratio.
    runs_per_half : int
        Runs of each of the two groups that were compared.
    splits : int
        Splits that the figures are means over.
    examples : int
        Examples that had a score in both groups, the mean over the splits.
    left_out : int
        The others.
    pearson : float
        Correlation with a repetition of the whole study, stepped up from that of the two groups.
    spearman : float
        The same of ranks, extrapolated from groups of a quarter and of half of the runs; NaN if a
        quarter is less than ten runs.
    lowest_overlap : tuple of float
        Share of the lowest 1 %, 5 % and 10 % (`tails.FRACTIONS`) that the two groups have in
        common. It is not stepped up: the overlap with a repetition of the whole study is larger.
    """

    score: str
    runs: int
    runs_per_half: int
    splits: int
    examples: int
    left_out: int
    pearson: float
    spearman: float
    lowest_overlap: tuple[float, ...]

    @property
    def pearson_with_truth(self) -> float:
        """Expected correlation with the scores of infinitely many runs."""
        return math.sqrt(max(self.pearson, 0.0))


def reliability(
    cube: xr.Dataset, *, score: str = "cscore", splits: int = 10, seed: int = 0
) -> Reliability:
    r"""How well a study's scores agree with those of a repetition of it, from halves of its runs.

    Parameters
    ----------
    cube : xarray.Dataset
        May be incomplete: runs that are done at some ratio take part.
    score : str
        A statistic of examples, a name in `STATISTICS`.
    splits : int
        Random splits of the runs in halves, the same at all ratios; the results are means.
    seed : int
        Of the splits.

    Returns
    -------
    Reliability

    Raises
    ------
    InvalidInputError
        If there are too few runs to be split, or halves in which hardly any example has a score, or
        the cube cannot carry the statistic.

    Notes
    -----
    The correlation r of two halves is that of a study with half of the runs. By Spearman and Brown,
    that of the whole is :math:`n r / (1 + (n - 1) r)`, with n = 2, or a little more if the runs
    cannot be halved exactly. The correlation with the truth, the scores of infinitely many runs, is
    the root of that.

    For ranks this is too high where many scores tie, as more runs break ties at random: on digits
    with 40 runs, whose C-scores are mostly 1, it gave .93 where a repetition had .89. Therefore it
    is measured how the odds r / (1 - r) grow from quarters to halves of the runs, and they are
    taken to go on so, which gave .89 and .90. From quarters of less than ten runs nothing can be
    told: there it was off by up to .07.

    Runs of balanced subsets are split in blocks that hold out all examples equally often, as a
    repetition would. Examples that lack a score in one of the halves are left out.

    All splits are computed from one pass over the cube, or a few if there are many examples.

    References
    ----------
    Spearman, Brown, British Journal of Psychology 3 (1910).

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> found = reliability(make_cube(runs=40, examples=200))
    >>> found.runs, found.runs_per_half
    (40, 20)
    >>> round(found.pearson, 2), round(found.pearson_with_truth, 2)
    (0.93, 0.96)
    """
    if splits < 1:
        raise InvalidInputError(f"splits: found {splits}, expected at least 1")

    # Halves, and if they are large enough, quarters.
    runs, length = runs_to_split(cube)
    half = len(runs) // length // 2 * length
    random = np.random.default_rng(seed)
    pairs = pairs_of_groups(runs, length=length, size=half, splits=splits, random=random)
    batches = [pairs]
    quarter = half // 2 // length * length
    if quarter >= FEWEST_RUNS:
        smaller = pairs_of_groups(runs, length=length, size=quarter, splits=splits, random=random)
        batches.append(smaller)
    agreement, *others = group_agreements(cube, score, batches)
    if not agreement.examples:
        raise InvalidInputError(
            f"reliability: hardly any example has a different {score} from others in both halves "
            f"of {half} runs; add runs"
        )

    # From quarters to halves to the whole.
    spearman = math.nan
    if others:
        spearman = grown(
            others[0].spearman,
            agreement.spearman,
            between=half / quarter,
            times=len(runs) / half,
        )
    return Reliability(
        score=score,
        runs=len(runs),
        runs_per_half=half,
        splits=len(pairs),
        examples=round(agreement.examples),
        left_out=round(cube.sizes["example"] - agreement.examples),
        pearson=stepped_up(agreement.pearson, len(runs) / half),
        spearman=spearman,
        lowest_overlap=agreement.lowest_overlap,
    )


def runs_to_split(cube: xr.Dataset) -> tuple[np.ndarray, int]:
    """The runs of a cube that can be split in halves, and how many of them stay together.

    Raises
    ------
    InvalidInputError
        If there are too few.
    """
    runs = runs_done(cube)
    length = block_length(cube, runs=len(runs))
    if len(runs) < 2 * length:
        raise InvalidInputError(
            f"reliability: found {len(runs)} runs at a ratio, expected at least {2 * length} to "
            "split in halves; add runs"
        )
    return runs, length
