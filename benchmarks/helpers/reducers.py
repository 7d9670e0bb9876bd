"""Ways to reduce a cube, to be compared; none of them imports jax, as their memory is measured."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dask
import dask.threaded
import numpy as np
import xarray as xr
import zarr

from cscore_data import counts, open_cube, reduce_cube
from cscore_data.scores.margin_terms import MARGIN_SUMS
from cscore_data.scores.votes import counts_and_votes

# Else dask imports distributed, where it is installed, with the first computation.
dask.config.set(scheduler=dask.threaded.get)

#: The variables that are read; of these a cube without margins has three.
_VARIABLES = ("correct", "held_out", "margin", "prediction", "done")


def floor(path: str) -> None:
    """Decode every chunk of all variables, two threads at a time, and drop it: no arithmetic."""
    names = [name for name in _VARIABLES if (Path(path) / name).exists()]
    arrays = [zarr.open_array(path, path=name, mode="r") for name in names]

    def read(block: tuple[int, slice]) -> None:
        for array in arrays:
            _ = array[block]

    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(read, blocks(arrays[0])):
            pass


def ours(path: str) -> Any:
    """`reduce_cube` as reduce-cscores calls it: all statistics that the cube can carry."""
    return reduce_cube(open_cube(path, mask_and_scale=False)).load()


def decoded(path: str) -> Any:
    """`reduce_cube` of a cube with margins as floats."""
    return reduce_cube(open_cube(path)).load()


def plain_xarray(path: str) -> Any:
    """`reduce_cube` of a cube that xarray has opened and decodes."""
    return reduce_cube(xr.open_zarr(path)).load()


def all_sums(path: str) -> Any:
    """All counts, sums of margins and votes, from which the statistics follow."""
    cube = open_cube(path, mask_and_scale=False)
    names = ["held_out", "held_out_correct", "trained_on", "trained_on_correct", *MARGIN_SUMS]
    return dask.compute(*counts_and_votes(cube, None, names=names))


def four_counts(path: str) -> Any:
    """`counts`: of held-out and of trained-on runs, all and correct."""
    return counts(open_cube(path)).load()


def zarr_loop(path: str) -> np.ndarray:
    """Count and profile by hand, chunk after chunk in one thread."""
    correct, held_out = open_arrays(path, "correct", "held_out")
    ratios, _, examples = correct.shape
    hits = np.zeros((ratios, examples), np.int32)
    count = np.zeros((ratios, examples), np.int32)
    for ratio, runs in blocks(correct):
        unseen = held_out[ratio, runs]
        hits[ratio] += (correct[ratio, runs] & unseen).sum(0)
        count[ratio] += unseen.sum(0)
    with np.errstate(invalid="ignore"):
        return hits / count


def margin_loop(path: str) -> np.ndarray:
    """Mean held-out probability by hand, one quantity of eight, in one thread."""
    margin, held_out = open_arrays(path, "margin", "held_out")
    scale = np.float32(margin.attrs["scale_factor"])
    ratios, _, examples = margin.shape
    total = np.zeros((ratios, examples))
    count = np.zeros((ratios, examples), np.int32)
    for ratio, runs in blocks(margin):
        unseen = held_out[ratio, runs]
        probability = 1 / (1 + np.exp(-scale * margin[ratio, runs]))
        total[ratio] += (probability * unseen).sum(0)
        count[ratio] += unseen.sum(0)
    with np.errstate(invalid="ignore"):
        return total / count


def naive_xarray(path: str) -> Any:
    """What one types first: no chunks, everything in memory."""
    cube = xr.open_zarr(path, chunks=None)
    hits = (cube["correct"] & cube["held_out"]).sum("run")
    return hits / cube["held_out"].sum("run")


def open_arrays(path: str, *names: str) -> list[Any]:
    """Variables as zarr has them."""
    return [zarr.open_array(path, path=name, mode="r") for name in names]


def blocks(array: Any) -> Iterator[tuple[int, slice]]:
    """Ratio and runs of each piece, all examples."""
    ratios, runs, _ = array.shape
    step = array.chunks[1]
    for ratio in range(ratios):
        for start in range(0, runs, step):
            yield ratio, slice(start, start + step)


#: By what the cube records of each model.
CONTENDERS: dict[str, dict[str, Callable[[str], Any]]] = {
    "correct": {
        "floor": floor,
        "ours": ours,
        "counts": four_counts,
        "zarr_loop": zarr_loop,
        "naive_xarray": naive_xarray,
    },
    "margin": {
        "floor": floor,
        "ours": ours,
        "all_sums": all_sums,
        "decoded": decoded,
        "plain_xarray": plain_xarray,
        "margin_loop": margin_loop,
    },
}
