"""Scores on disk: as a Zarr store, and exported to the files that other programs read."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.schema import validate_scores
from cscore_data.store import open_store, write_store


def save_scores(scores: xr.Dataset, path: str | Path) -> None:
    """Write scores as a Zarr store, all at once, replacing scores that are there.

    Raises
    ------
    StoreError
        If something other than scores is there, or the place cannot be written.
    """
    path = Path(path)
    if path.exists():
        open_scores(path)  # Only scores may be replaced.
    write_store(path, validate_scores(scores).compute())


def open_scores(path: str | Path) -> xr.Dataset:
    """Open scores lazily.

    Returns
    -------
    xarray.Dataset
        `cscore` float (example,) and whatever else of the format the store holds, lazy.

    Raises
    ------
    StoreError
        If there is nothing that can be read, or what is there are no scores.
    """
    scores = open_store(path)
    try:
        return validate_scores(scores)
    except InvalidInputError as error:
        raise StoreError(f"{path}: these are no scores ({error})") from error


def check_suffix(path: str | Path) -> None:
    """Raise `InvalidInputError` unless `export_scores` can write a file of this name."""
    if Path(path).suffix not in _WRITERS:
        raise InvalidInputError(f"export: found {str(path)!r}, expected a file name ending in {', '.join(_WRITERS)}")


def export_scores(scores: xr.Dataset, path: str | Path) -> None:
    """Write scores to a file in the form that its suffix names, all at once.

    Parameters
    ----------
    scores : xarray.Dataset
        With `cscore` and `label` (example,).
    path : path
        ``.npz``: arrays `labels` int64 and `scores` float64, as in the authors' published files; ``.npy``: the scores
        alone, float64, as their MNIST demo saved them; ``.csv`` and ``.parquet``: a row for each example with
        `example`, `label`, `filename` where there is one, `cscore` and `cscore_stderr`.

    Raises
    ------
    InvalidInputError
        If the suffix is another.
    StoreError
        If the file cannot be written.
    """
    check_suffix(path)
    path = Path(path)
    # The suffix stays the last one: numpy would append its own.
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _WRITERS[path.suffix](scores, partial)
        os.replace(partial, path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from error
    finally:
        partial.unlink(missing_ok=True)


def _write_npz(scores: xr.Dataset, path: Path) -> None:
    np.savez_compressed(path, labels=scores["label"].values.astype(np.int64), scores=_values(scores))


def _write_npy(scores: xr.Dataset, path: Path) -> None:
    np.save(path, _values(scores), allow_pickle=False)


def _write_csv(scores: xr.Dataset, path: Path) -> None:
    _table(scores).to_csv(path, index_label="example")


def _write_parquet(scores: xr.Dataset, path: Path) -> None:
    try:
        _table(scores).reset_index().to_parquet(path, index=False)
    except ImportError as error:
        raise InvalidInputError(
            "export: parquet needs pyarrow; install it with pip install 'cscore-data[parquet]'"
        ) from error


def _values(scores: xr.Dataset) -> np.ndarray:
    return scores["cscore"].values.astype(np.float64)


def _table(scores: xr.Dataset):  # type: ignore[no-untyped-def]
    columns = [name for name in ("label", "filename", "cscore", "cscore_stderr") if name in scores.variables]
    return scores[columns].reset_coords().to_dataframe()[columns]


_WRITERS: dict[str, Callable[[xr.Dataset, Path], None]] = {
    ".npz": _write_npz,
    ".npy": _write_npy,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
