"""What a set of scores looks like: by class, by ratio and by score."""

import numpy as np
import pandas as pd
import xarray as xr

from cscore_data.scores.correlations import correlations


def class_statistics(scores: xr.Dataset) -> xr.Dataset:
    """Mean and spread of the scores of each class.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).

    Returns
    -------
    xarray.Dataset
        `mean`, `spread` (standard deviation) float64 and `size` int (label,), over the examples
        that have a score.
    """
    columns = {"label": scores["label"].values, "cscore": scores["cscore"].values}
    known = pd.DataFrame(columns).dropna()
    groups = known.groupby("label")["cscore"]
    table = pd.DataFrame(
        {"mean": groups.mean(), "spread": groups.std(ddof=0), "size": groups.size()}
    )
    return xr.Dataset.from_dataframe(table)


def ratio_correlation(scores: xr.Dataset) -> xr.DataArray:
    """Spearman correlation of the held-out accuracy at each ratio with the whole C-score.

    Parameters
    ----------
    scores : xarray.Dataset
        `profile` (ratio, example) and `cscore` (example,).

    Returns
    -------
    xarray.DataArray
        `ratio_correlation` float64 (ratio,) in -1..1, NaN where a profile is constant. Loads its
        input.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer, ICML 2021: how well one subset ratio stands in for all.
    """
    score = scores["cscore"].values
    spearman = []
    for curve in scores["profile"].transpose("ratio", "example").values:
        known = np.isfinite(curve) & np.isfinite(score)
        spearman.append(correlations(curve[known], score[known]).spearman)
    return xr.DataArray(spearman, {"ratio": scores["ratio"]}, "ratio", name="ratio_correlation")


def profile_by_score(scores: xr.Dataset, *, bins: int = 30) -> xr.DataArray:
    """Mean profile of the examples in each of `bins` equal intervals of the C-score.

    Parameters
    ----------
    scores : xarray.Dataset
        With `profile` (ratio, example) and `cscore` (example,).

    Returns
    -------
    xarray.DataArray
        `profile` float64 (bin, ratio) for the bins that hold examples, lowest first, with the
        coordinates `cscore` (bin,), the middle of each bin, and `size` (bin,), the number of
        examples in it. Loads its input.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer, ICML 2021: the figure of consistency profiles by C-score.
    """
    score = scores["cscore"].values
    known = np.flatnonzero(np.isfinite(score))
    # A score of exactly 1 belongs to the last bin.
    member = np.minimum((score[known] * bins).astype(int), bins - 1)

    profiles = scores["profile"].isel(example=known).assign_coords(bin=("example", member)).load()
    mean = profiles.groupby("bin").mean("example").transpose("bin", "ratio")
    size = np.bincount(member, minlength=bins)[mean["bin"]]
    middle = (mean["bin"].data + 0.5) / bins
    return mean.assign_coords(cscore=("bin", middle), size=("bin", size))
