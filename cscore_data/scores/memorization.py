"""Memorization: how much better models are on an example if they trained on it."""

import xarray as xr

from cscore_data.scores.counts import as_counts, mean_over_runs
from cscore_data.scores.standard_errors import mean_over_ratios_stderr, profile_variance
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
    meaning="memorization: accuracy if trained on minus if held out, at each subset ratio",
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

    Examples
    --------
    An example that four models got right that trained on it, and one of two that did not:

    >>> names = ("trained_on", "trained_on_correct", "held_out", "held_out_correct")
    >>> numbers = zip(names, (4, 4, 2, 1), strict=True)
    >>> counts = xr.Dataset({name: (("ratio", "example"), [[number]]) for name, number in numbers})
    >>> memorization_profile(counts).values
    array([[0.5]])
    """
    found = as_counts(counts, _COUNTS)
    return _share(found, "trained_on") - _share(found, "held_out")


@statistic(
    needs=("memorization_profile",),
    dims=("example",),
    kinds="f",
    meaning="memorization: accuracy if trained on minus if held out; higher = more memorized",
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
    meaning="standard error of memorization; runs taken as independent",
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
    r"""Standard error of memorization, with runs taken as independent.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube.
    memorization_profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        As in `memorization`.
    prior : float
        As in `cscore_stderr`, for each of the two shares.

    Returns
    -------
    xarray.DataArray
        `memorization_stderr` float64 (example,); lazy if the input is. With a prior, NaN where a
        single run in all trained on the example, or held it out.

    Notes
    -----
    :math:`\sqrt{\sum_s p_s (1 - p_s) / k_s + q_s (1 - q_s) / l_s} / S` over the S ratios. Here p is
    the share of correct runs among the k that held the example out, and q among the l that trained
    on it: these are different runs, so their variances add up. A prior changes p and q as in
    `cscore_stderr`.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> cube = make_cube(runs=50, examples=3)
    >>> memorization_stderr(cube, memorization_profile(cube), prior=0.5).round(2).values
    array([0.03, 0.1 , 0.09])
    """
    found = as_counts(counts, _COUNTS)
    if_trained_on = profile_variance(_share(found, "trained_on"), found["trained_on"], prior=prior)
    if_held_out = profile_variance(_share(found, "held_out"), found["held_out"], prior=prior)
    variance = if_trained_on + if_held_out
    return mean_over_ratios_stderr(variance, memorization_profile, skipna=skipna)


@statistic(
    needs=("counts",),
    dims=("example",),
    kinds="f",
    meaning="memorization in probabilities: of the label, if trained on minus if held out",
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

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> cube = make_cube(runs=500, examples=4, record="margin")
    >>> bool((abs(soft_memorization(cube)) < 0.1).all())
    True
    """
    found = as_counts(counts, _SOFT_COUNTS)
    profile = _mean_probability(found, "trained_on") - _mean_probability(found, "held_out")
    return profile.mean("ratio", skipna=skipna)


def _share(counts: xr.Dataset, kind: str) -> xr.DataArray:
    """Share of correct runs among those that trained on an example, or held it out."""
    return mean_over_runs(counts[f"{kind}_correct"], counts[kind])


def _mean_probability(counts: xr.Dataset, kind: str) -> xr.DataArray:
    """Mean probability of the label in the runs that trained on an example, or held it out."""
    return mean_over_runs(counts[f"{kind}_probability_sum"], counts[f"{kind}_with_margin"])
