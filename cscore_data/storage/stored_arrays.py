"""The variables of a store as lazy arrays that are checked, chunk by chunk, when they are read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dask.array
import numpy as np
import xarray as xr

from cscore_data.errors import CscoreDataError, StoreError, reason
from cscore_data.storage.interface import is_of_place

#: A check of a block that was read: ``check(name, key, values)`` raises `StoreError` if something
#: is missing. `key` are the slices of the block.
Check = Callable[[str, tuple[slice, ...], np.ndarray], None]


def checked_dataset(dataset: xr.Dataset, path: str, check: Check, *, is_cube: bool) -> xr.Dataset:
    """Make the variables of a store dask arrays of its own chunks.

    Whatever goes wrong while a chunk is read, on whichever thread or machine, is a `StoreError`
    that names the chunk. So no reader needs to know what codecs and servers raise.

    Parameters
    ----------
    dataset : xarray.Dataset
        Lazy, without dask, as `xarray.open_zarr` opens a store with ``chunks=None``.
    path : str
        Of the store, for messages.
    check : callable
    is_cube : bool
        What is damaged can be cleared by verify-cube.
    """
    ratios = dataset["ratio"].values if "ratio" in dataset.coords else np.empty(0)
    for name, variable in dataset.variables.items():
        if name in dataset.indexes:
            _check_loaded(str(name), variable, check)
            continue
        # A copy: the variable itself gets the lazy array as its data below.
        stored = variable.copy(deep=False)
        source = StoredArray(str(name), stored, path, check, ratios=ratios, is_cube=is_cube)
        chunks = variable.encoding["preferred_chunks"]
        dataset[name].variable.data = dask.array.from_array(
            source,
            chunks=tuple(chunks[dim] for dim in variable.dims),
            name=False,
            # Unlike dask's own function, this one is always asked for whole chunks.
            getitem=_read_block,
            meta=np.empty((0,) * variable.ndim, variable.dtype),
        )
    return dataset


class StoredArray:
    """One variable of a store, for dask.

    Attributes
    ----------
    shape, dtype, ndim
    """

    def __init__(
        self,
        name: str,
        variable: xr.Variable,
        path: str,
        check: Check,
        *,
        ratios: np.ndarray,
        is_cube: bool,
    ):
        self.shape = variable.shape
        self.dtype = variable.dtype
        self.ndim = variable.ndim
        self._name = name
        self._variable = variable
        self._path = path
        self._check = check
        self._ratios = ratios
        self._is_cube = is_cube

    def __getitem__(self, key: tuple[slice, ...]) -> np.ndarray:
        place = place_name(self._name, self._variable.dims, key, self._ratios)
        with damage(self._path, place, is_cube=self._is_cube):
            values = np.asarray(self._variable[key].values)
            self._check(self._name, key, values)
        return values


@contextmanager
def damage(path: str, what: str, *, is_cube: bool = True) -> Iterator[None]:
    """Turn any error of reading `what` ("correct of ratio 0.3 runs 0-1") into a `StoreError`."""
    try:
        yield
    except CscoreDataError:
        raise
    except Exception as error:  # a damaged chunk raises whatever its codec likes
        what_to_do = remedy(path, is_cube)
        if is_of_place(error):
            what_to_do = "fix that and run the same command again"
        raise StoreError(
            f"{path}: {what} cannot be read ({reason(error, longest=200)}); {what_to_do}"
        ) from error


def remedy(path: str, is_cube: bool) -> str:
    """What to do about a store that is damaged."""
    if is_cube:
        return (
            f"copy it again from where it is whole, or run verify-cube {path}, which names all "
            "pieces that are damaged and clears them with --repair"
        )
    return "copy the store again from where it is whole, or make it again"


def place_name(name: str, dims: tuple[Any, ...], key: tuple[slice, ...], ratios: np.ndarray) -> str:
    """Which part of a variable it is, such as ``correct of ratio 0.3 runs 0-1``."""
    parts = []
    for dim, part in zip(dims, key, strict=True):
        if dim == "ratio":
            values = ratios[part] if ratios.size else np.arange(part.start, part.stop)
            texts = [f"{value:g}" for value in values]
            parts.append(f"ratio {', '.join(texts)}")
        else:
            name_of_dim = str(dim).replace("_", " ")
            parts.append(f"{name_of_dim}s {part.start}-{part.stop - 1}")
    return f"{name} of {' '.join(parts)}" if parts else name


def _read_block(source: StoredArray, key: tuple[slice, ...], **_: Any) -> np.ndarray:
    return source[key]


def _check_loaded(name: str, variable: xr.Variable, check: Check) -> None:
    """Check an index, which xarray reads when it opens a store."""
    values = np.asarray(variable.values)
    step = variable.encoding["preferred_chunks"][name]
    for start in range(0, len(values), step):
        stop = min(start + step, len(values))
        key = slice(start, stop)
        check(name, (key,), values[key])
