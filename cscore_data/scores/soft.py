"""The consistency score in probabilities: how likely held-out models find the label."""

import xarray as xr

from cscore_data.scores.counts import as_counts
from cscore_data.scores.standard_errors import mean_over_ratios_stderr, mean_variance
from cscore_data.scores.statistic import statistic

_MEAN = ("held_out_with_margin", "held_out_probability_sum")
_SPREAD = (*_MEAN, "held_out_squared_probability_sum")


@statistic(
    needs=("counts",),
    dims=("ratio", "example"),
    kinds="f",
    meaning="mean held-out probability of the label at each subset ratio",
    counts=_MEAN,
)
def soft_profile(counts: xr.Dataset) -> xr.DataArray:
    """Mean held-out probability of the label of each example at each subset ratio.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube with margins.

    Returns
    -------
    xarray.DataArray
        `soft_profile` float64 (ratio, example) in 0..1, NaN where the example was never held out;
        lazy if the input is.
    """
    found = as_counts(counts, _MEAN)
    runs = found["held_out_with_margin"]
    return found["held_out_probability_sum"] / runs.where(runs > 0)


@statistic(
    needs=("soft_profile",),
    dims=("example",),
    kinds="f",
    meaning="mean of the soft profile over subset ratios; higher = more regular",
    options=("skipna",),
)
def soft_cscore(soft_profile: xr.DataArray, *, skipna: bool = False) -> xr.DataArray:
    """C-score with the probability of the label in place of right or wrong.

    Parameters
    ----------
    soft_profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.DataArray
        `soft_cscore` float64 (example,) in 0..1, lazy if the profile is.

    Notes
    -----
    It needs fewer runs than the C-score for the same ranking, as a run adds more than one bit.
    """
    return soft_profile.mean("ratio", skipna=skipna)


@statistic(
    needs=("counts", "soft_profile"),
    dims=("example",),
    kinds="f",
    meaning="standard error of the soft consistency score, runs taken as independent",
    counts=_SPREAD,
    options=("skipna",),
)
def soft_cscore_stderr(
    counts: xr.Dataset, soft_profile: xr.DataArray, *, skipna: bool = False
) -> xr.DataArray:
    r"""Standard error of the soft C-score, with runs taken as independent.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube with margins.
    soft_profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.DataArray
        `soft_cscore_stderr` float64 (example,), NaN where no ratio has two held-out runs of the
        example; lazy if the input is.

    Notes
    -----
    :math:`\sqrt{\sum_s v / k_s} / S` over the S ratios, with k the number of held-out runs and v
    the unbiased variance of the probability within a ratio, one for each example
    (`standard_errors.mean_variance`). With two or three held-out runs in all it is a rough guess.
    """
    found = as_counts(counts, _SPREAD)
    variance = mean_variance(
        found["held_out_probability_sum"],
        found["held_out_squared_probability_sum"],
        found["held_out_with_margin"],
    )
    return mean_over_ratios_stderr(variance, soft_profile, skipna=skipna)
