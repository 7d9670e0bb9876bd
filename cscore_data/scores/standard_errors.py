"""Variances of means over runs, and the standard error of a mean of these over ratios."""

import xarray as xr


def proportion_variance(
    share: xr.DataArray, count: xr.DataArray, *, prior: float = 0.0
) -> xr.DataArray:
    """Variance of the share of runs that have an outcome, such as to be correct.

    Parameters
    ----------
    share : xarray.DataArray
        Float in 0..1, NaN where there are no runs.
    count : xarray.DataArray
        The number of runs.
    prior : float
        Runs of either outcome that are added, so that an outcome that all runs share is not taken
        as certain. 1/2 is Jeffreys' prior.

    Examples
    --------
    >>> one = xr.DataArray([1.0]), xr.DataArray([1])
    >>> proportion_variance(*one).values, proportion_variance(*one, prior=0.5).values
    (array([0.]), array([0.1875]))
    """
    if prior:
        share = (share * count + prior) / (count + 2 * prior)
    return share * (1 - share) / count


def mean_variance(
    total: xr.DataArray, total_of_squares: xr.DataArray, count: xr.DataArray
) -> xr.DataArray:
    """Variance of a mean over runs at each ratio, from sums over these runs.

    Parameters
    ----------
    total, total_of_squares : xarray.DataArray
        Sums over runs of a quantity and of its square (ratio, ...).
    count : xarray.DataArray
        The number of runs (ratio, ...).

    Returns
    -------
    xarray.DataArray
        Float64 (ratio, ...), NaN where there are no runs, or a single one at every ratio.

    Notes
    -----
    The spread of the runs about the mean of their ratio is estimated once for each example, from
    the runs at all ratios. One or two runs at a ratio, as large ratios have them, know too little
    of it: with a spread for each ratio, intervals for a nominal 95 % covered 85 % in simulations
    of 20 runs at ratios of 0.5, 0.7 and 0.9, and 92 % with a common one.

    Examples
    --------
    Runs 1, 3 at the first ratio, and 4 at the second:

    >>> total = xr.DataArray([4.0, 4.0], dims="ratio")
    >>> squares = xr.DataArray([10.0, 16.0], dims="ratio")
    >>> mean_variance(total, squares, xr.DataArray([2, 1], dims="ratio")).values
    array([1., 2.])
    """
    known = count.where(count > 0)
    # Rounding can make it negative where all runs are the same.
    deviations = (total_of_squares - total**2 / known).clip(min=0).sum("ratio")
    freedom = (known - 1).sum("ratio")
    return deviations / freedom.where(freedom > 0) / known


def mean_over_ratios_stderr(
    variance: xr.DataArray, mean: xr.DataArray, *, skipna: bool = False
) -> xr.DataArray:
    """Standard error of the unweighted mean over ratios.

    Parameters
    ----------
    variance : xarray.DataArray
        Of the mean at each ratio (ratio, ...); ratios are taken as independent.
    mean : xarray.DataArray
        Float (ratio, ...), NaN where an example has none.
    skipna : bool
        Whether the mean is over the ratios that an example has; else it is NaN where one lacks.

    Returns
    -------
    xarray.DataArray
        Float64 (...); NaN where a variance that counts is unknown.

    Examples
    --------
    >>> variance = xr.DataArray([0.09, 0.16], dims="ratio")
    >>> float(mean_over_ratios_stderr(variance, xr.zeros_like(variance)))
    0.25
    """
    is_used = mean.notnull()
    if skipna:
        # A variance of 0 adds nothing.
        variance = variance.where(is_used, 0)
    ratios = is_used.sum("ratio")
    return variance.sum("ratio", skipna=False) ** 0.5 / ratios.where(ratios > 0)
