"""Readers of files of scores, which may come from any program: npz, npy, csv and parquet."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from cscore_data.data.file_checks import match_names
from cscore_data.data.npz import read_npy, read_npz_arrays
from cscore_data.data.parquet import read_parquet_columns
from cscore_data.errors import InvalidInputError, reason
from cscore_data.schema import coordinate
from cscore_data.scores.statistics import validate_scores

#: Names that arrays and columns may have.
_NAMES = {
    "cscore": ("cscore", "score", "scores"),
    "label": ("label", "labels"),
    "filename": ("filename", "filenames"),
    "example": ("example",),
}
_OPTIONAL = ("label", "filename", "example")

#: Beyond this, different whole numbers are the same float.
_LARGEST_IN_FLOATS = 2**53

#: Values of the attribute `example_numbering`: whether the file says which example each score
#: belongs to, or only its row does.
NUMBERED_BY_FILE = "column example"
NUMBERED_BY_ROW = "row"


def read_score_file(path: Path) -> xr.Dataset:
    """Read a file of scores in the form that its suffix names.

    Raises
    ------
    InvalidInputError
        If the suffix is not in `READERS`, or the file does not hold scores in that form.
    """
    if path.suffix not in READERS:
        raise InvalidInputError(
            f"{path}: expected a scores store or a file ending in {', '.join(READERS)}"
        )
    arrays = READERS[path.suffix](path)
    score = arrays.pop("cscore")
    _check_scores(path, score)

    # Rows are in original order unless the file says otherwise.
    numbering = NUMBERED_BY_ROW
    if "example" in arrays:
        numbering = NUMBERED_BY_FILE
    coords = {"example": np.arange(len(score))}
    for name, values in arrays.items():
        if name == "filename":
            coords[name] = _as_text(path, values)
        else:
            coords[name] = _as_whole_numbers(path, name, values)
        if coords[name].shape != score.shape:
            raise InvalidInputError(
                f"{path}: found {len(score)} scores and {name} of shape {coords[name].shape}"
            )
    check_examples(path, coords["example"])

    attrs = {"long_name": "score", "units": "1"}
    scores = xr.Dataset(
        {"cscore": ("example", score.astype(np.float64), attrs)},
        {name: coordinate(name, values) for name, values in coords.items()},
        {"title": f"Scores in {path.name}", "source": str(path), "example_numbering": numbering},
    )
    return validate_scores(scores)


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    return read_npz_arrays(path, _NAMES, _OPTIONAL)


def _read_npy(path: Path) -> dict[str, np.ndarray]:
    return {"cscore": read_npy(path)}


def _read_parquet(path: Path) -> dict[str, np.ndarray]:
    return read_parquet_columns(path, _NAMES, _OPTIONAL)


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    # Not with pandas: "NA" is a file name like any other, and a score must not change in its last
    # digit, which breaks ties.
    header, rows = _csv_rows(path)
    arrays = {}
    for key, name in match_names(path, header, _NAMES, _OPTIONAL, what="columns").items():
        column = header.index(name)
        texts = [row[column] for row in rows]
        if key == "filename":
            arrays[key] = np.array(texts, object)
        else:
            arrays[key] = _as_numbers(path, name, texts)
    return arrays


#: To add a format of files, write a reader that returns arrays by the keys of `_NAMES`, and add an
#: entry here.
READERS: dict[str, Callable[[Path], dict[str, np.ndarray]]] = {
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}


def _csv_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the other lines, empty ones left out."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file)
            header = next(lines, [])
            rows = [line for line in lines if line]
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path}: not a readable csv file ({reason(error)}); save it as UTF-8"
        ) from error
    except (OSError, ValueError, csv.Error) as error:
        raise InvalidInputError(f"{path}: not a readable csv file ({reason(error)})") from error
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise InvalidInputError(
                f"{path}: row {number} has {len(row)}, more or fewer than {len(header)} values, as "
                "the header has"
            )
    return header, rows


def _as_numbers(path: Path, name: str, texts: list[str]) -> np.ndarray:
    """Numbers; NaN where there is no text."""
    numbers = np.empty(len(texts))
    for row, text in enumerate(texts):
        try:
            numbers[row] = float(text or "nan")
        except ValueError as error:
            raise InvalidInputError(
                f"{path}: {name} of row {row}: {reason(error)}; expected a number or nothing"
            ) from error
    return numbers


def _check_scores(path: Path, score: np.ndarray) -> None:
    if score.ndim != 1 or score.dtype.kind not in "iuf":
        raise InvalidInputError(
            f"{path}: scores have shape {score.shape} and dtype {score.dtype}, expected 1-d numbers"
        )
    infinite = np.flatnonzero(np.isinf(score))
    if infinite.size:
        raise InvalidInputError(
            f"{path}: found {infinite.size} infinite scores (the first: row {infinite[0]}), "
            "expected numbers, NaN for no score"
        )
    if np.isnan(score).all():
        raise InvalidInputError(
            f"{path}: found {len(score)} rows, none at all with a score; expected numbers"
        )


def check_examples(source: str | Path, example: np.ndarray) -> None:
    """Raise `InvalidInputError` if two rows of a `source` of scores have the same `example`."""
    first = np.unique(example, return_index=True)[1]
    if len(first) == len(example):
        return
    repeated = np.delete(np.arange(len(example)), first)
    raise InvalidInputError(
        f"{source}: {len(repeated)} rows have an example that another row has as well (row "
        f"{repeated[0]}: example {example[repeated[0]]}); keep one row of each"
    )


def _as_text(path: Path, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "S":
        values = _decoded(path, values)
    try:
        # Without coercion, anything but text is an error.
        texts = values.astype(np.dtypes.StringDType(coerce=False))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"{path}: filename is of dtype {values.dtype}, expected text ({reason(error)})"
        ) from error
    return texts.astype(np.dtypes.StringDType())


def _decoded(path: Path, values: np.ndarray) -> np.ndarray:
    names = []
    for row, name in enumerate(values.tolist()):
        try:
            names.append(name.decode())
        except UnicodeDecodeError as error:
            raise InvalidInputError(
                f"{path}: filename of row {row} is {name!r}, expected UTF-8; save the names as "
                "text, for example by numpy.char.decode(names, 'latin-1')"
            ) from error
    return np.array(names, object)


def _as_whole_numbers(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    expected = "expected whole numbers, one for each score"
    if values.dtype.kind not in "iuf":
        raise InvalidInputError(f"{path}: {name} is of dtype {values.dtype}, {expected}")
    # NaN is unlike any number, itself included.
    rows = np.flatnonzero(values != np.rint(values))
    if rows.size:
        raise InvalidInputError(
            f"{path}: {name} is of dtype {values.dtype}, {expected} (the first that is not: row "
            f"{rows[0]}, {values.flat[rows[0]]})"
        )
    largest = _LARGEST_IN_FLOATS if values.dtype.kind == "f" else np.iinfo(np.int64).max
    if (values < -largest).any() or (values > largest).any():
        raise InvalidInputError(
            f"{path}: {name} spans {values.min()}..{values.max()}, expected whole numbers within "
            f"{largest}, as those of {values.dtype} beyond it cannot be told apart"
        )
    return values.astype(np.int64)
