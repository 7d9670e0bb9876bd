"""From a cube to profiles, C-scores and standard errors: lazy in, lazy out, in memory bounded by the chunks.

What has not been written adds nothing to numerator or denominator, so a partial cube reduces correctly at every ratio
for which it has runs.
"""

import dask.array
import numpy as np
import xarray as xr

from cscore_data.schema import INHERITED_ATTRS, describe


def held_out_count(cube: xr.Dataset) -> xr.DataArray:
    """Number of runs in which each example was held out.

    Parameters
    ----------
    cube : xarray.Dataset
        With `held_out` bool (ratio, run, example).

    Returns
    -------
    xarray.DataArray
        `held_out_count` int32 (ratio, example), lazy if the cube is.
    """
    return _sums(cube)[1]


def profile(cube: xr.Dataset) -> xr.DataArray:
    r"""Consistency profile: held-out accuracy of each example at each subset ratio.

    Parameters
    ----------
    cube : xarray.Dataset
        With `correct` and `held_out` bool (ratio, run, example).

    Returns
    -------
    xarray.DataArray
        `profile` float64 (ratio, example) in 0..1, NaN where the example was never held out; lazy if the cube is.

    Notes
    -----
    :math:`\hat C(x; s) = \sum_r c_r h_r / \sum_r h_r` over the runs r at ratio s, c = correct, h = held out. Needs a
    few chunks of the cube in memory at a time.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer, ICML 2021, section 2.
    """
    return _profile(*_sums(cube))


def cscore(profile: xr.DataArray, *, skipna: bool = False) -> xr.DataArray:
    """C-score: the unweighted mean of the profile over subset ratios.

    Parameters
    ----------
    profile : xarray.DataArray
        Float (ratio, example).
    skipna : bool
        False: an example that was never held out at some ratio has no C-score (NaN). True: the mean is over the ratios
        that it has, so that examples may be means over different ratios.

    Returns
    -------
    xarray.DataArray
        `cscore` float64 (example,) in 0..1, higher = more regular; lazy if the profile is.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer, ICML 2021, section 2.
    """
    return _named(profile.mean("ratio", skipna=skipna), "cscore")


def cscore_stderr(profile: xr.DataArray, count: xr.DataArray, *, skipna: bool = False) -> xr.DataArray:
    r"""Standard error of the C-score, runs taken as independent.

    Parameters
    ----------
    profile : xarray.DataArray
        Float (ratio, example).
    count : xarray.DataArray
        `held_out_count` int (ratio, example).
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.DataArray
        `cscore_stderr` float64 (example,), lazy if its inputs are.

    Notes
    -----
    :math:`\sqrt{\sum_s p_s (1 - p_s) / k_s} / S` over the S ratios, p the profile, k the count. It is 0 where all
    runs agree, and too small where subsets are nested: the ratios of one run are then not independent.
    """
    variance = (profile * (1 - profile) / count).sum("ratio", skipna=skipna)
    ratios = profile.notnull().sum("ratio")
    return _named(variance**0.5 / ratios.where(ratios > 0), "cscore_stderr")


def reduce_cube(cube: xr.Dataset, *, skipna: bool = False) -> xr.Dataset:
    """All scores of a cube, with what they are scores of.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube; may be incomplete (`store.require_complete` tells).
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.Dataset
        `held_out_count` and `profile` (ratio, example), `cscore` and `cscore_stderr` (example,), with the coordinates
        `ratio`, `example`, `label` and, where the cube has it, `filename`; lazy if the cube is.
    """
    hits, count = _sums(cube)
    curve = _profile(hits, count)
    scores = xr.Dataset(
        {
            "held_out_count": count,
            "profile": curve,
            "cscore": cscore(curve, skipna=skipna),
            "cscore_stderr": cscore_stderr(curve, count, skipna=skipna),
        }
    )
    inherited = {name: cube.attrs[name] for name in INHERITED_ATTRS if name in cube.attrs}
    return scores.assign_attrs(title=f"C-scores of {cube.attrs.get('dataset', 'a data set')}", **inherited)


def held_out_accuracy(cube: xr.Dataset) -> xr.DataArray:
    """Mean held-out accuracy of the models at each subset ratio.

    Parameters
    ----------
    cube : xarray.Dataset
        With `correct` and `held_out` bool (ratio, run, example).

    Returns
    -------
    xarray.DataArray
        `held_out_accuracy` float64 (ratio,) in 0..1, NaN where no run is done; lazy if the cube is.
    """
    hits = (cube["correct"] & cube["held_out"]).sum(["run", "example"])
    count = cube["held_out"].sum(["run", "example"])
    return (hits / count.where(count > 0)).rename("held_out_accuracy")


def profile_by_score(scores: xr.Dataset, *, bins: int = 30) -> xr.DataArray:
    """Mean profile of the examples in each of `bins` equal intervals of the C-score.

    Parameters
    ----------
    scores : xarray.Dataset
        With `profile` (ratio, example) and `cscore` (example,).

    Returns
    -------
    xarray.DataArray
        `profile` float64 (bin, ratio) for the bins that hold examples, lowest first, with the coordinates `cscore`
        (bin,), the middle of each bin, and `size` (bin,), how many examples it holds. Loads its input.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer, ICML 2021: the figure of consistency profiles by C-score.
    """
    score = scores["cscore"].values
    known = np.flatnonzero(np.isfinite(score))
    member = np.minimum((score[known] * bins).astype(int), bins - 1)
    curves = scores["profile"].isel(example=known).assign_coords(bin=("example", member)).load()
    mean = curves.groupby("bin").mean("example")
    size = np.bincount(member, minlength=bins)[mean["bin"]]
    return mean.transpose("bin", "ratio").assign_coords(
        cscore=("bin", (mean["bin"].data + 0.5) / bins), size=("bin", size)
    )


def _sums(cube: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Runs in which an example was held out and classified correctly, and those in which it was held out.

    Both int32 (ratio, example), from one pass over the cube: each chunk is read once and dropped.
    """
    correct, held_out = (cube[name].transpose("ratio", "run", "example") for name in ("correct", "held_out"))
    if isinstance(correct.data, dask.array.Array):
        ratio, run, example = correct.data.chunks
        blocks = dask.array.map_blocks(
            _block_sums,
            *(correct.data, dask.array.asarray(held_out.data).rechunk(correct.data.chunks)),
            new_axis=0,
            chunks=((2,), ratio, (1,) * len(run), example),
            dtype=np.int32,
            meta=np.empty((0, 0, 0, 0), np.int32),
        )
        sums = blocks.sum(axis=2, dtype=np.int32)
    else:
        sums = _block_sums(correct.values, held_out.values)[:, :, 0]
    hits, count = (correct.isel(run=0, drop=True).copy(data=part) for part in sums)
    return hits, _named(count, "held_out_count")


def _block_sums(correct: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Both sums over the runs of one block: bool (ratio, run, example) twice -> int32 (2, ratio, 1, example)."""
    # Bytes that hold any number of runs in this block: numpy adds them several times as fast as int32.
    narrow = np.min_scalar_type(held_out.shape[1])
    bytes_correct, bytes_held_out = correct.view(np.uint8), held_out.view(np.uint8)
    sums = [
        array.sum(axis=1, dtype=narrow, keepdims=True) for array in (bytes_correct & bytes_held_out, bytes_held_out)
    ]
    return np.stack(sums).astype(np.int32)


def _profile(hits: xr.DataArray, count: xr.DataArray) -> xr.DataArray:
    return _named(hits / count.where(count > 0), "profile")


def _named(array: xr.DataArray, name: str) -> xr.DataArray:
    return array.rename(name).assign_attrs(describe(name))
