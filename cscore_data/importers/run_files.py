"""Arrays of runs in files of many kinds, opened by what a user says of them."""

from collections.abc import Sequence
from glob import glob
from pathlib import Path

import numpy as np
import zarr

from cscore_data.data.npz import npz_headers, read_npy, read_npz_arrays
from cscore_data.errors import InvalidInputError, reason
from cscore_data.importers.run_arrays import FilesOfRuns, NpyRuns, RunArray, StackedRuns
from cscore_data.importers.run_names import marks_of_runs, natural_order
from cscore_data.storage.folder import folder
from cscore_data.storage.groups import array_of, open_group
from cscore_data.storage.interface import store_errors


class StoredRuns(StackedRuns):
    """An array of a Zarr store, of which chunks may be damaged."""

    def read(self, runs: Sequence[int]) -> np.ndarray:
        """The rows of these runs."""
        try:
            return super().read(runs)
        except Exception as error:  # a damaged chunk raises whatever its codec likes
            rows = str(runs[0]) if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
            raise InvalidInputError(
                f"{self.name}: row {rows} cannot be read ({reason(error)}); get a fresh copy"
            ) from error


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
    names = sorted(glob(pattern, root_dir=source), key=natural_order)
    if not names:
        raise InvalidInputError(f"{source}: found no file {pattern}, expected one for each run")
    paths = [source / name for name in names]
    return FilesOfRuns(text, paths, lambda path: _load(path, key), marks_of_runs(pattern, names))


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
            return StoredRuns(f"{path}: {key}", array_of(_open_store(path), key))
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
