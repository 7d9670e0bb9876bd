"""Memorization: how much better models are on an example if they trained on it."""

import xarray as xr

from cscore_data.scores.counts import as_counts
from cscore_data.scores.standard_errors import mean_over_ratios_stderr, proportion_variance
from cscore_data.scores.statistic import statistic

_COUNTS = ("held_out", "held_out_correct", "trained_on", "trained_on_correct")
_SOFT_COUNTS = (
    "held_out_with_margin",
    "held_out_probability_sum",
    "trained_on_with_margin",
    "trained_on_probability_sum",
)


@statistic(
    needs=("counts",),
    dims=("ratio", "example"),
    kinds="f",
    meaning="accuracy if trained on minus accuracy if held out, at each subset ratio",
    counts=_COUNTS,
)
def memorization_profile(counts: xr.Dataset) -> xr.DataArray:
    """Memorization of each example at each subset ratio.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube.

    Returns
    -------
    xarray.DataArray
        `memorization_profile` float64 (ratio, example) in -1..1, NaN where the example was never
        trained on or never held out; lazy if the input is.
    """
    found = as_counts(counts, _COUNTS)
    return _share(found, "trained_on") - _share(found, "held_out")


@statistic(
    needs=("memorization_profile",),
    dims=("example",),
    kinds="f",
    meaning="mean of the memorization profile over subset ratios; higher = more memorized",
    options=("skipna",),
)
def memorization(memorization_profile: xr.DataArray, *, skipna: bool = False) -> xr.DataArray:
    """P(correct if trained on) - P(correct if held out), the mean over subset ratios.

    Parameters
    ----------
    memorization_profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        False: NaN for an example that was never trained on or never held out at some ratio. True:
        the mean is over the ratios that it has.

    Returns
    -------
    xarray.DataArray
        `memorization` float64 (example,) in -1..1; lazy if the profile is.

    References
    ----------
    Feldman and Zhang, NeurIPS 2020, "What Neural Networks Memorize and Why", at a ratio of 0.7.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> curves = memorization_profile(make_cube(runs=500, examples=4))
    >>> bool((abs(memorization(curves)) < 0.1).all())  # its models do not care what they trained on
    True
    """
    return memorization_profile.mean("ratio", skipna=skipna)


@statistic(
    needs=("counts", "memorization_profile"),
    dims=("example",),
    kinds="f",
    meaning="standard error of memorization, runs taken as independent",
    counts=_COUNTS,
    options=("skipna", "prior"),
)
def memorization_stderr(
    counts: xr.Dataset,
    memorization_profile: xr.DataArray,
    *,
    skipna: bool = False,
    prior: float = 0.0,
) -> xr.DataArray:
    """Standard error of memorization, with runs taken as independent.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube.
    memorization_profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        As in `memorization`.
    prior : float
        As in `cscore_stderr`.

    Returns
    -------
    xarray.DataArray
        `memorization_stderr` float64 (example,); lazy if the input is.

    Notes
    -----
    The runs that trained on an example and those that held it out are different runs, so their
    variances add up.
    """
    found = as_counts(counts, _COUNTS)
    if_trained_on = proportion_variance(
        _share(found, "trained_on"), found["trained_on"], prior=prior
    )
    if_held_out = proportion_variance(_share(found, "held_out"), found["held_out"], prior=prior)
    variance = if_trained_on + if_held_out
    return mean_over_ratios_stderr(variance, memorization_profile, skipna=skipna)


@statistic(
    needs=("counts",),
    dims=("example",),
    kinds="f",
    meaning="probability of the label if trained on minus that if held out, mean over ratios",
    counts=_SOFT_COUNTS,
    options=("skipna",),
)
def soft_memorization(counts: xr.Dataset, *, skipna: bool = False) -> xr.DataArray:
    """Memorization with the probability of the label in place of right or wrong.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube with margins.
    skipna : bool
        As in `memorization`.

    Returns
    -------
    xarray.DataArray
        `soft_memorization` float64 (example,) in -1..1; lazy if the input is.
    """
    found = as_counts(counts, _SOFT_COUNTS)
    means = {}
    for kind in ("trained_on", "held_out"):
        runs = found[f"{kind}_with_margin"]
        means[kind] = found[f"{kind}_probability_sum"] / runs.where(runs > 0)
    return (means["trained_on"] - means["held_out"]).mean("ratio", skipna=skipna)


def _share(counts: xr.Dataset, kind: str) -> xr.DataArray:
    """Share of correct runs among those that trained on an example, or held it out."""
    runs = counts[kind]
    return counts[f"{kind}_correct"] / runs.where(runs > 0)
