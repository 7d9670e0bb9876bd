"""Ways to reduce a cube, to be compared; none of them imports jax, as their memory is measured."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data import counts, open_cube, reduce_cube


def floor(path: str) -> None:
    """Decode every chunk of both arrays, two threads at a time, and drop it: no arithmetic."""
    correct, held_out = open_arrays(path)

    def read(block: tuple[int, slice]) -> None:
        for array in (correct, held_out):
            _ = array[block]

    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(read, blocks(correct)):
            pass


def ours(path: str) -> Any:
    """`reduce_cube`: counts, profile, C-score and standard error."""
    return reduce_cube(open_cube(path)).load()


def four_counts(path: str) -> Any:
    """`counts`: of held-out and of trained-on runs, all and correct."""
    return counts(open_cube(path)).load()


def zarr_loop(path: str) -> np.ndarray:
    """Count and profile by hand, chunk after chunk in one thread."""
    correct, held_out = open_arrays(path)
    ratios, _, examples = correct.shape
    hits = np.zeros((ratios, examples), np.int32)
    count = np.zeros((ratios, examples), np.int32)
    for ratio, runs in blocks(correct):
        unseen = held_out[ratio, runs]
        hits[ratio] += (correct[ratio, runs] & unseen).sum(0)
        count[ratio] += unseen.sum(0)
    with np.errstate(invalid="ignore"):
        return hits / count


def naive_xarray(path: str) -> Any:
    """What one types first: no chunks, everything in memory."""
    cube = xr.open_zarr(path, chunks=None)
    hits = (cube["correct"] & cube["held_out"]).sum("run")
    return hits / cube["held_out"].sum("run")


def open_arrays(path: str) -> tuple[Any, Any]:
    """`correct` and `held_out` as zarr has them."""
    correct = zarr.open_array(path, path="correct", mode="r")
    held_out = zarr.open_array(path, path="held_out", mode="r")
    return correct, held_out


def blocks(array: Any) -> Iterator[tuple[int, slice]]:
    """Ratio and runs of each piece, all examples."""
    ratios, runs, _ = array.shape
    step = array.chunks[1]
    for ratio in range(ratios):
        for start in range(0, runs, step):
            yield ratio, slice(start, start + step)


CONTENDERS: dict[str, Callable[[str], Any]] = {
    "floor": floor,
    "ours": ours,
    "counts": four_counts,
    "zarr_loop": zarr_loop,
    "naive_xarray": naive_xarray,
}
