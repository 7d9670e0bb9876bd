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
    wanted = [slice(0, size) for size in array.shape]
    wanted[0] = ratios or wanted[0]
    wanted[1] = runs or wanted[1]

    # Numbers of the chunks along each dim.
    along = []
    for part, step in zip(wanted, grid, strict=True):
        first = part.start // step
        end = math.ceil(part.stop / step)
        along.append(range(first, end))

    for place in itertools.product(*along):
        cells = []
        for dim in (0, 1):
            start = place[dim] * grid[dim]
            stop = min(start + grid[dim], array.shape[dim])
            cells.append(slice(start, stop))
        yield ChunkFile(_file_name(name, array, place), *cells)


def chunk_file_at(name: str, array: zarr.Array[Any], key: tuple[slice, ...]) -> str:
    """The file that holds a block which is one chunk, or part of one."""
    grid = array.shards or array.chunks
    place = []
    for part, step in zip(key, grid, strict=True):
        place.append(part.start // step)
    return _file_name(name, array, tuple(place))


def _file_name(name: str, array: zarr.Array[Any], place: tuple[int, ...]) -> str:
    return f"{name}/{array.metadata.encode_chunk_key(place)}"
