"""The consistency score: held-out counts, profile, C-score and its standard error."""

import xarray as xr

from cscore_data.scores.counts import as_counts, mean_over_runs
from cscore_data.scores.standard_errors import mean_over_ratios_stderr, profile_variance
from cscore_data.scores.statistic import statistic


@statistic(
    needs=("counts",),
    dims=("ratio", "example"),
    kinds="iu",
    meaning="runs in which the example was held out",
    counts=("held_out",),
)
def held_out_count(counts: xr.Dataset) -> xr.DataArray:
    """Count the runs in which each example was held out.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube.

    Returns
    -------
    xarray.DataArray
        `held_out_count` int32 (ratio, example), lazy if the input is.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> held_out_count(make_cube(examples=4)).values
    array([[5, 4, 5, 3],
           [3, 4, 5, 2],
           [1, 1, 0, 2]], dtype=int32)
    """
    return as_counts(counts, ["held_out"])["held_out"]


@statistic(
    needs=("counts",),
    dims=("ratio", "example"),
    kinds="f",
    meaning="held-out accuracy at each subset ratio (consistency profile)",
    counts=("held_out", "held_out_correct"),
)
def profile(counts: xr.Dataset) -> xr.DataArray:
    r"""Consistency profile: the held-out accuracy of each example at each subset ratio.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube.

    Returns
    -------
    xarray.DataArray
        `profile` float64 (ratio, example) in 0..1, NaN where the example was never held out; lazy
        if the input is.

    Notes
    -----
    :math:`\hat C(x; s) = \sum_r c_r h_r / \sum_r h_r` over the runs r at ratio s, with c = correct
    and h = held out.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer, ICML 2021, section 2.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> profile(make_cube(runs=100, examples=4)).round(2).values
    array([[1.  , 0.77, 0.36, 0.22],
           [1.  , 0.84, 0.82, 0.53],
           [1.  , 0.91, 0.86, 0.58]])
    """
    found = as_counts(counts, ["held_out", "held_out_correct"])
    return mean_over_runs(found["held_out_correct"], found["held_out"])


@statistic(
    needs=("profile",),
    dims=("example",),
    kinds="f",
    meaning="consistency score: mean of the profile over subset ratios; higher = more regular",
    options=("skipna",),
)
def cscore(profile: xr.DataArray, *, skipna: bool = False) -> xr.DataArray:
    """C-score: the unweighted mean of the profile over subset ratios.

    Parameters
    ----------
    profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        False: an example that was never held out at some ratio has no C-score (NaN). True: the mean
        is over the ratios that it has, so that examples may be means over different ratios.

    Returns
    -------
    xarray.DataArray
        `cscore` float64 (example,) in 0..1, higher = more regular; lazy if the profile is.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer, ICML 2021, section 2.

    Examples
    --------
    >>> curves = xr.DataArray([[0.2, float("nan")], [0.6, 1.0]], dims=("ratio", "example"))
    >>> cscore(curves).values
    array([0.4, nan])
    >>> cscore(curves, skipna=True).values
    array([0.4, 1. ])
    """
    return profile.mean("ratio", skipna=skipna)


@statistic(
    needs=("profile", "held_out_count"),
    dims=("example",),
    kinds="f",
    meaning="standard error of the consistency score, runs taken as independent",
    options=("skipna", "prior"),
)
def cscore_stderr(
    profile: xr.DataArray,
    held_out_count: xr.DataArray,
    *,
    skipna: bool = False,
    prior: float = 0.0,
) -> xr.DataArray:
    r"""Standard error of the C-score, with runs taken as independent.

    Parameters
    ----------
    profile : xarray.DataArray
        Float (ratio, example).
    held_out_count : xarray.DataArray
        Int (ratio, example).
    skipna : bool
        As in `cscore`.
    prior : float
        Runs of either outcome that are added to those of a ratio before its variance is estimated,
        >= 0, for a single ratio; divided by √S for each of S ratios.

    Returns
    -------
    xarray.DataArray
        `cscore_stderr` float64 (example,), lazy if its inputs are. With a prior, NaN where a single
        run in all held the example out.

    Notes
    -----
    :math:`\sqrt{\sum_s p_s (1 - p_s) / k_s} / S` over the S ratios, with k the count and p the
    profile, or with a `prior` a :math:`(p k + b) / (k + 2 b)`, where :math:`b = a / \sqrt{S}`.

    Without a prior it is 0 where all runs agree, however few, and too small where counts are: with
    ten runs at ratios of 0.5, 0.7 and 0.9, intervals of a nominal 95 % covered 61 % of the digits
    with scores between .05 and .95, and with a prior of 1/2, Jeffreys', 96 %. As many runs added
    at each of nine ratios would make intervals too wide: 99 % with eight runs, instead of 97 %.
    Where models are always right they cover in any case.

    That the runs of a block of balanced subsets hold out different examples makes an example's own
    runs no more alike. Where subsets are nested the standard error is too small: the ratios of one
    run are then not independent.

    Examples
    --------
    >>> curves = xr.DataArray([[0.5], [0.5]], dims=("ratio", "example"))
    >>> cscore_stderr(curves, xr.full_like(curves, 50, int)).values
    array([0.05])
    """
    variance = profile_variance(profile, held_out_count, prior=prior)
    return mean_over_ratios_stderr(variance, profile, skipna=skipna)
