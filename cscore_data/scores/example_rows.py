"""Which row of a data set each score belongs to."""

import dataclasses

import numpy as np
import xarray as xr

from cscore_data.data.examples import Examples
from cscore_data.data.identity import Identity, check_same, of_dataset, of_examples
from cscore_data.data.names import positions
from cscore_data.errors import InvalidInputError, MismatchError, reason
from cscore_data.scores.file_readers import NUMBERED_BY_FILE

_REMEDY = "give the data set that they are scores of, in its original order"


def example_rows(scores: xr.Dataset, examples: Examples) -> np.ndarray:
    """Find the rows of a data set that scores belong to: by file name, else by number.

    Parameters
    ----------
    scores : xarray.Dataset
        Of all examples or of a part of them, in any order. Only coordinates and attributes are
        read.
    examples : Examples

    Returns
    -------
    int64 (example,)
        ``examples.image[rows]`` are the images of the scores.

    Raises
    ------
    MismatchError
        If they are not scores of this data set: if a file name is missing there, or if sizes,
        labels or digests differ.

    Examples
    --------
    >>> import numpy as np
    >>> examples = Examples("tiny", np.arange(16).reshape(4, 2, 2), label=[5, 9, 9, 5])
    >>> coords = {"example": [3, 1], "label": ("example", [5, 9])}
    >>> scores = xr.Dataset({"cscore": ("example", [0.5, 0.25])}, coords)
    >>> example_rows(scores.assign_attrs(example_numbering="column example"), examples)
    array([3, 1])
    """
    part = of_dataset(scores, "the scores")
    whole = of_examples(examples)
    if part.filename is not None and whole.filename is not None:
        rows = _rows_by_name(part.filename, whole.filename, examples.name)
        # An order of their own has a digest of its own.
        check_same(part, dataclasses.replace(_selected(whole, rows), digest=None), remedy=_REMEDY)
        return rows

    is_part = part.size != whole.size
    if is_part and not _is_known_part(scores, part, whole):
        check_same(part, whole, remedy=_REMEDY)
    numbers = np.arange(len(examples)) if examples.index is None else examples.index
    rows = _rows_by_number(scores["example"].values, numbers, part, whole)
    remedy = _REMEDY
    if is_part:
        remedy += f" (found {part.size} examples in {part.name}, {whole.size} in {whole.name})"
    check_same(part, _selected(whole, rows), remedy=remedy)
    return rows


def _is_known_part(scores: xr.Dataset, part: Identity, whole: Identity) -> bool:
    """Whether `example` is known to be the number in this very data set, and not just a row's."""
    if part.digest is not None:
        return part.digest == whole.digest
    if scores.attrs.get("example_numbering") == NUMBERED_BY_FILE:
        return True
    # Many data sets are in original order: labels have to show that it is this one.
    return part.label is not None and part.order is not None and part.order == whole.order


def _rows_by_name(names: np.ndarray, known: np.ndarray, data_set: str) -> np.ndarray:
    try:
        return positions(known, names)
    except InvalidInputError as error:
        raise MismatchError(f"file names of the scores in {data_set}: {reason(error)}") from error


def _rows_by_number(
    wanted: np.ndarray, numbers: np.ndarray, part: Identity, whole: Identity
) -> np.ndarray:
    order = np.argsort(numbers, kind="stable")
    place = np.searchsorted(numbers, wanted, sorter=order).clip(max=len(numbers) - 1)
    rows: np.ndarray = order[place]
    missing = wanted[numbers[rows] != wanted]
    if missing.size:
        raise MismatchError(
            f"{missing.size} of {part.size} examples of {part.name} are not among the "
            f"{whole.size} of {whole.name} (the first: example {missing[0]}); {_REMEDY}"
        )
    return rows


def _selected(whole: Identity, rows: np.ndarray) -> Identity:
    """The identity of some rows of a data set."""
    label = whole.label if whole.label is None else whole.label[rows]
    filename = whole.filename if whole.filename is None else whole.filename[rows]
    return dataclasses.replace(whole, size=len(rows), label=label, filename=filename, example=None)
