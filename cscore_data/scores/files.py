"""Scores on disk: as a Zarr store, exported for other programs, and read from their files."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError, StoreError, reason
from cscore_data.scores.file_readers import read_score_file
from cscore_data.scores.published import NAMES, load_published
from cscore_data.scores.statistics import validate_scores
from cscore_data.storage.folder import folder, require_local
from cscore_data.storage.zarr_store import is_unfinished, open_store, write_store

if TYPE_CHECKING:
    import pandas as pd


def save_scores(scores: xr.Dataset, path: str | Path) -> None:
    """Write scores as a Zarr store, all at once, replacing scores that are there.

    Parameters
    ----------
    scores : xarray.Dataset
    path : path or URL

    Raises
    ------
    StoreError
        If something other than scores is there, or the store cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from cscore_data.scores.reduce import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> scores = reduce_cube(make_cube())
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "scores.zarr"
    ...     save_scores(scores, path)
    ...     open_scores(path).load().equals(scores)
    True
    """
    # In an object store, an interrupted call of this function may have left a part of the scores.
    names = set(map(str, scores.variables))
    if folder(path).exists() and not is_unfinished(path, names):
        open_scores(path)
    write_store(path, validate_scores(scores).compute(), overwrite=True)


def open_scores(path: str | Path) -> xr.Dataset:
    """Open a store of scores lazily.

    Parameters
    ----------
    path : path or URL

    Returns
    -------
    xarray.Dataset
        `cscore` float (example,) and whatever else of the format the store holds, lazy.

    Raises
    ------
    StoreError
        If there is nothing that can be read, or the store does not hold scores.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from cscore_data.scores.reduce import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "scores.zarr"
    ...     save_scores(reduce_cube(make_cube(examples=12)), path)
    ...     scores = open_scores(path)
    >>> dict(scores["profile"].sizes)
    {'ratio': 3, 'example': 12}
    """
    scores = open_store(path)
    if "correct" in scores and "held_out" in scores:
        raise StoreError(
            f"{path}: this is a cube of runs, not scores; reduce-cscores makes scores of it"
        )
    try:
        return validate_scores(scores)
    except InvalidInputError as error:
        raise StoreError(f"{path}: this store does not hold scores ({reason(error)})") from error


def read_scores(source: str | Path) -> xr.Dataset:
    r"""Read scores from anywhere: a published name, a scores store, or another program's file.

    Parameters
    ----------
    source : str or path
        A name that `load_published` knows; a path or URL written by `save_scores`; or a file.
        ``.npz``: 1-d arrays `scores` and optionally `labels` and `filenames`, as in the authors'
        published files; ``.npy``: the scores alone; ``.csv`` with a header and ``.parquet``: a row
        for each example. Arrays and columns may be called `cscore`, `score` or `scores`; `label` or
        `labels`; `filename` or `filenames`; `example` (index in the data set's original order);
        others are ignored.

    Returns
    -------
    xarray.Dataset
        `cscore` float64 (example,), NaN where there is no score, with the coordinates `example`
        (the row, unless the file says) and, where the file has them, `label` and `filename`. A
        store opens lazily, a file is in memory.

    Raises
    ------
    InvalidInputError
        If the file does not hold scores in such a form.
    StoreError
        If there is nothing that can be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "scores.csv"
    ...     _ = path.write_text("example,label,score\n7,1,0.25\n3,2,0.5\n")
    ...     scores = read_scores(path)
    >>> scores["cscore"].values, scores["example"].values
    (array([0.25, 0.5 ]), array([7, 3]))
    """
    if str(source) in NAMES:
        return load_published(str(source))
    if "://" in str(source):
        return open_scores(source)
    path = Path(source)
    if not path.exists():
        raise StoreError(
            f"{path}: no such store or file, and not a published name ({', '.join(NAMES)})"
        )
    if path.is_dir():
        return open_scores(path)
    return read_score_file(path)


def check_suffix(path: str | Path) -> None:
    """Raise `InvalidInputError` unless `export_scores` can write a file of this name."""
    require_local(path, "export")
    if Path(path).suffix not in WRITERS:
        raise InvalidInputError(
            f"export: found {str(path)!r}, expected a file name ending in {', '.join(WRITERS)}"
        )


def export_scores(scores: xr.Dataset, path: str | Path) -> None:
    """Write scores to a file in the form that its suffix names, all at once.

    Parameters
    ----------
    scores : xarray.Dataset
        With `cscore` and `label` (example,).
    path : path
        ``.npz``: arrays `labels` int64 and `scores` float64, as in the authors' published files;
        ``.npy``: the scores alone, float64, as their MNIST demo saved them; ``.csv`` and
        ``.parquet``: a row for each example with `example`, `label`, `filename` where there is one,
        `cscore` and `cscore_stderr`.

    Raises
    ------
    InvalidInputError
        If the suffix is another.
    StoreError
        If the file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from cscore_data.scores.reduce import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> scores = reduce_cube(make_cube(runs=50))
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "scores.npz"
    ...     export_scores(scores, path)
    ...     bool((read_scores(path)["cscore"] == scores["cscore"]).all())
    True
    """
    check_suffix(path)
    path = Path(path)
    # The suffix stays the last one: numpy would append its own.
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        WRITERS[path.suffix](scores, partial)
        os.replace(partial, path)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({reason(error)}); choose another place"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _write_npz(scores: xr.Dataset, path: Path) -> None:
    label = scores["label"].values.astype(np.int64)
    np.savez_compressed(path, labels=label, scores=_values(scores))


def _write_npy(scores: xr.Dataset, path: Path) -> None:
    np.save(path, _values(scores), allow_pickle=False)


def _write_csv(scores: xr.Dataset, path: Path) -> None:
    _table(scores).to_csv(path, index_label="example")


def _write_parquet(scores: xr.Dataset, path: Path) -> None:
    _table(scores).reset_index().to_parquet(path, index=False)


#: To add a format of exported files, write a writer and add an entry here.
WRITERS: dict[str, Callable[[xr.Dataset, Path], None]] = {
    ".npz": _write_npz,
    ".npy": _write_npy,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}


def _values(scores: xr.Dataset) -> np.ndarray:
    return scores["cscore"].values.astype(np.float64)


def _table(scores: xr.Dataset) -> "pd.DataFrame":
    """A row for each example, with the columns that there are."""
    columns = []
    for name in ("label", "filename", "cscore", "cscore_stderr"):
        if name in scores.variables:
            columns.append(name)
    return scores[columns].reset_coords().to_dataframe()[columns]
