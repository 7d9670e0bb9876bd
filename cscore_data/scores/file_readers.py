"""Readers of files of scores, which may come from any program: npz, npy, csv and parquet."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from cscore_data.data.file_checks import match_names
from cscore_data.data.npz import npz_headers, read_npy, read_npz_arrays
from cscore_data.data.parquet import parquet_columns, read_parquet_columns
from cscore_data.errors import InvalidInputError, reason
from cscore_data.schema import coordinate
from cscore_data.scores.columns import as_numbers, as_text, as_whole_numbers, check_no_class_names
from cscore_data.scores.score_names import (
    MEMORIZATION,
    PICKLES,
    name_of_lone_array,
    pickle_remedy,
    score_name,
    sense_of,
)
from cscore_data.scores.statistics import describe, validate_scores

Wanted = Mapping[str, Sequence[str]]

#: Names that arrays and columns may have; scores have more, see `score_names`.
_NAMES = {
    "cscore": ("cscore", "score", "scores"),
    "label": ("label", "labels", "tr_labels"),
    "filename": ("filename", "filenames", "tr_filenames"),
    "example": ("example",),
}
_OPTIONAL = ("label", "filename", "example")

#: Values of the attribute `example_numbering`: whether the file says which example each score
#: belongs to, or only its row does.
NUMBERED_BY_FILE = "column example"
NUMBERED_BY_ROW = "row"


def read_score_file(path: Path) -> xr.Dataset:
    """Read a file of scores in the form that its suffix names.

    Scores that are higher for harder examples, by their name, are turned round; title and attribute
    `direction` say so. Of memorization, that is the variable `memorization`, too.

    Raises
    ------
    InvalidInputError
        If the suffix is not in `READERS`, or the file does not hold scores in that form.
    """
    _check_suffix(path)
    table = READERS[path.suffix](path)
    score_key = score_name(table.names)
    wanted: Wanted = _NAMES if score_key is None else {**_NAMES, "cscore": (score_key,)}
    arrays = table.read(wanted)
    score = arrays.pop("cscore")
    _check_scores(path, score)

    # Rows are in original order unless the file says otherwise.
    numbering = NUMBERED_BY_ROW
    if "example" in arrays:
        numbering = NUMBERED_BY_FILE
    coords = {"example": np.arange(len(score))}
    for name, values in arrays.items():
        if name == "label" and values.dtype.kind in "OUST":
            check_no_class_names(path, values.tolist(), table.names)
        if name == "filename":
            coords[name] = as_text(path, values)
        else:
            coords[name] = as_whole_numbers(path, name, values)
        if coords[name].shape != score.shape:
            raise InvalidInputError(
                f"{path}: found {len(score)} scores and {name} of shape {coords[name].shape}"
            )
    check_examples(path, coords["example"])

    scores = xr.Dataset(
        coords={key: coordinate(key, values) for key, values in coords.items()},
        attrs={"title": f"Scores in {path.name}", "source": str(path)},
    )
    scores.attrs["example_numbering"] = numbering
    return validate_scores(_with_score(scores, score_key or "cscore", score.astype(np.float64)))


def _with_score(scores: xr.Dataset, name: str, score: np.ndarray) -> xr.Dataset:
    """The scores of this name, turned so that they are higher for more regular examples."""
    sense = sense_of(name)
    attrs = {"long_name": "score", "units": "1"}
    scores["cscore"] = ("example", sense.turn(score), attrs)
    if sense is MEMORIZATION:
        scores["memorization"] = ("example", score, describe("memorization"))
    if sense.what:
        what = sense.what.format(name)
        scores["cscore"].attrs["long_name"] = what
        scores.attrs["title"] += f" ({what})"
        scores.attrs["direction"] = f"{what}: higher = more regular"
    return scores


def _check_suffix(path: Path) -> None:
    """Raise `InvalidInputError` unless there is a reader for such files."""
    if path.suffix in PICKLES:
        raise InvalidInputError(f"{path}: {pickle_remedy(path)}")
    if path.suffix == ".pt":
        raise InvalidInputError(
            f"{path}: files of torch hold labels, such as those of CIFAR-N, and no scores; give it "
            "to --labels or --truth"
        )
    if path.suffix not in READERS:
        raise InvalidInputError(
            f"{path}: expected a scores store or a file ending in {', '.join(READERS)}"
        )


class _Table(NamedTuple):
    """The arrays or columns of a file: their names, and a function that reads some of them."""

    names: list[str]
    read: Callable[[Wanted], dict[str, np.ndarray]]


def _npz(path: Path) -> _Table:
    return _Table(list(npz_headers(path)), lambda wanted: read_npz_arrays(path, wanted, _OPTIONAL))


def _npy(path: Path) -> _Table:
    return _Table([name_of_lone_array(path)], lambda wanted: {"cscore": read_npy(path)})


def _parquet(path: Path) -> _Table:
    names = parquet_columns(path)
    return _Table(names, lambda wanted: read_parquet_columns(path, wanted, _OPTIONAL))


def _csv(path: Path) -> _Table:
    header, rows = _csv_rows(path)
    return _Table(header, lambda wanted: _csv_columns(path, header, rows, wanted))


def _csv_columns(
    path: Path, header: list[str], rows: list[list[str]], wanted: Wanted
) -> dict[str, np.ndarray]:
    # Not with pandas: "NA" is a file name like any other, and a score must not change in its last
    # digit, which breaks ties.
    arrays = {}
    for key, name in match_names(path, header, wanted, _OPTIONAL, what="columns").items():
        column = header.index(name)
        texts = [row[column] for row in rows]
        if key == "filename":
            arrays[key] = np.array(texts, object)
        else:
            if key == "label":
                check_no_class_names(path, texts, header)
            arrays[key] = as_numbers(path, name, texts)
    return arrays


#: To add a format of files, write a function that returns its `_Table`, and add an entry here.
READERS: dict[str, Callable[[Path], _Table]] = {
    ".npz": _npz,
    ".npy": _npy,
    ".csv": _csv,
    ".parquet": _parquet,
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
    """Raise `InvalidInputError` unless each row of a `source` of scores has its own `example`."""
    if example.size and example.min() < 0:
        raise InvalidInputError(
            f"{source}: found example {example.min()}, expected numbers of examples from 0 on"
        )
    first = np.unique(example, return_index=True)[1]
    if len(first) == len(example):
        return
    repeated = np.delete(np.arange(len(example)), first)
    raise InvalidInputError(
        f"{source}: {len(repeated)} rows have an example that another row has as well (row "
        f"{repeated[0]}: example {example[repeated[0]]}); keep one row of each"
    )
