"""The mean held-out margin: how far held-out models are from the decision, on either side."""

import xarray as xr

from cscore_data.scores.counts import as_counts
from cscore_data.scores.standard_errors import mean_over_ratios_stderr, mean_variance
from cscore_data.scores.statistic import statistic

_MEAN = ("held_out_with_margin", "held_out_margin_sum")
_SPREAD = (*_MEAN, "held_out_squared_margin_sum")
_LOG_PROBABILITY = ("held_out_with_margin", "held_out_surprise_sum")


@statistic(
    needs=("counts",),
    dims=("ratio", "example"),
    kinds="f",
    meaning="mean held-out margin log p/(1-p) of the label at each subset ratio",
    counts=_MEAN,
)
def margin_profile(counts: xr.Dataset) -> xr.DataArray:
    """Mean held-out margin of each example at each subset ratio.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube with margins.

    Returns
    -------
    xarray.DataArray
        `margin_profile` float64 (ratio, example), NaN where the example was never held out; lazy if
        the input is.
    """
    found = as_counts(counts, _MEAN)
    runs = found["held_out_with_margin"]
    return found["held_out_margin_sum"] / runs.where(runs > 0)


@statistic(
    needs=("margin_profile",),
    dims=("example",),
    kinds="f",
    meaning="mean of the margin profile over subset ratios; low = probably mislabelled or atypical",
    options=("skipna",),
)
def margin(margin_profile: xr.DataArray, *, skipna: bool = False) -> xr.DataArray:
    """Mean held-out margin of each example: the unweighted mean over subset ratios.

    Parameters
    ----------
    margin_profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.DataArray
        `margin` float64 (example,), the log of the odds of the label; lazy if the profile is.

    Notes
    -----
    The margin is log p/(1-p) for the label's probability p. Unlike 0 or 1, it also says how sure a
    wrong model is, which is why it finds wrong labels from far fewer runs than the C-score.

    Examples
    --------
    >>> curves = xr.DataArray([[-2.0], [4.0]], dims=("ratio", "example"))
    >>> margin(curves).values
    array([1.])
    """
    return margin_profile.mean("ratio", skipna=skipna)


@statistic(
    needs=("counts", "margin_profile"),
    dims=("example",),
    kinds="f",
    meaning="standard error of the mean held-out margin, runs taken as independent",
    counts=_SPREAD,
    options=("skipna",),
)
def margin_stderr(
    counts: xr.Dataset, margin_profile: xr.DataArray, *, skipna: bool = False
) -> xr.DataArray:
    """Standard error of the mean held-out margin, with runs taken as independent.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube with margins.
    margin_profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.DataArray
        `margin_stderr` float64 (example,), as `soft_cscore_stderr`; lazy if the input is.
    """
    found = as_counts(counts, _SPREAD)
    variance = mean_variance(
        found["held_out_margin_sum"],
        found["held_out_squared_margin_sum"],
        found["held_out_with_margin"],
    )
    return mean_over_ratios_stderr(variance, margin_profile, skipna=skipna)


@statistic(
    needs=("counts",),
    dims=("example",),
    kinds="f",
    meaning="mean held-out log-probability of the label, over runs and then over subset ratios",
    counts=_LOG_PROBABILITY,
    options=("skipna",),
)
def log_probability(counts: xr.Dataset, *, skipna: bool = False) -> xr.DataArray:
    """Mean held-out log-probability of the label: minus the held-out loss.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube with margins.
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.DataArray
        `log_probability` float64 (example,), at most 0, the mean over runs at each ratio and then
        over ratios; lazy if the input is.
    """
    found = as_counts(counts, _LOG_PROBABILITY)
    runs = found["held_out_with_margin"]
    profile = -found["held_out_surprise_sum"] / runs.where(runs > 0)
    return profile.mean("ratio", skipna=skipna)
