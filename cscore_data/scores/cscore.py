"""The consistency score: held-out counts, profile, C-score and its standard error."""

import xarray as xr

from cscore_data.scores.counts import as_counts
from cscore_data.scores.statistic import statistic


@statistic(
    needs=("counts",),
    dims=("ratio", "example"),
    kinds="iu",
    meaning="runs in which the example was held out",
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
    return as_counts(counts)["held_out"]


@statistic(
    needs=("counts",),
    dims=("ratio", "example"),
    kinds="f",
    meaning="held-out accuracy at each subset ratio (consistency profile)",
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
    found = as_counts(counts)
    held_out = found["held_out"]
    # NaN, not 0, where an example was never held out.
    return found["held_out_correct"] / held_out.where(held_out > 0)


@statistic(
    needs=("profile",),
    dims=("example",),
    kinds="f",
    meaning="consistency score: mean of the profile over subset ratios; higher = more regular",
    takes_skipna=True,
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
    takes_skipna=True,
)
def cscore_stderr(
    profile: xr.DataArray, held_out_count: xr.DataArray, *, skipna: bool = False
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

    Returns
    -------
    xarray.DataArray
        `cscore_stderr` float64 (example,), lazy if its inputs are.

    Notes
    -----
    :math:`\sqrt{\sum_s p_s (1 - p_s) / k_s} / S` over the S ratios, with p the profile and k the
    count. It is 0 where all runs agree, and too small where subsets are nested: the ratios of one
    run are then not independent.

    Examples
    --------
    >>> curves = xr.DataArray([[0.5], [0.5]], dims=("ratio", "example"))
    >>> cscore_stderr(curves, xr.full_like(curves, 50, int)).values
    array([0.05])
    """
    # The variance of a proportion p of k runs is p (1 - p) / k.
    variance = (profile * (1 - profile) / held_out_count).sum("ratio", skipna=skipna)
    ratios = profile.notnull().sum("ratio")
    return variance**0.5 / ratios.where(ratios > 0)
