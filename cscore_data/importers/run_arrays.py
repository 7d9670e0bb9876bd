"""Arrays with a row for each run, in whatever files, read a few runs at a time."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from glob import glob
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from cscore_data.data.npz import DAMAGED, npy_header, npz_headers, read_npy, read_npz_arrays
from cscore_data.errors import InvalidInputError, reason
from cscore_data.storage.folder import folder
from cscore_data.storage.groups import array_of, open_group
from cscore_data.storage.interface import store_errors


class RunArray(ABC):
    """An array (run, …) that is read a few runs at a time.

    Attributes
    ----------
    name : str
        What to call it in messages.
    shape : tuple of int
        The number of runs first.
    dtype : dtype
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @abstractmethod
    def read(self, runs: Sequence[int]) -> np.ndarray:
        """The rows of these runs, ascending numbers."""

    def run_name(self, run: int) -> str:
        """What to call a run in messages."""
        return f"{self.name}: run {run}"


class StackedRuns(RunArray):
    """An array that is in memory, or that reads what is sliced from it, as zarr's do."""

    def __init__(self, name: str, array: Any):
        self.name = name
        self.shape = tuple(array.shape)
        self.dtype = array.dtype
        self._array = array

    def read(self, runs: Sequence[int]) -> np.ndarray:
        """The rows of these runs."""
        start, stop = runs[0], runs[-1] + 1
        rows = np.asarray(self._array[start:stop])
        if len(runs) < len(rows):
            rows = rows[np.asarray(runs) - start]
        return rows


class NpyRuns(StackedRuns):
    """An npy file that is mapped into memory, those rows that are read and no others.

    A map of the whole file would count as memory of this process, page by page.
    """

    def __init__(self, path: str | Path):
        self._path = path
        try:
            with open(path, "rb") as file:
                npy_header(file)
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            raise InvalidInputError(f"{path}: no such file") from None
        except DAMAGED as error:
            raise InvalidInputError(
                f"{path}: not a readable npy file of plain numbers ({reason(error)})"
            ) from error
        super().__init__(str(path), array)
        self._offset = array.offset
        self._by_rows = array.flags.c_contiguous
        if self._by_rows:
            self._array = None

    def read(self, runs: Sequence[int]) -> np.ndarray:
        """The rows of these runs, mapped into memory until nobody uses them any more."""
        if not self._by_rows:
            return super().read(runs)
        start, count = runs[0], runs[-1] + 1 - runs[0]
        row_bytes = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize
        rows: np.ndarray = np.memmap(
            self._path,
            dtype=self.dtype,
            mode="r",
            offset=self._offset + start * row_bytes,
            shape=(count, *self.shape[1:]),
        )
        return rows if len(runs) == count else rows[np.asarray(runs) - start]


class FilesOfRuns(RunArray):
    """A file for each run.

    Parameters
    ----------
    name : str
    paths : sequence of Path
        One for each run.
    load : callable
        Reads the array of a file.
    """

    def __init__(self, name: str, paths: Sequence[Path], load: Callable[[Path], np.ndarray]):
        self.name = name
        self._paths = list(paths)
        self._load = load
        first = load(self._paths[0])
        self.shape = (len(self._paths), *first.shape)
        self.dtype = first.dtype

    def read(self, runs: Sequence[int]) -> np.ndarray:
        """The rows of these runs; of a single one whatever its shape is."""
        rows = []
        for run in runs:
            row = self._load(self._paths[run])
            # Of indices, each run may have another number; whoever reads several needs one shape.
            if len(runs) > 1 and row.shape != self.shape[1:]:
                raise InvalidInputError(
                    f"{self.run_name(run)}: found shape {row.shape}, expected {self.shape[1:]} as "
                    f"in {self._paths[0]}"
                )
            rows.append(row)
        return np.stack(rows)

    def run_name(self, run: int) -> str:
        """The file of a run."""
        return str(self._paths[run])


def open_run_array(source: str | Path, text: str) -> RunArray:
    """Open an array by what a user says of it.

    Parameters
    ----------
    source : path
        An npz file, a Zarr store, or a folder.
    text : str
        In an npz file or a store, the name of an array. Otherwise a file below the folder,
        ``FILE.npy``, ``FILE.npz[:KEY]`` or ``STORE.zarr:KEY``; with ``*`` or another wildcard, a
        file for each run, in the order of the numbers in their names.

    Raises
    ------
    InvalidInputError
        If there is no such file or array.
    """
    source = Path(source)
    if source.suffix in (".npz", ".npy") or _is_store(source):
        return _open_one(source, text)
    pattern, key = _pattern_and_key(text)
    if not any(mark in pattern for mark in "*?["):
        return _open_one(source / pattern, key)
    paths = sorted(map(Path, glob(str(source / pattern))), key=natural_key)
    if not paths:
        raise InvalidInputError(f"{source}: found no file {pattern}, expected one for each run")
    return FilesOfRuns(text, paths, lambda path: _load(path, key))


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """A key that sorts names by the numbers in them: run2 before run10.

    Examples
    --------
    >>> sorted([Path("run10"), Path("run2"), Path("a")], key=natural_key)[1].name
    'run2'
    """
    parts = []
    for part in re.split(r"(\d+)", str(path)):
        parts.append((0, int(part), "") if part.isdecimal() else (1, 0, part))
    return parts


def array_names(source: str | Path) -> list[str]:
    """Names of the arrays in an npz file, a Zarr store or a folder of npy files."""
    source = Path(source)
    if source.suffix == ".npz":
        return list(npz_headers(source))
    if _is_store(source):
        return list(_open_store(source).array_keys())
    if not source.is_dir():
        raise InvalidInputError(f"{source}: no such file or folder")
    return sorted(path.stem for path in source.glob("*.npy"))


def default_text(source: str | Path, name: str) -> str:
    """How `open_run_array` knows the array of this name of `array_names`."""
    source = Path(source)
    return f"{name}.npy" if source.is_dir() and not _is_store(source) else name


def _pattern_and_key(text: str) -> tuple[str, str]:
    file, _, key = text.rpartition(":")
    if Path(file).suffix in (".npz", ".zarr"):
        return file, key
    return text, ""


def _open_one(path: Path, key: str) -> RunArray:
    if path.suffix == ".npy":
        return NpyRuns(path)
    if path.suffix == ".npz":
        return StackedRuns(f"{path}: {key}" if key else str(path), _load(path, key))
    if not _is_store(path):
        raise InvalidInputError(f"{path}: expected a file ending in .npy or .npz, or a Zarr store")
    with store_errors(path, "read"):
        try:
            return StackedRuns(f"{path}: {key}", array_of(_open_store(path), key))
        except KeyError as error:
            raise InvalidInputError(f"{path}: found no array {key}") from error


def _load(path: Path, key: str) -> np.ndarray:
    """The array of a file; of an npz file with a single array, no key is needed."""
    if path.suffix == ".npy":
        return read_npy(path)
    if path.suffix != ".npz":
        raise InvalidInputError(f"{path}: expected a file ending in .npy or .npz")
    names = list(npz_headers(path))
    if not key and len(names) == 1:
        key = names[0]
    if key not in names:
        raise InvalidInputError(
            f"{path}: found arrays {', '.join(names) or 'none'}; say which one with FILE.npz:KEY"
        )
    return read_npz_arrays(path, {key: (key,)})[key]


def _is_store(path: Path) -> bool:
    return (path / "zarr.json").exists() or (path / ".zgroup").exists()


def _open_store(path: Path) -> zarr.Group:
    with store_errors(path, "read"):
        return open_group(folder(path), mode="r")
