"""Arrays with a row for each run, read a few runs at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.data.npz import DAMAGED, npy_header
from cscore_data.errors import InvalidInputError, reason
from cscore_data.importers.run_names import natural_key


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
    marks : sequence of tuple of str
        What tells the runs apart in the names of their files.

    Attributes
    ----------
    marks
    """

    def __init__(
        self,
        name: str,
        paths: Sequence[Path],
        load: Callable[[Path], np.ndarray],
        marks: Sequence[tuple[str, ...]] = (),
    ):
        self.name = name
        self.marks = tuple(marks)
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
            if row.dtype.kind != self.dtype.kind or row.ndim != len(self.shape) - 1:
                raise InvalidInputError(
                    f"{self.run_name(run)}: found dtype {row.dtype} and shape {row.shape}, "
                    f"expected {self.dtype} and {len(self.shape) - 1} dims as in {self._paths[0]}"
                )
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


def check_same_runs(arrays: Iterable[RunArray]) -> None:
    """Check that files of several arrays, one for each run, are of the same runs in one order.

    Raises
    ------
    InvalidInputError
        If what tells runs apart in their names differs, such as 3 in ``correct-3.npy``.
    """
    with_files = [array for array in arrays if isinstance(array, FilesOfRuns)]
    for other in with_files[1:]:
        first = with_files[0]
        for run, (marks, others) in enumerate(zip(first.marks, other.marks, strict=False)):
            # 01 is 1; names of other kinds cannot be compared.
            if len(marks) == len(others) and _keys(marks) != _keys(others):
                raise InvalidInputError(
                    f"{first.run_name(run)} and {other.run_name(run)} are not of the same run, "
                    "expected files of the same runs; remove those that have no counterpart"
                )


def _keys(marks: Iterable[str]) -> list[list[tuple[int, int, str]]]:
    return [natural_key(Path(mark)) for mark in marks]
