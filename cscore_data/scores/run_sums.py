"""Sums over the runs of a cube, in memory or lazy: block after block, never a whole run axis."""

from collections.abc import Callable, Sequence
from typing import Any

import dask.array
import numpy as np
import xarray as xr

#: The dims of variables and weights in the order that functions of blocks expect, with a letter for
#: each axis. That of the sums is p.
_LETTERS = {"group": "g", "ratio": "s", "run": "r", "example": "x"}


def sum_over_runs(
    block_sums: Callable[..., np.ndarray],
    variables: Sequence[xr.DataArray | None],
    weights: xr.DataArray | None,
    *,
    number: int,
    dtype: np.dtype[Any],
    **options: Any,
) -> Any:
    """Several sums over runs from one pass.

    Parameters
    ----------
    block_sums : callable
        ``block_sums(*blocks, weight, **options)`` returns the sums over the runs of one block
        (sum, ratio, 1, example), or (sum, group, ratio, 1, example) with weights. The run axis
        stays, of length 1, so that the sums of several blocks can be added up.
    variables : sequence of xarray.DataArray or None
        Each with the dims of a cell, or some of them, in any order. None is passed on.
    weights : xarray.DataArray (group, run), optional
    number : int
        Number of sums.
    dtype : dtype
        Of the totals; blocks may have a narrower one.

    Returns
    -------
    array (sum, ratio, example), or (sum, group, ratio, example) with weights
        A dask array if any of the variables is one.
    """
    ordered = [_in_order(variable) for variable in [*variables, weights]]
    is_lazy = any(variable is not None and variable.chunks for variable in ordered)
    if is_lazy:
        blocks = _lazy_blocks(block_sums, ordered, number, dtype, options)
        # The blocks are added up in a tree of small tasks.
        return blocks.sum(axis=-2, dtype=dtype)
    arrays = [None if variable is None else variable.values for variable in ordered]
    sums = block_sums(*arrays, **options)
    return sums.squeeze(axis=-2).astype(dtype, copy=False)


def _in_order(variable: xr.DataArray | None) -> xr.DataArray | None:
    """The variable with its dims in the order that functions of blocks expect."""
    if variable is None:
        return None
    return variable.transpose(*_LETTERS, missing_dims="ignore")


def _lazy_blocks(
    block_sums: Callable[..., np.ndarray],
    variables: Sequence[xr.DataArray | None],
    number: int,
    dtype: np.dtype[Any],
    options: dict[str, Any],
) -> Any:
    """The sums of each block, a dask array that still has the run axis."""
    operands: list[Any] = []
    for variable in variables:
        if variable is None:
            operands += [None, None]
        else:
            letters = "".join(_LETTERS[str(dim)] for dim in variable.dims)
            operands += [dask.array.asarray(variable.data), letters]
    axes = "psrx" if variables[-1] is None else "pgsrx"
    # Arrays with different chunks are cut into common ones. Along runs, a block becomes a chunk of
    # length 1 (adjust_chunks): this is why functions of blocks keep that axis.
    return dask.array.blockwise(
        block_sums,
        axes,
        *operands,
        new_axes={"p": number},
        adjust_chunks={"r": 1},
        dtype=dtype,
        meta=np.empty((0,) * len(axes), dtype),
        **options,
    )
