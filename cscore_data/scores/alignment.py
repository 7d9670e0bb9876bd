"""Two sets of scores on their common examples, in one order, or a refusal."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from cscore_data.data.identity import Identity, differences, of_dataset
from cscore_data.errors import InvalidInputError, MismatchError
from cscore_data.scores.file_readers import NUMBERED_BY_FILE

#: What to do about each kind of difference.
_REMEDIES = {
    "size": "no file names on both sides, nor a column example, say which are the same; add one of "
    "them, or compare scores of the same examples",
    "order": "bring both into one order",
    "digest": "compare scores of one data set",
    "label": "other examples or another order; bring scores of one data set into one order, or "
    "give both file names",
}

#: What to call the values of the coordinates that can match examples.
_WORDS = {"filename": "file names", "example": "examples"}

#: Examples that a message shows.
_SHOWN = 3


@dataclass(frozen=True)
class Aligned:
    """Two sets of scores, row by row of the same examples.

    Attributes
    ----------
    a, b : xarray.Dataset
        The common examples, in the order of the first set; each keeps its own coordinates.
    by : str
        The coordinate by which examples were matched, ``example`` or ``filename``.
    warnings : tuple of str
        What could not be checked.
    """

    a: xr.Dataset
    b: xr.Dataset
    by: str
    warnings: tuple[str, ...] = ()


def align(a: xr.Dataset, b: xr.Dataset, *, names: tuple[str, str] = ("A", "B")) -> Aligned:
    """Bring two sets of scores to their common examples, in one order.

    Examples are matched by `filename` where both sets have it, else by `example`. Labels are
    compared wherever both sides have them. Either set may lack examples of the other, which are
    left out; both may do so only if labels or digests show that the common ones are the same.

    Parameters
    ----------
    a, b : xarray.Dataset
        Scores. Only coordinates are read: what is lazy stays lazy.
    names : tuple of str
        What messages call them.

    Raises
    ------
    MismatchError
        If labels differ, or if nothing but names or numbers tells that the common examples of two
        sets are the same, and each has examples that the other lacks. Without file names also if
        digests or orders differ, or if the sets have different sizes and `example` may be just the
        row in a file.
    InvalidInputError
        If a file name or example occurs twice, or a file name is empty.

    Examples
    --------
    >>> whole = xr.Dataset({"cscore": ("example", [0.1, 0.2, 0.3])}, {"example": [0, 1, 2]})
    >>> whole = whole.assign_coords(label=("example", [5, 6, 7]))
    >>> aligned = align(whole, whole.isel(example=[2, 1, 0]))
    >>> aligned.b["cscore"].values
    array([0.1, 0.2, 0.3])
    """
    by = "example"
    if "filename" in a.coords and "filename" in b.coords:
        by = "filename"
    else:
        _check_same_set(a, b, names)
    index_a = _index(a, by, names[0])
    index_b = _index(b, by, names[1])
    rows_a, rows_b = _common_rows(index_a, index_b)
    a = a.isel(example=rows_a)
    b = b.isel(example=rows_b)

    # Now that rows correspond, labels can be compared.
    identity_a = of_dataset(a, names[0])
    identity_b = of_dataset(b, names[1])
    for difference in differences(identity_a, identity_b):
        if difference.kind == "label":
            raise MismatchError(f"{difference.text}: {_REMEDIES['label']}")
    warnings = []
    is_verified = _is_verified(identity_a, identity_b)
    # Each side has examples that the other lacks.
    if len(rows_a) < min(len(index_a), len(index_b)):
        remainder = _remainder(index_a, index_b, by, names)
        if not is_verified or not len(rows_a):
            raise MismatchError(
                f"{remainder}; name examples alike on both sides, or remove those that only one "
                "side has"
            )
        warnings.append(f"{remainder}: compared are the {len(rows_a)} that both have")
    if by == "example" and not is_verified:
        warnings.append(_position_warning(a, b, names))
    return Aligned(a, b, by, tuple(warnings))


def _check_same_set(a: xr.Dataset, b: xr.Dataset, names: tuple[str, str]) -> None:
    """Check that `example` means the same on both sides, whatever the order of rows."""
    identity_a = of_dataset(a, names[0])
    identity_b = of_dataset(b, names[1])
    for difference in differences(identity_a, identity_b):
        # Labels of rows that do not correspond yet say nothing.
        if difference.kind == "label":
            continue
        if difference.kind == "size" and _says_which(a, b):
            continue
        raise MismatchError(f"{difference.text}; {_REMEDIES[difference.kind]}")


def _says_which(a: xr.Dataset, b: xr.Dataset) -> bool:
    """Whether sets of different sizes say which of their examples are the same.

    Rows of a whole data set are its examples in order. If the larger set is only known to have
    rows, its labels must show that they are.
    """
    smaller, larger = sorted((a, b), key=lambda scores: scores.sizes["example"])
    if not _is_numbered(smaller):
        return False
    have_labels = "label" in a.coords and "label" in b.coords
    return _is_numbered(larger) or have_labels


def _is_numbered(scores: xr.Dataset) -> bool:
    """Whether `example` is known to be the number in the data set, and not just a row's."""
    by_file = scores.attrs.get("example_numbering") == NUMBERED_BY_FILE
    return by_file or "example_order" in scores.attrs


def _is_verified(a: Identity, b: Identity) -> bool:
    """Whether labels or digests, which agree, show that these are the same examples."""
    if a.label is not None and b.label is not None:
        return True
    return a.digest is not None and b.digest is not None


def _position_warning(a: xr.Dataset, b: xr.Dataset, names: tuple[str, str]) -> str:
    without = []
    for name, scores in zip(names, (a, b), strict=True):
        if "label" not in scores.coords:
            without.append(name)
    text = (
        f"only their position matches the examples of {' and '.join(names)}: no labels in "
        f"{' and '.join(without)}, so a different order would go unnoticed"
    )
    first = a.attrs.get("dataset")
    second = b.attrs.get("dataset")
    if first is not None and second is not None and first != second:
        text += f"; they name different data sets, {first} and {second}"
    return text


def _index(scores: xr.Dataset, by: str, name: str) -> pd.Index:
    """The values by which examples are matched: each occurs once."""
    values = scores[by].values
    if by == "filename":
        values = values.astype(object)
        empty = np.count_nonzero(values == "")
        if empty:
            raise InvalidInputError(
                f"{name}: {empty} examples have an empty file name; name or remove them"
            )
    index = pd.Index(values)
    if not index.is_unique:
        repeated = index[index.duplicated()].unique()
        raise InvalidInputError(
            f"{name}: {len(repeated)} {_WORDS[by]} occur more than once ({_first(repeated)}), so "
            "scores cannot be told apart; keep one row of each"
        )
    return index


def _common_rows(a: pd.Index, b: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Rows of A and of B with the same examples, in the order of A."""
    position = b.get_indexer(a)
    rows = np.flatnonzero(position >= 0)
    return rows, position[rows]


def _remainder(a: pd.Index, b: pd.Index, by: str, names: tuple[str, str]) -> str:
    """What only the smaller set has, in words."""
    smaller, larger = a, b
    name, other = names
    if len(b) < len(a):
        smaller, larger = b, a
        other, name = names
    missing = smaller[larger.get_indexer(smaller) < 0]
    return (
        f"{len(missing)} of the {len(smaller)} {_WORDS[by]} of {name} are not in {other} "
        f"({_first(missing)})"
    )


def _first(names: pd.Index) -> str:
    return "the first: " + ", ".join(map(str, names[:_SHOWN]))
