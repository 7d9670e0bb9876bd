"""Scores on disk: as a Zarr store, exported to the files that other programs read, and read from such files."""

import csv
import os
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import xarray as xr

from cscore_data import places
from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.published import NAMES, load_published
from cscore_data.schema import describe, validate_scores
from cscore_data.store import open_store, write_store


def save_scores(scores: xr.Dataset, path: str | Path) -> None:
    """Write scores as a Zarr store, all at once, replacing scores that are there.

    Parameters
    ----------
    scores : xarray.Dataset
    path : path or URL

    Raises
    ------
    StoreError
        If something other than scores is there, or the place cannot be written.
    """
    # Only scores may be replaced, and behind a URL what an unfinished writing of them has left.
    unfinished = places.is_remote(path) and set(places.names(path)) <= set(map(str, scores.variables))
    if places.exists(path) and not unfinished:
        open_scores(path)
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
    if {"correct", "held_out"} <= scores.keys():
        raise StoreError(f"{path}: this is a cube of runs, not scores; reduce-cscores makes scores of it")
    try:
        return validate_scores(scores)
    except InvalidInputError as error:
        raise StoreError(f"{path}: these are no scores ({error})") from error


def read_scores(source: str | Path) -> xr.Dataset:
    """Scores from anywhere: a published name, a scores store, or a file of another program's scores.

    Parameters
    ----------
    source : str or path
        A name of `published.load_published`; a path or URL written by `save_scores`; or a file. ``.npz``: 1-d arrays
        `scores` and, where there are some, `labels` and `filenames`, as in the authors' published files; ``.npy``: the
        scores alone; ``.csv`` with a header and ``.parquet``: a row for each example. Arrays and columns may be called
        `cscore`, `score` or `scores`; `label` or `labels`; `filename` or `filenames`; `example` (index in the data
        set's original order); others are ignored.

    Returns
    -------
    xarray.Dataset
        `cscore` float64 (example,), NaN where there is no score, with the coordinates `example` (the row, unless the
        file says) and, where the file has them, `label` and `filename`. A store opens lazily, a file is in memory.

    Raises
    ------
    InvalidInputError
        If the file is not of such a form.
    StoreError
        If there is nothing that can be read.
    """
    if str(source) in NAMES:
        return load_published(str(source))
    if "://" in str(source):
        return open_scores(source)
    path = Path(source)
    if not path.exists():
        raise StoreError(f"{path}: no such store or file, and no published name ({', '.join(NAMES)})")
    if path.is_dir():
        return open_scores(path)
    if path.suffix not in _READERS:
        raise InvalidInputError(f"{path}: expected a scores store or a file ending in {', '.join(_READERS)}")
    try:
        return _as_scores(path, _READERS[path.suffix](path))
    except InvalidInputError:
        raise
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())
        raise InvalidInputError(f"{path}: not a readable {path.suffix} file of scores ({reason})") from error


def check_suffix(path: str | Path) -> None:
    """Raise `InvalidInputError` unless `export_scores` can write a file of this name."""
    places.require_local(path, "export")
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
        with suppress(OSError):
            partial.unlink()


def _write_npz(scores: xr.Dataset, path: Path) -> None:
    np.savez_compressed(path, labels=scores["label"].values.astype(np.int64), scores=_values(scores))


def _write_npy(scores: xr.Dataset, path: Path) -> None:
    np.save(path, _values(scores), allow_pickle=False)


def _write_csv(scores: xr.Dataset, path: Path) -> None:
    _table(scores).to_csv(path, index_label="example")


def _write_parquet(scores: xr.Dataset, path: Path) -> None:
    _table(scores).reset_index().to_parquet(path, index=False)


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


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    # Opened here, because numpy leaves a file open that turns out to be no zip archive.
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        return {name: file[found] for name, found in _find(path, file).items()}


def _read_npy(path: Path) -> dict[str, np.ndarray]:
    return {"cscore": np.load(path, allow_pickle=False)}


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file)
        header = next(lines, [])
        columns = _find(path, header)
        rows = [line for line in lines if line]
    if any(len(row) != len(header) for row in rows):
        raise InvalidInputError(f"{path}: some lines have more or fewer than {len(header)} values, as the header has")
    texts = {name: [row[header.index(found)] for row in rows] for name, found in columns.items()}
    # Without pandas: "NA" is a file name like others, and a score must not change in its last digit, which breaks ties.
    return {
        name: np.array(values, object) if name == "filename" else np.array([float(text or "nan") for text in values])
        for name, values in texts.items()
    }


def _read_parquet(path: Path) -> dict[str, np.ndarray]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            columns = _find(path, file.schema_arrow.names)
            table = file.read(columns=list(columns.values()))
        return {name: table[column].to_numpy() for name, column in columns.items()}
    except pyarrow.ArrowException as error:  # not all of these are builtin ones too
        raise ValueError(str(error)) from error


_READERS: dict[str, Callable[[Path], dict[str, np.ndarray]]] = {
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}

#: What numpy, zipfile, zlib, csv and pyarrow say of a file that is damaged, or none of theirs.
_UNREADABLE = (
    *(OSError, EOFError, KeyError, MemoryError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(csv.Error, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)

_NAMES = {
    "cscore": ("cscore", "score", "scores"),
    "label": ("label", "labels"),
    "filename": ("filename", "filenames"),
    "example": ("example",),
}


def _find(path: Path, names: Iterable[str]) -> dict[str, str]:
    """What the arrays or columns that are used are called in this file."""
    names = list(names)
    found = {name: next((known for known in accepted if known in names), "") for name, accepted in _NAMES.items()}
    if not found["cscore"]:
        raise InvalidInputError(
            f"{path}: found {', '.join(names[:10]) or 'nothing'}, expected one named {', '.join(_NAMES['cscore'])}"
        )
    return {name: known for name, known in found.items() if known}


def _as_scores(path: Path, arrays: dict[str, np.ndarray]) -> xr.Dataset:
    score = arrays["cscore"]
    if score.ndim != 1 or score.dtype.kind not in "iuf":
        raise InvalidInputError(
            f"{path}: scores have shape {score.shape} and dtype {score.dtype}, expected 1-d numbers"
        )
    if np.isnan(score).all() or np.isinf(score).any():
        raise InvalidInputError(f"{path}: found infinite scores or none at all; expected numbers, NaN for no score")
    coords = {"example": np.arange(len(score))}
    for name in arrays.keys() - {"cscore"}:
        coords[name] = _as_coordinate(path, name, arrays[name])
        if coords[name].shape != score.shape:
            raise InvalidInputError(f"{path}: found {len(score)} scores and {name} of shape {coords[name].shape}")
    scores = xr.Dataset(
        {"cscore": ("example", score.astype(np.float64), {"long_name": "score", "units": "1"})},
        {name: ("example", values, describe(name)) for name, values in coords.items()},
        {"title": f"Scores in {path.name}", "source": str(path)},
    )
    return validate_scores(scores)


def _as_coordinate(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    if name == "filename":
        # Anything but text is an error, not turned into text.
        return values.astype(np.dtypes.StringDType(coerce=False)).astype(np.dtypes.StringDType())
    if values.dtype.kind not in "iuf" or not np.array_equal(values, np.rint(values)):
        raise InvalidInputError(
            f"{path}: {name} is of dtype {values.dtype}, expected whole numbers, one for each score"
        )
    return values.astype(np.int64)
