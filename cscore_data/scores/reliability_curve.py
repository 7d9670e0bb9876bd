"""How reliability grows with the number of runs: measured on parts of a cube, then extrapolated."""

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.group_agreement import GroupAgreement, group_agreements
from cscore_data.scores.reliability import FEWEST_RUNS, runs_to_split
from cscore_data.scores.run_blocks import pairs_of_groups
from cscore_data.scores.spearman_brown import grown, stepped_up
from cscore_data.scores.tails import FRACTIONS


def reliability_curve(
    cube: xr.Dataset,
    *,
    score: str = "cscore",
    runs: Sequence[int] | None = None,
    up_to: int | None = None,
    splits: int = 10,
    seed: int = 0,
) -> xr.Dataset:
    """Reliability at growing numbers of runs, measured and then extrapolated.

    Parameters
    ----------
    cube : xarray.Dataset
    score : str
        As in `reliability`.
    runs : sequence of int, optional
        Numbers of runs at which it is measured: at most half of those in the cube, as two groups
        that share no run are compared. By default, halves of halves.
    up_to : int, optional
        Number of runs up to which it is extrapolated; by default four times those of the cube.
    splits, seed : int
        As in `reliability`.

    Returns
    -------
    xarray.Dataset
        `pearson` and `spearman` float64 (runs,); `lowest_overlap` float64 (fraction, runs), NaN
        where it is not measured; `measured` bool (runs,). Measured values are correlations of two
        groups of so many runs each; the others follow from them as in `reliability`.

    Raises
    ------
    InvalidInputError
        As `reliability`, or if a number of runs cannot be measured.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> curve = reliability_curve(make_cube(runs=40, examples=200))
    >>> curve["runs"].values, int(curve["measured"].sum())
    (array([  5,  10,  20,  40,  80, 160]), 3)
    """
    done, length = runs_to_split(cube)
    most = len(done) // length // 2 * length
    sizes = _halvings(most, length) if runs is None else sorted(set(runs))
    for size in sizes:
        if not 1 <= size <= most:
            raise InvalidInputError(
                f"runs: found {size}, expected 1..{most}, half of the {len(done)} that there are"
            )

    random = np.random.default_rng(seed)
    batches = []
    for size in sizes:
        together = length if size % length == 0 else 1
        pairs = pairs_of_groups(done, length=together, size=size, splits=splits, random=random)
        batches.append(pairs)
    measured = group_agreements(cube, score, batches)
    larger = _doublings(sizes[-1], len(done), 4 * len(done) if up_to is None else up_to)
    return _curve(sizes, measured, larger).assign_attrs(score=score)


def _curve(
    sizes: Sequence[int], measured: Sequence[GroupAgreement], larger: Sequence[int]
) -> xr.Dataset:
    """The measured values, and after them those that follow from the last one."""
    pearson = [agreement.pearson for agreement in measured]
    spearman = [agreement.spearman for agreement in measured]
    for size in larger:
        times = size / sizes[-1]
        pearson.append(stepped_up(measured[-1].pearson, times))
        spearman.append(_spearman_of_more(sizes, measured, times))

    runs = [*sizes, *larger]
    overlap = np.full((len(FRACTIONS), len(runs)), np.nan)
    for column, agreement in enumerate(measured):
        overlap[:, column] = agreement.lowest_overlap
    variables = {
        "pearson": ("runs", pearson),
        "spearman": ("runs", spearman),
        "lowest_overlap": (("fraction", "runs"), overlap),
        "measured": ("runs", np.arange(len(runs)) < len(sizes)),
    }
    return xr.Dataset(variables, {"runs": runs, "fraction": list(FRACTIONS)})


def _spearman_of_more(
    sizes: Sequence[int], measured: Sequence[GroupAgreement], times: float
) -> float:
    """What follows from the two largest groups; NaN if they are too small."""
    if len(sizes) < 2 or sizes[-2] < FEWEST_RUNS:
        return math.nan
    first, second = measured[-2:]
    between = sizes[-1] / sizes[-2]
    return grown(first.spearman, second.spearman, between=between, times=times)


def _halvings(most: int, length: int) -> list[int]:
    """Numbers of runs up to `most`, each about twice the one before, in whole blocks."""
    sizes = []
    blocks = most // length
    while blocks:
        sizes.append(blocks * length)
        blocks //= 2
    # Not below five runs, where few examples have a score.
    return [size for size in reversed(sizes) if size >= min(5, most)]


def _doublings(last: int, runs: int, up_to: int) -> list[int]:
    """Numbers of runs to extrapolate to: that of the cube, each twice the one before, `up_to`."""
    sizes = []
    size = runs
    while size < up_to:
        sizes.append(size)
        size *= 2
    return [size for size in [*sizes, up_to] if size > last]
