"""Files with labels for examples that are elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cscore_data.data.csv_tables import read_csv_table
from cscore_data.data.file_checks import check_named_once
from cscore_data.data.label_names import LABEL_NAMES
from cscore_data.data.names import check_unique
from cscore_data.data.npz import npz_headers, read_npy, read_npz_arrays
from cscore_data.data.plurals import counted
from cscore_data.data.table_source import as_array
from cscore_data.data.torch_files import read_torch_arrays
from cscore_data.errors import InvalidInputError, MismatchError

#: Columns that say of which examples the labels are.
_WHOSE = ("example", "filename")


@dataclass(frozen=True)
class FileLabels:
    """Labels in a file, and of which examples they are.

    Attributes
    ----------
    source : str
        Where they come from.
    label : array (row,) or (row, class)
        As `labels.as_labels` takes them.
    example : int64 (row,), optional
        Numbers of the examples, where the file has a column `example` of whole numbers.
    filename : str (row,), optional
        Their file names, where the file has a column `filename`.
    """

    source: str
    label: np.ndarray
    example: np.ndarray | None = None
    filename: np.ndarray | None = None

    def rows(
        self, size: int, example: np.ndarray | None = None, filename: np.ndarray | None = None
    ) -> np.ndarray:
        """The row of each example of a data set: by file name, else by number, else by position.

        Parameters
        ----------
        size : int
            Number of examples.
        example : int64 (example,), optional
            Their numbers in the source, if some of its rows were left out.
        filename : str (example,), optional

        Returns
        -------
        int64 (example,)
            -1 where the file says nothing of an example.

        Raises
        ------
        MismatchError
            If the file has examples that are not there, or, without names and numbers, another
            number of labels.
        InvalidInputError
            If it names an example twice.

        Examples
        --------
        >>> FileLabels("some.csv", np.array(["cat", "dog"]), example=np.array([3, 0])).rows(4)
        array([ 1, -1, -1,  0])
        """
        numbers = np.arange(size) if example is None else example
        if self.filename is not None and filename is not None:
            return self._matched("filename", self.filename.tolist(), filename.tolist())
        if self.example is not None:
            return self._matched("example", self.example.tolist(), numbers.tolist())
        # One label for each row of the source, of which some may have been left out.
        if example is not None and size and len(self.label) > example.max():
            return example
        if len(self.label) != size:
            remedy = "say whose they are in a column filename or example"
            if self.filename is not None:
                remedy = "say whose they are in a column example, as the data set has no file names"
            raise MismatchError(
                f"{self.source}: found {counted(len(self.label), 'label')}, expected {size}, one "
                f"for each example of the data set in its original order; or {remedy}"
            )
        return np.arange(size)

    def _matched(self, by: str, found: list[Any], wanted: list[Any]) -> np.ndarray:
        check_unique([str(value) for value in found], f"{self.source}: column {by}")
        row = {value: place for place, value in enumerate(found)}
        absent = row.keys() - set(wanted)
        if absent:
            first = min(absent, key=lambda value: row[value])
            raise MismatchError(
                f"{self.source}: {len(absent)} of {len(found)} values of column {by} are not in "
                f"the data set (the first: {first!r}); give labels of this data set"
            )
        return np.array([row.get(value, -1) for value in wanted], np.int64)


def read_labels(source: str) -> FileLabels:
    """Read labels from a file.

    Parameters
    ----------
    source : str
        ``FILE.npy``, or ``FILE[:KEY]`` with an npz, csv or pt file and the name of an array or
        column in it; by default the only one, or the one with a usual name.

    Returns
    -------
    FileLabels

    Raises
    ------
    InvalidInputError
        If the file is missing, of another form or damaged, or the array is not there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     np.savez(f"{directory}/other.npz", given=[0, 1, 1], corrected=[0, 1, 0])
    ...     read_labels(f"{directory}/other.npz:corrected").label
    array([0, 1, 0])
    """
    path, key = _split(source)
    names, read = _FORMATS[Path(path).suffix](path)
    if key is None:
        key = _default_name(path, [name for name in names if name not in _WHOSE])
    elif key not in names:
        raise InvalidInputError(
            f"{path}: found arrays {', '.join(names)}, expected one named {key}"
        )
    check_named_once(path, names, [key, *_WHOSE])
    label = read(key)
    example, filename = (_whose(name, key, names, read, len(label)) for name in _WHOSE)
    if example is not None:
        example = _as_numbers(path, example)
    if filename is not None:
        filename = np.array([str(name) for name in filename.tolist()], object)
    return FileLabels(source, label, example, filename)


def _whose(
    name: str, key: str, names: list[str], read: Callable[[str], np.ndarray], size: int
) -> np.ndarray | None:
    """A column that says of which examples the labels are, if the file has one."""
    if name == key or name not in names:
        return None
    column = read(name)
    return column if column.shape == (size,) else None


def _as_numbers(path: str, example: np.ndarray) -> np.ndarray | None:
    """Numbers of examples; None if the column has something else, such as texts."""
    if example.dtype.kind == "O" and any(isinstance(one, int | float) for one in example):
        # Numbers, and None where a cell is empty.
        example = example.astype(np.float64)
    if example.dtype.kind == "f":
        rows = np.flatnonzero(~np.isfinite(example) | (example != np.rint(example)))
        if rows.size:
            raise InvalidInputError(
                f"{path}: column example has {example[rows[0]]} in row {rows[0]}, expected the "
                "number of an example in each row; fill it in, or remove the row"
            )
        example = example.astype(np.int64)
    return example if example.dtype.kind in "iu" else None


class _Arrays(NamedTuple):
    """The arrays of a file: their names, and a function that reads one."""

    names: list[str]
    read: Callable[[str], np.ndarray]


def _npy(path: str) -> _Arrays:
    return _Arrays([""], lambda name: read_npy(path))


def _npz(path: str) -> _Arrays:
    return _Arrays(list(npz_headers(path)), lambda name: read_npz_arrays(path, {"": [name]})[""])


def _csv(path: str) -> _Arrays:
    # Names of files may look like numbers.
    table = read_csv_table(path, texts=("filename",))
    return _Arrays(table.schema.names, lambda name: as_array(table[name]))


def _torch(path: str) -> _Arrays:
    arrays = read_torch_arrays(path)
    return _Arrays(list(arrays), lambda name: arrays[name])


#: To add a format, write a function that returns its arrays, and add an entry here.
_FORMATS: dict[str, Callable[[str], _Arrays]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".csv": _csv,
    ".pt": _torch,
}


def _split(source: str) -> tuple[str, str | None]:
    """The path, and the key after its last colon if there is one."""
    if Path(source).suffix in _FORMATS:
        return source, None
    path, _, key = source.rpartition(":")
    if Path(path).suffix in _FORMATS and key:
        return path, key
    raise InvalidInputError(
        f"labels: found {source!r}, expected FILE or FILE:KEY with a file ending in "
        f"{', '.join(_FORMATS)}"
    )


def _default_name(path: str, names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    usual = [name for name in LABEL_NAMES if name in names]
    if len(usual) == 1:
        return usual[0]
    raise InvalidInputError(
        f"{path}: found arrays {', '.join(names) or 'none'}; say which are the labels with "
        f"{path}:KEY"
    )
