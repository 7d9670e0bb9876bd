"""A total over all ratios and runs of a lazy cube that is too large to have one for each block."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import dask.array
import numpy as np
import xarray as xr
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph

from cscore_data.scores.run_sums import in_order, operands

#: At most so many blocks are added in one step.
_MOST_TOGETHER = 4


def running_total(
    add: Callable[..., np.ndarray],
    cells: Sequence[xr.DataArray],
    weights: xr.DataArray | None,
    *,
    columns: int,
    dtype: np.dtype[Any],
) -> Any:
    """Add up all blocks of a cube one after the other.

    With two totals in memory at a time it needs the least memory, but keeps only as many threads
    busy as the cube has chunks of examples.

    Parameters
    ----------
    add : callable
        ``add(total, *blocks)`` returns a new total, ``total`` being None at the beginning. Each of
        the blocks is a list of arrays (ratio, run, example), one for each of `cells`, and then of
        weights (group, run) if there are any.
    cells : sequence of xarray.DataArray
        With the dims of a cell in any order.
    weights : xarray.DataArray (group, run), optional
    columns : int
        Length of the total's last axis.
    dtype : dtype
        Of the total.

    Returns
    -------
    array (example, column), or (group, example, column) with weights
        A dask array if any of the variables is one.
    """
    variables = [in_order(cell) for cell in cells]
    if weights is not None:
        variables.append(in_order(weights).chunk({"group": -1}))
    if not any(cell.chunks for cell in cells):
        return add(None, *([variable.values] for variable in variables))

    pairs = operands(variables)
    letters = pairs[1::2]
    _, arrays = dask.array.unify_chunks(*pairs)
    ratios, runs, parts = arrays[0].numblocks
    sizes = arrays[0].chunks[-1]
    groups = () if weights is None else (weights.sizes["group"],)
    together = _together(arrays, max(sizes) * columns * dtype.itemsize)

    # For each chunk of examples a chain of steps, the last of which has a key of the result.
    name = f"running-total-{tokenize(add, *(array.name for array in arrays))}"
    places = list(itertools.product(range(ratios), range(runs)))
    graph: dict[Any, Any] = {}
    for part in range(parts):
        total = None
        for start in range(0, len(places), together):
            blocks = []
            for array, axes in zip(arrays, letters, strict=True):
                some = places[start : start + together]
                blocks.append([_key(array, axes, part, *place) for place in some])
            key: tuple[Any, ...] = (f"{name}-step", start, part)
            if start + together >= len(places):
                key = (name, *(0 for _ in groups), part, 0)
            graph[key] = (add, total, *blocks)
            total = key
    layers = HighLevelGraph.from_collections(name, graph, dependencies=arrays)
    chunks = (*((size,) for size in groups), sizes, (columns,))
    return dask.array.Array(layers, name, chunks=chunks, dtype=dtype)


def _together(arrays: Sequence[Any], total_bytes: int) -> int:
    """How many blocks to add in one step: as many bytes as the total has, which is copied."""
    block_bytes = sum(math.prod(array.chunksize) * array.dtype.itemsize for array in arrays)
    together: int = total_bytes // max(1, block_bytes)
    return max(1, min(_MOST_TOGETHER, together))


def _key(array: Any, letters: str, part: int, ratio: int, run: int) -> tuple[Any, ...]:
    """The block of an array that belongs to this part of the examples, ratio and run."""
    index = {"g": 0, "s": ratio, "r": run, "x": part}
    return (array.name, *(index[letter] for letter in letters))
