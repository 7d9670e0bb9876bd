"""Counts over the runs of a cube: the one pass over the data from which all statistics follow."""

from typing import Any

import dask.array
import numpy as np
import xarray as xr

from cscore_data.scores.block_sums import block_sums, check_weights, dtype_of_sums

#: Name and meaning of each count.
COUNTS = {
    "held_out": "runs in which the example was held out",
    "held_out_correct": "runs in which the example was held out and classified correctly",
    "trained_on": "runs in which the example was trained on",
    "trained_on_correct": "runs in which the example was trained on and classified correctly",
}


def counts(cube: xr.Dataset, weight: Any = None) -> xr.Dataset:
    """Count the runs in which each example was held out or trained on, and classified correctly.

    Parameters
    ----------
    cube : xarray.Dataset
        With `correct` and `held_out` bool (ratio, run, example) and `done` bool (ratio, run); may
        be incomplete. Without `done`, runs that trained on an example cannot be told from runs that
        are missing, and only the counts of held-out runs are returned.
    weight : array or xarray.DataArray (group, run), optional
        How often each run counts, at every ratio, in each group of runs. Two rows of 0 and 1 split
        the runs in halves; rows of multinomial numbers are bootstrap samples. By default every run
        counts once and there are no groups.

    Returns
    -------
    xarray.Dataset
        `held_out`, `held_out_correct`, `trained_on` and `trained_on_correct`: int32
        (ratio, example), or (group, ratio, example) with `weight`; float64 if the weights are
        floats. Lazy if the cube is.

    Raises
    ------
    InvalidInputError
        If the weights do not fit the runs, or are too large to be counted in int32.

    Notes
    -----
    "Trained on" means ``done & ~held_out``: `held_out` is False in runs that are missing, too.

    Every chunk of the cube is read once, also when all counts are computed together. Needs a few
    chunks of the cube in memory at a time; with weights, also a few times groups x examples per
    chunk.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> cube = make_cube(runs=6)
    >>> found = counts(cube)
    >>> found["held_out"].dims
    ('ratio', 'example')
    >>> bool((found["held_out"] + found["trained_on"] == 6).all())
    True

    The same for the first and the second half of the runs:

    >>> halves = counts(cube, weight=[[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    >>> halves["held_out"].dims
    ('group', 'ratio', 'example')
    >>> bool((halves["held_out"].sum("group") == found["held_out"]).all())
    True
    """
    weights = None if weight is None else check_weights(weight, runs=cube.sizes["run"])
    masks = {"held_out": cube["held_out"]}
    if "done" in cube:
        masks["trained_on"] = cube["done"] & ~cube["held_out"]

    # In a lazy cube, counts that nobody asks for are never computed.
    variables = {}
    for name, mask in masks.items():
        total, total_correct = _sum_over_runs(cube["correct"], mask, weights)
        variables[name] = total
        variables[f"{name}_correct"] = total_correct
    for name, variable in variables.items():
        variable.attrs = {"long_name": COUNTS[name], "units": "1"}
    return xr.Dataset(variables, _coordinates(cube, weights))


def as_counts(data: xr.Dataset) -> xr.Dataset:
    """Return `data` itself if it holds counts, else the counts of the cube that it is."""
    if "held_out_correct" in data:
        return data
    return counts(data)


def _coordinates(cube: xr.Dataset, weights: xr.DataArray | None) -> dict[str, xr.DataArray]:
    """Coordinates of the cube and of the weights that still make sense without runs."""
    coords = {}
    for name, coord in cube.coords.items():
        if set(coord.dims) <= {"ratio", "example"}:
            coords[str(name)] = coord
    if weights is not None and "group" in weights.coords:
        coords["group"] = weights["group"]
    return coords


def _sum_over_runs(
    correct: xr.DataArray, mask: xr.DataArray, weights: xr.DataArray | None
) -> tuple[xr.Variable, xr.Variable]:
    """Sums of `mask` and of `mask & correct` over the runs."""
    cube_dims = ("ratio", "run", "example")
    arrays = [correct.transpose(*cube_dims).data, mask.transpose(*cube_dims).data]
    dims = ["ratio", "example"]
    if weights is not None:
        arrays.append(weights.values)
        dims.insert(0, "group")

    lazy = any(isinstance(array, dask.array.Array) for array in arrays)
    sums = _lazy_sums(*arrays) if lazy else block_sums(*arrays)
    # A pair of sums; all that is left of the runs is an axis of length 1.
    total, total_correct = sums.squeeze(axis=-2)
    return xr.Variable(dims, total), xr.Variable(dims, total_correct)


def _lazy_sums(correct: Any, mask: Any, weight: np.ndarray | None = None) -> Any:
    """Sum each block over its runs, then add the blocks up in a tree of small tasks."""
    # One letter per axis: pair of sums p, group g, ratio s, run r, example x.
    operands = [dask.array.asarray(correct), "srx", dask.array.asarray(mask), "srx"]
    axes = "psrx"
    if weight is not None:
        operands += [dask.array.from_array(weight, chunks=-1), "gr"]
        axes = "pgsrx"
    dtype = dtype_of_sums(weight)
    # Arrays with different chunks are cut into common ones. Along runs, a block becomes a chunk of
    # length 1 (adjust_chunks): this is why block_sums keeps that axis.
    blocks = dask.array.blockwise(
        block_sums,
        axes,
        *operands,
        new_axes={"p": 2},
        adjust_chunks={"r": 1},
        dtype=dtype,
        meta=np.empty((0,) * len(axes), dtype),
    )
    return blocks.sum(axis=-2, dtype=dtype, keepdims=True)
