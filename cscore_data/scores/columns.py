"""Columns of files of scores as numbers and texts, or a refusal that names the row."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cscore_data.data.csv_tables import is_number
from cscore_data.errors import InvalidInputError, reason

#: Beyond this, different whole numbers are the same float.
_LARGEST_IN_FLOATS = 2**53


def as_numbers(path: Path, name: str, texts: list[str]) -> np.ndarray:
    """Texts of a column as numbers; NaN where there is no text, `InvalidInputError` at others."""
    numbers = np.empty(len(texts))
    for row, text in enumerate(texts):
        try:
            numbers[row] = float(text or "nan")
        except ValueError as error:
            raise InvalidInputError(
                f"{path}: {name} of row {row}: {reason(error)}; expected a number or nothing"
            ) from error
    return numbers


def check_no_class_names(path: Path, labels: Sequence[object], columns: Sequence[str]) -> None:
    """Raise `InvalidInputError` if labels are names of classes, as those of suspects may be."""
    known = [str(label) for label in labels if label not in (None, "")]
    if not known or any(map(is_number, known)):
        return
    what = "scores"
    if {"suggested", "mislabelled"} <= set(columns):
        what = "suspects of find-mislabelled"
    raise InvalidInputError(
        f"{path}: found {what} with labels by name (the first: {known[0]!r}), expected scores with "
        "labels by number; give the cube or the scores that they are from, or leave out the labels"
    )


def as_text(path: Path, values: np.ndarray) -> np.ndarray:
    """File names as texts; `InvalidInputError` if they are something else."""
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


def as_whole_numbers(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """Numbers as int64; `InvalidInputError` if something would be lost."""
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
