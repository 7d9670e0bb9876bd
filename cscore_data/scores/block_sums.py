"""Sums over the runs of one block of a cube in memory, and the weights that runs may have."""

from typing import Any

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError

#: Whole numbers up to this one are exact in float32, of which matrix products are the fastest.
_EXACT_IN_FLOAT32 = 2**24


def block_sums(
    correct: np.ndarray, mask: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Sum `mask` and `mask & correct` over the runs.

    Parameters
    ----------
    correct, mask : bool (ratio, run, example)
    weight : int64 or float64 (group, run), optional

    Returns
    -------
    int32 (pair, ratio, 1, example), or (pair, group, ratio, 1, example) with weights
        The sums of `mask`, then those of `mask & correct`; float64 if the weights are floats. The
        run axis stays, of length 1, so that the sums of several blocks can be added up.
    """
    selected = (mask, mask & correct)
    if weight is None:
        sums = [_count(block) for block in selected]
    else:
        sums = [_weighted_count(block, weight) for block in selected]
    return np.stack(sums).astype(dtype_of_sums(weight))


def dtype_of_sums(weight: np.ndarray | None) -> np.dtype[Any]:
    """Float64 with weights that are floats, else int32."""
    if weight is not None and weight.dtype.kind == "f":
        return np.dtype(np.float64)
    return np.dtype(np.int32)


def check_weights(weight: Any, *, runs: int) -> xr.DataArray:
    """Check the weights of runs.

    Parameters
    ----------
    weight : array or xarray.DataArray (group, run)
    runs : int
        Number of runs that there are.

    Returns
    -------
    xarray.DataArray
        Int64 or float64 (group, run).

    Raises
    ------
    InvalidInputError
        If they are no numbers (group, run), or sums of them do not fit into int32.
    """
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


def _count(mask: np.ndarray) -> np.ndarray:
    """Number of runs in which `mask` is set."""
    # Use the narrowest unsigned type that can hold the run count; several times faster than int32.
    narrow = np.min_scalar_type(mask.shape[1])
    return np.asarray(mask.view(np.uint8).sum(axis=1, dtype=narrow, keepdims=True))


def _weighted_count(mask: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Sum of the weights of the runs in which `mask` is set."""
    # Only matrix products of floats are fast; of whole numbers, those below are exact.
    factor = weight
    if weight.dtype.kind != "f":
        exact = _largest_sum(weight) <= _EXACT_IN_FLOAT32
        factor = weight.astype(np.float32 if exact else np.float64)
    # One product for each ratio: (ratio, group, example).
    product = factor @ mask.astype(factor.dtype)
    by_group: np.ndarray = np.moveaxis(product, 1, 0)
    return by_group[:, :, np.newaxis]


def _largest_sum(weight: np.ndarray) -> int:
    return int(np.abs(weight).sum(axis=1).max(initial=0))
