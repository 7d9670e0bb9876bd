"""Two sets of scores on their common examples, in one order, or a refusal."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from cscore_data.data.identity import Identity, differences, of_dataset
from cscore_data.errors import InvalidInputError, MismatchError

#: What to do about each kind of difference.
_REMEDIES = {
    "size": "no file names on both sides say which are the same; compare scores of the same "
    "examples",
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


def align(a: xr.Dataset, b: xr.Dataset) -> Aligned:
    """Bring two sets of scores to their common examples, in one order.

    Examples are matched by `filename` where both sets have it, else by `example`. One set may hold
    fewer examples than the other, but no others. Labels are compared wherever both sides have them.

    Parameters
    ----------
    a, b : xarray.Dataset
        Scores. Only coordinates are read: what is lazy stays lazy.

    Raises
    ------
    MismatchError
        If labels differ, or the smaller set has examples that the larger one lacks. Without file
        names also if digests or orders differ, or if the sets have different sizes and are not
        known to be in the same order.
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
        _check_same_set(of_dataset(a, "A"), of_dataset(b, "B"))
    rows_a, rows_b = _common_rows(_index(a, by, "A"), _index(b, by, "B"), by)
    a = a.isel(example=rows_a)
    b = b.isel(example=rows_b)

    # Now that rows correspond, labels can be compared.
    identity_a = of_dataset(a, "A")
    identity_b = of_dataset(b, "B")
    for difference in differences(identity_a, identity_b):
        if difference.kind == "label":
            raise MismatchError(f"{difference.text}: {_REMEDIES['label']}")
    if by == "filename" or _is_verified(identity_a, identity_b):
        return Aligned(a, b, by)
    return Aligned(a, b, by, warnings=(_position_warning(a, b),))


def _check_same_set(a: Identity, b: Identity) -> None:
    """Check that `example` means the same on both sides, whatever the order of rows."""
    for difference in differences(a, b):
        # Labels of rows that do not correspond yet say nothing.
        if difference.kind == "label":
            continue
        # A part of a set is fine if both sides number the examples in the same way.
        if difference.kind == "size" and a.order is not None and b.order is not None:
            continue
        raise MismatchError(f"{difference.text}; {_REMEDIES[difference.kind]}")


def _is_verified(a: Identity, b: Identity) -> bool:
    """Whether labels or digests, which agree, show that these are the same examples."""
    if a.label is not None and b.label is not None:
        return True
    return a.digest is not None and b.digest is not None


def _position_warning(a: xr.Dataset, b: xr.Dataset) -> str:
    without = []
    for name, scores in (("A", a), ("B", b)):
        if "label" not in scores.coords:
            without.append(name)
    text = (
        "only their position matches the examples of A and B: no labels in "
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


def _common_rows(a: pd.Index, b: pd.Index, by: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of A and of B with the same examples, in the order of A."""
    position = b.get_indexer(a)
    rows = np.flatnonzero(position >= 0)
    if len(rows) == min(len(a), len(b)):
        return rows, position[rows]

    # Say what only the smaller set has.
    smaller, larger = a, b
    name, other = "A", "B"
    if len(b) < len(a):
        smaller, larger = b, a
        name, other = "B", "A"
    missing = smaller[larger.get_indexer(smaller) < 0]
    raise MismatchError(
        f"{len(missing)} of the {len(smaller)} {_WORDS[by]} of {name} are not in {other} "
        f"({_first(missing)}); name examples alike on both sides, or remove those that only one "
        "side has"
    )


def _first(names: pd.Index) -> str:
    return "the first: " + ", ".join(map(str, names[:_SHOWN]))
