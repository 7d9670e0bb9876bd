"""Confidence intervals of statistics, by drawing the runs again with replacement."""

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import EXAMPLES_PER_CHUNK
from cscore_data.scores.counts import remaining_coordinates
from cscore_data.scores.grouped_scores import check_numeric, scores_by_group
from cscore_data.scores.lone_examples import lone_examples, without_lone_examples
from cscore_data.scores.run_blocks import runs_done
from cscore_data.scores.statistics import STATISTICS


def bootstrap(
    cube: xr.Dataset,
    *,
    statistics: Sequence[str] = ("cscore",),
    resamples: int = 200,
    seed: int = 0,
    level: float = 0.95,
    skipna: bool = False,
) -> xr.Dataset:
    """Confidence intervals of statistics over resamples of the runs.

    Parameters
    ----------
    cube : xarray.Dataset
        May be incomplete: runs that are done at some ratio are drawn.
    statistics : sequence of str
        Names of `STATISTICS` that are numbers.
    resamples : int
        The runs are drawn so many times with replacement, the same runs at all ratios.
    seed : int
        Of the resamples.
    level : float
        Of the intervals, in (0, 1).
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.Dataset
        For each statistic its `NAME_low` and `NAME_high`, float64, in memory: percentiles over the
        resamples in which the example has the statistic, NaN if there are none, or the example is
        the only one of its class.

    Raises
    ------
    InvalidInputError
        If a statistic is unknown or cannot be carried, or a number is out of range.

    Notes
    -----
    Where all runs of an example agree, so do all resamples, and the interval has no width, however
    few the runs: standard errors with a prior (`cscore_stderr`) are honest there. With balanced
    subsets the intervals are somewhat wide, as resamples are not balanced.

    Needs resamples x 131,072 examples in memory, 8 bytes each, for each statistic in turn, and a
    pass over the cube for some twenty resamples of as many examples.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> found = bootstrap(make_cube(runs=50, examples=3, classes=1))
    >>> list(found)
    ['cscore_low', 'cscore_high']
    >>> found["cscore_low"].values.round(2)
    array([1.  , 0.62, 0.22])
    """
    if resamples < 2:
        raise InvalidInputError(f"resamples: found {resamples}, expected at least 2")
    if not 0 < level < 1:
        raise InvalidInputError(f"level: found {level:g}, expected 0 < level < 1")
    for name in statistics:
        check_numeric(cube, name)

    weight = _resampled(cube, resamples, np.random.default_rng(seed))
    parts = []
    for columns in _columns(cube.sizes["example"]):
        parts.append(_intervals(cube.isel(example=columns), weight, statistics, level, skipna))
    intervals = xr.concat(parts, "example") if len(parts) > 1 else parts[0]
    is_lone = lone_examples(cube)
    return intervals.map(without_lone_examples, keep_attrs=True, args=(is_lone,))


def known_quantiles(values: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """Quantiles over the first axis, NaN left out; much faster than `numpy.nanquantile`.

    Returns
    -------
    float64 (probability, ...)
        NaN where nothing is known.

    Examples
    --------
    >>> known_quantiles(np.array([[1.0], [np.nan], [2.0]]), [0.5])
    array([[1.5]])
    """
    # NaN stands last.
    ordered = np.sort(values, axis=0)
    last = np.isfinite(values).sum(axis=0) - 1
    found = []
    for probability in probabilities:
        place = np.maximum(last, 0) * probability
        below = np.floor(place).astype(np.intp)
        above = np.minimum(below + 1, np.maximum(last, 0))
        low = np.take_along_axis(ordered, below[np.newaxis], axis=0)[0]
        high = np.take_along_axis(ordered, above[np.newaxis], axis=0)[0]
        found.append(low + (place - below) * (high - low))
    return np.stack(found)


def _resampled(cube: xr.Dataset, resamples: int, random: np.random.Generator) -> np.ndarray:
    """How often each run is drawn in each resample: int (resample, run)."""
    runs = runs_done(cube)
    if len(runs) == 0:
        raise InvalidInputError("bootstrap: found no run that is done; train some first")
    weight = np.zeros((resamples, cube.sizes["run"]), np.int64)
    weight[:, runs] = random.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), resamples)
    return weight


def _columns(examples: int) -> Iterator[slice]:
    """Parts of the examples, as a cube has chunks of them."""
    for start in range(0, examples, EXAMPLES_PER_CHUNK):
        yield slice(start, start + EXAMPLES_PER_CHUNK)


def _intervals(
    cube: xr.Dataset, weight: np.ndarray, statistics: Sequence[str], level: float, skipna: bool
) -> xr.Dataset:
    tails = (1 - level) / 2, (1 + level) / 2
    variables = {}
    for name in statistics:
        entry = STATISTICS[name]
        drawn = scores_by_group(cube, weight, name, skipna=skipna)
        low, high = known_quantiles(drawn, tails)
        for end, values in (("low", low), ("high", high)):
            attrs = {"long_name": f"{end} end of the {level:g} interval: {entry.meaning}"}
            variables[f"{name}_{end}"] = (entry.dims, values, {**attrs, "units": "1"})
    return xr.Dataset(variables, remaining_coordinates(cube, None))
