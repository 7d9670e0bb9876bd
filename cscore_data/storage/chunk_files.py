"""Which chunk files of an array hold which ratios and runs, whatever its chunks are."""

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import zarr


class ChunkFile(NamedTuple):
    """A file, and the cells in it.

    Attributes
    ----------
    name : str
        In the folder of the store.
    ratios, runs : slice
    """

    name: str
    ratios: slice
    runs: slice


def chunk_files(
    name: str, array: zarr.Array[Any], ratios: slice | None = None, runs: slice | None = None
) -> Iterator[ChunkFile]:
    """The files that hold some of these ratios and runs, by default all.

    Parameters
    ----------
    name : str
        Of the array.
    array : zarr.Array (ratio, run) or (ratio, run, example)
    ratios, runs : slice, optional
    """
    grid = array.shards or array.chunks
    wanted = [ratios or slice(0, array.shape[0]), runs or slice(0, array.shape[1])]
    wanted += [slice(0, size) for size in array.shape[2:]]
    along = []
    for part, step in zip(wanted, grid, strict=True):
        along.append(range(part.start // step, math.ceil(part.stop / step)))
    for place in itertools.product(*along):
        cells = []
        for index, step, size in zip(place[:2], grid, array.shape, strict=False):
            cells.append(slice(index * step, min((index + 1) * step, size)))
        yield ChunkFile(f"{name}/{array.metadata.encode_chunk_key(place)}", *cells)


def chunk_file_at(name: str, array: zarr.Array[Any], key: tuple[slice, ...]) -> str:
    """The file that holds a block which is one chunk, or part of one."""
    grid = array.shards or array.chunks
    place = tuple(part.start // step for part, step in zip(key, grid, strict=True))
    return f"{name}/{array.metadata.encode_chunk_key(place)}"
