"""Sums over the runs of one block of a cube in memory, and the weights that runs may have."""

from typing import Any

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError

#: Whole numbers up to this one are exact in float32, of which matrix products are the fastest.
_EXACT_IN_FLOAT32 = 2**24

#: Multiplications in a matrix product that OpenBLAS still does in the thread that asks for it. Its
#: own threads and those of dask hinder each other: with large products, sums of margins for 20
#: groups took 30 to 90 ns per cell on two busy cores, and 3 ns with small ones.
_MULTIPLICATIONS = 2**18


def block_sums(
    correct: np.ndarray,
    held_out: np.ndarray,
    done: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """Count the runs that held each example out, and those of them that are correct.

    Parameters
    ----------
    correct, held_out : bool (ratio, run, example)
    done : bool (ratio, run, 1), optional
        If given, count the runs that trained on the example instead.
    weight : int64 or float64 (group, run), optional

    Returns
    -------
    int32 (pair, ratio, 1, example), or (pair, group, ratio, 1, example) with weights
        Of the runs, then of the correct ones; float64 if the weights are floats.
    """
    mask = held_out
    if done is not None:
        # Not the opposite of held out, which is False in runs that are missing, too.
        mask = done & ~held_out
    sums = [count(block, weight) for block in (mask, mask & correct)]
    return np.stack(sums).astype(dtype_of_sums(weight))


def block_counts(
    correct: np.ndarray,
    held_out: np.ndarray,
    done: np.ndarray,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """`block_sums` of held-out and of trained-on runs; faster where no run is missing.

    Parameters
    ----------
    correct, held_out, done, weight
        As in `block_sums`.

    Returns
    -------
    int32 (count, ratio, 1, example), or (count, group, ratio, 1, example) with weights
        Held out, of these correct; trained on, of these correct.
    """
    held = block_sums(correct, held_out, weight=weight)
    if weight is None and done.all():
        # What was not held out was trained on.
        every = np.stack(np.broadcast_arrays(held_out.shape[1], count(correct)))
        return np.concatenate([held, every - held])
    return np.concatenate([held, block_sums(correct, held_out, done, weight)])


def count(mask: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Number of runs in which `mask` is set, or the sum of their weights.

    Parameters
    ----------
    mask : bool (ratio, run, example)
    weight : int64 or float64 (group, run), optional

    Returns
    -------
    uint (ratio, 1, example), or float (group, ratio, 1, example) with weights
        Exact if the weights are whole numbers; of the narrowest dtype that is fast.
    """
    if weight is None:
        # The narrowest unsigned type that can hold the run count is several times faster than
        # int32.
        narrow = np.min_scalar_type(mask.shape[1])
        return np.asarray(mask.view(np.uint8).sum(axis=1, dtype=narrow, keepdims=True))
    # One product for each ratio: (ratio, group, example).
    by_group: np.ndarray = np.moveaxis(weighted_sum(mask, weight), 1, 0)
    return by_group[:, :, np.newaxis]


def weighted_sum(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Sums of values over runs, by a matrix product.

    Parameters
    ----------
    values : bool or float32 (..., run, example)
    weight : int64 or float64 (group, run)

    Returns
    -------
    float32 or float64 (..., group, example)
        Exact if values are booleans and weights whole numbers.
    """
    # Only matrix products of floats are fast; of whole numbers, those below are exact.
    factor = weight
    if weight.dtype.kind != "f":
        exact = _largest_sum(weight) <= _EXACT_IN_FLOAT32
        factor = weight.astype(np.float32 if exact else np.float64)
    values = values.astype(factor.dtype, copy=False)
    examples = values.shape[-1]
    product = np.empty((*values.shape[:-2], len(factor), examples), factor.dtype)
    step = max(1, _MULTIPLICATIONS // max(1, factor.size))
    for start in range(0, examples, step):
        columns = (..., slice(start, start + step))
        np.matmul(factor, values[columns], out=product[columns])
    return product


def dtype_of_sums(weight: Any) -> np.dtype[Any]:
    """The dtype of counts: float64 with weights that are floats, else int32."""
    if weight is not None and weight.dtype.kind == "f":
        return np.dtype(np.float64)
    return np.dtype(np.int32)


def check_weights(weight: Any, *, runs: int) -> xr.DataArray | None:
    """Check the weights of runs.

    Parameters
    ----------
    weight : array or xarray.DataArray (group, run), optional
    runs : int
        Number of runs that there are.

    Returns
    -------
    xarray.DataArray or None
        Int64 or float64 (group, run); None if there are no weights.

    Raises
    ------
    InvalidInputError
        If they are no numbers (group, run), or sums of them do not fit into int32.
    """
    if weight is None:
        return None
    if not isinstance(weight, xr.DataArray):
        values = np.asarray(weight)
        dims = ("group", "run") if values.ndim == 2 else None
        weight = xr.DataArray(values, dims=dims)
    fits = set(weight.dims) == {"group", "run"} and weight.sizes["run"] == runs
    if not fits or weight.dtype.kind not in "biuf":
        raise InvalidInputError(
            f"weight: found shape {weight.shape} and dtype {weight.dtype}, "
            f"expected numbers (group, run) for {runs} runs"
        )
    by_group: xr.DataArray = weight.transpose("group", "run")
    if by_group.dtype.kind == "f":
        return by_group.astype(np.float64)

    by_group = by_group.astype(np.int64)
    largest = _largest_sum(by_group.values)
    if largest > np.iinfo(np.int32).max:
        raise InvalidInputError(
            f"weight: the weights of a group add up to {largest}, more than int32 holds; "
            "give smaller weights, or floats"
        )
    return by_group


def _largest_sum(weight: np.ndarray) -> int:
    return int(np.abs(weight).sum(axis=1).max(initial=0))
