"""How much held-out models disagree about an example."""

import xarray as xr

from cscore_data.scores.counts import as_counts, mean_over_runs
from cscore_data.scores.statistic import statistic

_COUNTS = (
    "held_out_with_margin",
    "held_out_probability_sum",
    "held_out_squared_probability_sum",
)


@statistic(
    needs=("counts",),
    dims=("example",),
    kinds="f",
    meaning="variability: standard deviation of the held-out probability over runs",
    counts=_COUNTS,
    options=("skipna",),
)
def variability(counts: xr.Dataset, *, skipna: bool = False) -> xr.DataArray:
    r"""Standard deviation of the held-out probability of the label over runs.

    Parameters
    ----------
    counts : xarray.Dataset
        From `counts`, or a cube with margins.
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.DataArray
        `variability` float64 (example,) in 0..0.5, NaN where a single run in all held the example
        out; lazy if the input is.

    Notes
    -----
    :math:`\sqrt{E[p^2] - E[p]^2}`, where the mean E is over the held-out runs at a ratio and then
    over the ratios, as in `soft_cscore`: all ratios count the same, and differences between them
    count, too.

    References
    ----------
    Swayamdipta et al., EMNLP 2020, "Dataset Cartography", where the standard deviation is over the
    epochs of one training; here models are compared that never saw the example.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> variability(make_cube(runs=100, examples=3, record="margin")).round(2).values
    array([0.16, 0.28, 0.31])
    """
    found = as_counts(counts, _COUNTS)
    runs = found["held_out_with_margin"]
    profile = mean_over_runs(found["held_out_probability_sum"], runs)
    profile_of_squares = mean_over_runs(found["held_out_squared_probability_sum"], runs)
    mean = profile.mean("ratio", skipna=skipna)
    mean_of_squares = profile_of_squares.mean("ratio", skipna=skipna)
    # Rounding can make it negative where all runs are the same.
    variance = (mean_of_squares - mean**2).clip(min=0)
    return variance.where(runs.sum("ratio") > 1) ** 0.5
