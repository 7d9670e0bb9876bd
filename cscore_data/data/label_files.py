"""Files with labels for examples that are elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cscore_data.data.csv_tables import read_csv_table
from cscore_data.data.npz import npz_headers, read_npy, read_npz_arrays
from cscore_data.data.table_source import as_array
from cscore_data.data.torch_files import read_torch_arrays
from cscore_data.errors import InvalidInputError

#: Names that an array or column of labels usually has.
_USUAL_NAMES = ("label", "labels", "y", "target", "targets", "category", "class")


def read_labels(source: str) -> np.ndarray:
    """Read labels from a file.

    Parameters
    ----------
    source : str
        ``FILE.npy``, or ``FILE[:KEY]`` with an npz, csv or pt file and the name of an array or
        column in it; by default the only one, or the one with a usual name.

    Returns
    -------
    array (example,) or (example, class)
        As `labels.as_labels` takes them.

    Raises
    ------
    InvalidInputError
        If the file is missing, of another form or damaged, or the array is not there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     np.savez(f"{directory}/other.npz", given=[0, 1, 1], corrected=[0, 1, 0])
    ...     read_labels(f"{directory}/other.npz:corrected")
    array([0, 1, 0])
    """
    path, key = _split(source)
    names, read = _FORMATS[Path(path).suffix](path)
    if key is None:
        key = _default_name(path, names)
    elif key not in names:
        raise InvalidInputError(
            f"{path}: found arrays {', '.join(names)}, expected one named {key}"
        )
    return read(key)


class _Arrays(NamedTuple):
    """The arrays of a file: their names, and a function that reads one."""

    names: list[str]
    read: Callable[[str], np.ndarray]


def _npy(path: str) -> _Arrays:
    return _Arrays([""], lambda name: read_npy(path))


def _npz(path: str) -> _Arrays:
    return _Arrays(list(npz_headers(path)), lambda name: read_npz_arrays(path, {"": [name]})[""])


def _csv(path: str) -> _Arrays:
    table = read_csv_table(path)
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
    usual = [name for name in _USUAL_NAMES if name in names]
    if len(usual) == 1:
        return usual[0]
    raise InvalidInputError(
        f"{path}: found arrays {', '.join(names) or 'none'}; say which are the labels with "
        f"{path}:KEY"
    )
