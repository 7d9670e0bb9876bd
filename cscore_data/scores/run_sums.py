"""Sums over the runs of a cube, in memory or lazy: block after block, never a whole run axis.

Each block of a lazy cube is read once, by the one task that also computes all sums over its runs.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import dask.array
import numpy as np
import xarray as xr
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph

from cscore_data.scores.cells import cell_variable

#: The dims of variables and weights in the order that functions of blocks expect, with a letter for
#: each axis.
LETTERS = {"group": "g", "ratio": "s", "run": "r", "example": "x"}

#: So many results of blocks are added up at a time.
_TOGETHER = 8


class Sums(NamedTuple):
    """Several sums over runs that are computed together.

    Attributes
    ----------
    function : callable
        ``function(**blocks, weight=None)`` returns the sums over the runs of one block
        (sum, ratio, 1, example), or (sum, group, ratio, 1, example) with weights.
    variables : tuple of str
        The variables whose blocks it takes.
    number : int
        Number of sums.
    dtype : dtype
        Of the totals; blocks may have a narrower one.
    """

    function: Callable[..., np.ndarray]
    variables: tuple[str, ...]
    number: int
    dtype: np.dtype[Any]


def sums_over_runs(
    cube: xr.Dataset, wanted: Sequence[Sums], weights: xr.DataArray | None
) -> list[Any]:
    """Sums over the runs of a cube from one pass.

    Parameters
    ----------
    cube : xarray.Dataset
        Its dims may be in any order.
    wanted : sequence of Sums
    weights : xarray.DataArray (group, run), optional

    Returns
    -------
    list of arrays (sum, ratio, example), or (sum, group, ratio, example) with weights
        Dask arrays if any of the variables is one.

    Raises
    ------
    InvalidInputError
        As `cell_variable`.
    """
    if not wanted:
        return []
    names = sorted({name for sums in wanted for name in sums.variables})
    ordered = {name: in_order(cell_variable(cube, name)) for name in names}
    if weights is not None:
        ordered["weight"] = in_order(weights)
    block_sums = partial(_block_sums, names=tuple(ordered), wanted=tuple(wanted))
    if any(variable.chunks for variable in ordered.values()):
        return _lazy_totals(block_sums, list(ordered.values()), wanted)
    found = block_sums(*(variable.values for variable in ordered.values()))
    return _totals([found], dtypes=[sums.dtype for sums in wanted])


def in_order(variable: xr.DataArray) -> xr.DataArray:
    """The variable with its dims in the order that functions of blocks expect."""
    return variable.transpose(*LETTERS, missing_dims="ignore")


def operands(variables: Sequence[xr.DataArray]) -> list[Any]:
    """Each variable as a dask array, followed by the letters of its axes, as `blockwise` takes."""
    found = []
    for variable in variables:
        letters = "".join(LETTERS[str(dim)] for dim in variable.dims)
        found += [dask.array.asarray(variable.data), letters]
    return found


def _block_sums(
    *blocks: np.ndarray, names: tuple[str, ...], wanted: tuple[Sums, ...]
) -> list[np.ndarray]:
    """All sums over the runs of one block, without the run axis."""
    by_name = dict(zip(names, blocks, strict=True))
    weight = by_name.pop("weight", None)
    found = []
    for sums in wanted:
        own = {name: by_name[name] for name in sums.variables}
        found.append(sums.function(**own, weight=weight).squeeze(axis=-2))
    return found


def _totals(parts: Sequence[list[np.ndarray]], *, dtypes: Sequence[np.dtype[Any]]) -> list[Any]:
    """Add up the results of several blocks."""
    first, *others = parts
    totals = [sums.astype(dtype) for sums, dtype in zip(first, dtypes, strict=True)]
    for part in others:
        for total, sums in zip(totals, part, strict=True):
            # Weighted counts of a block are whole numbers in floats.
            np.add(total, sums, out=total, casting="unsafe")
    return totals


def _lazy_totals(
    block_sums: Callable[..., list[np.ndarray]],
    variables: Sequence[xr.DataArray],
    wanted: Sequence[Sums],
) -> list[Any]:
    # Arrays with different chunks are cut into common ones. The task that reads a chunk becomes
    # part of the only one that uses it, so that it is in memory for no longer. What a block becomes
    # is a list of arrays; dask need not know, as nothing but `_totals` uses it.
    pairs = operands(variables)
    axes = "gsrx" if "g" in pairs[-1] else "srx"
    blocks = dask.array.blockwise(
        block_sums,
        axes,
        *pairs,
        adjust_chunks={"r": 1},
        dtype=np.dtype(np.float64),
        meta=np.empty((0,) * len(axes)),
    )
    name = f"totals-{tokenize(blocks.name)}"
    add = partial(_totals, dtypes=[sums.dtype for sums in wanted])
    tree = HighLevelGraph.from_collections(name, _tree(name, blocks, add), dependencies=[blocks])

    totals = []
    *outer_chunks, _, column_chunks = blocks.chunks
    chunks = (*outer_chunks, column_chunks)
    for position, sums in enumerate(wanted):
        own = f"{name}-{position}"
        layer: dict[Any, Any] = {}
        for place in itertools.product(*(range(len(sizes)) for sizes in chunks)):
            layer[(own, 0, *place)] = (itemgetter(position), (name, *place))
        graph = HighLevelGraph({**tree.layers, own: layer}, {**tree.dependencies, own: {name}})
        totals.append(
            dask.array.Array(graph, own, chunks=((sums.number,), *chunks), dtype=sums.dtype)
        )
    return totals


def _tree(name: str, blocks: dask.array.Array, add: Callable[..., Any]) -> dict[Any, Any]:
    """Tasks that add up the blocks along runs, a few at a time; the last have this name."""
    graph: dict[Any, Any] = {}
    *outer, runs, columns = blocks.numblocks
    for place in itertools.product(*map(range, outer), range(columns)):
        *before, column = place
        keys: list[Any] = [(blocks.name, *before, run, column) for run in range(runs)]
        level = 0
        while len(keys) > _TOGETHER:
            groups = [keys[start : start + _TOGETHER] for start in range(0, len(keys), _TOGETHER)]
            keys = [(f"{name}-level-{level}", number, *place) for number in range(len(groups))]
            graph |= {key: (add, group) for key, group in zip(keys, groups, strict=True)}
            level += 1
        graph[(name, *place)] = (add, keys)
    return graph
