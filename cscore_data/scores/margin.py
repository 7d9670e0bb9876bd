"""The mean held-out margin: how far held-out models are from the decision, on either side."""

import xarray as xr

from cscore_data.scores.counts import as_counts, mean_over_runs
from cscore_data.scores.standard_errors import mean_over_ratios_stderr, moderated_variance
from cscore_data.scores.statistic import statistic

_MEAN = ("held_out_with_margin", "held_out_margin_sum")
_LOG_PROBABILITY = ("held_out_with_margin", "held_out_surprise_sum")

#: The counts that `held_out_margin_variance` needs.
SPREAD_OF_MARGINS = (*_MEAN, "held_out_squared_margin_sum")


@statistic(
    needs=("counts",),
    dims=("ratio", "example"),
    kinds="f",
    meaning="held-out margin: mean log p/(1-p) of the label over runs at each subset ratio",
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

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> margin_profile(make_cube(runs=100, examples=3, record="margin")).round(2).values
    array([[ 1.62,  0.38, -1.53],
           [ 2.19,  1.86, -0.42],
           [ 1.8 ,  1.7 ,  0.33]])
    """
    found = as_counts(counts, _MEAN)
    return mean_over_runs(found["held_out_margin_sum"], found["held_out_with_margin"])


@statistic(
    needs=("margin_profile",),
    dims=("example",),
    kinds="f",
    meaning="held-out margin: mean log p/(1-p) of the label; low = mislabelled or atypical",
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
    meaning="standard error of the held-out margin; runs taken as independent",
    counts=SPREAD_OF_MARGINS,
    options=("skipna",),
)
def margin_stderr(
    counts: xr.Dataset, margin_profile: xr.DataArray, *, skipna: bool = False
) -> xr.DataArray:
    r"""Standard error of the mean held-out margin, with runs taken as independent.

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
        `margin_stderr` float64 (example,), NaN where no ratio has two held-out runs of the example;
        lazy if the input is.

    Notes
    -----
    :math:`\sqrt{\sum_s v / k_s} / S` over the S ratios, with k the number of held-out runs and v
    the variance of the example's margins within a ratio, one for all ratios and moderated by that
    of all examples (`standard_errors.moderated_variance`).

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> cube = make_cube(runs=20, examples=3, record="margin")
    >>> curves = margin_profile(cube)
    >>> margin(curves).values.round(2), margin_stderr(cube, curves).values.round(2)
    (array([ 2.11,  0.85, -0.22]), array([0.32, 0.41, 0.45]))
    """
    found = as_counts(counts, SPREAD_OF_MARGINS)
    runs = found["held_out_with_margin"]
    variance = held_out_margin_variance(found) / runs.where(runs > 0)
    return mean_over_ratios_stderr(variance, margin_profile, skipna=skipna)


@statistic(
    needs=("counts",),
    dims=("example",),
    kinds="f",
    meaning="held-out log-probability of the label: mean over runs, then over subset ratios",
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

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> log_probability(make_cube(runs=100, examples=3, record="margin")).round(2).values
    array([-0.27, -0.58, -1.51])
    """
    found = as_counts(counts, _LOG_PROBABILITY)
    profile = mean_over_runs(-found["held_out_surprise_sum"], found["held_out_with_margin"])
    return profile.mean("ratio", skipna=skipna)


def held_out_margin_variance(counts: xr.Dataset) -> xr.DataArray:
    """Variance of the held-out margins within a ratio, moderated by that of all examples.

    Parameters
    ----------
    counts : xarray.Dataset
        With `SPREAD_OF_MARGINS`.

    Returns
    -------
    xarray.DataArray
        Float64 (example,), as `standard_errors.moderated_variance` gives it.
    """
    return moderated_variance(
        counts["held_out_margin_sum"],
        counts["held_out_squared_margin_sum"],
        counts["held_out_with_margin"],
    )
