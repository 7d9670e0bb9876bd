"""Two sets of scores on their common examples, in one order, or a refusal: never two orders side by side unnoticed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from cscore_data.errors import InvalidInputError, MismatchError


@dataclass(frozen=True)
class Aligned:
    """Two sets of scores, row by row of the same examples.

    Attributes
    ----------
    a, b : xarray.Dataset
        The common examples, in the order of the first set; each keeps its own coordinates.
    by : str
        The coordinate that ties them together, ``example`` or ``filename``.
    warnings : tuple of str
        What could not be checked.
    """

    a: xr.Dataset
    b: xr.Dataset
    by: str
    warnings: tuple[str, ...] = ()


def align(a: xr.Dataset, b: xr.Dataset) -> Aligned:
    """Two sets of scores on their common examples, in one order.

    By `filename` where both have it, else by `example`. One set may hold fewer examples than the other, never others.
    Labels are compared wherever both sides have them.

    Parameters
    ----------
    a, b : xarray.Dataset
        Scores. Only coordinates are read here: what is lazy stays lazy.

    Raises
    ------
    MismatchError
        Unless all labels agree, digests too where both have one, and the examples of the smaller set are all in the
        larger; without file names both must also be of the same length, or known to be in the same order.
    InvalidInputError
        If a file name or example occurs twice, or a file name is empty.
    """
    by = "filename" if "filename" in a.coords and "filename" in b.coords else "example"
    if by == "example":
        _check_same_set(a, b)
    rows_a, rows_b = _common_rows(_index(a, by, "A"), _index(b, by, "B"), by)
    a, b = a.isel(example=rows_a), b.isel(example=rows_b)
    labelled = "label" in a.coords and "label" in b.coords
    if labelled:
        _check_labels(a, b, by)
    tied = labelled or by == "filename" or (_digest(a) is not None and _digest(a) == _digest(b))
    return Aligned(a, b, by, () if tied else (_untied(a, b),))


def _check_same_set(a: xr.Dataset, b: xr.Dataset) -> None:
    digests = _digest(a), _digest(b)
    if None not in digests and digests[0] != digests[1]:
        raise MismatchError(
            f"A and B are scores of other images or of another order (example_digest {digests[0]} and {digests[1]}); "
            "compare scores of one data set"
        )
    orders = a.attrs.get("example_order"), b.attrs.get("example_order")
    if None not in orders and orders[0] != orders[1]:
        raise MismatchError(f"A is in {orders[0]} order and B in {orders[1]}; bring both into one order")
    if a.sizes["example"] != b.sizes["example"] and None in orders:
        raise MismatchError(
            f"A has {a.sizes['example']} examples and B {b.sizes['example']}, and no file names on both sides say "
            "which are the same; compare scores of the same examples"
        )


def _digest(scores: xr.Dataset) -> str | None:
    return scores.attrs.get("example_digest")


def _index(scores: xr.Dataset, by: str, name: str) -> pd.Index:
    values = scores[by].values
    index = pd.Index(values.astype(object) if by == "filename" else values)
    if by == "filename" and (index == "").any():
        raise InvalidInputError(f"{name}: {(index == '').sum()} examples have an empty file name; name or remove them")
    if not index.is_unique:
        twice = index[index.duplicated()]
        raise InvalidInputError(
            f"{name}: {twice.nunique()} {_words(by)} occur more than once ({_first(twice.unique())}), so scores cannot "
            "be told apart; keep one row of each"
        )
    return index


def _common_rows(a: pd.Index, b: pd.Index, by: str) -> tuple[np.ndarray, np.ndarray]:
    place = b.get_indexer(a)
    rows = np.flatnonzero(place >= 0)
    if len(rows) < min(len(a), len(b)):
        smaller, larger, names = (a, b, "AB") if len(a) <= len(b) else (b, a, "BA")
        missing = smaller[larger.get_indexer(smaller) < 0]
        raise MismatchError(
            f"{len(missing)} of the {len(smaller)} {_words(by)} of {names[0]} are not in {names[1]} "
            f"({_first(missing)}); name examples alike on both sides, or remove those that only one side has"
        )
    return rows, place[rows]


def _check_labels(a: xr.Dataset, b: xr.Dataset, by: str) -> None:
    label_a, label_b = a["label"].values, b["label"].values
    different = np.flatnonzero(label_a != label_b)
    if different.size:
        names = a[by].values
        first = ", ".join(f"{names[i]}: {label_a[i]} and {label_b[i]}" for i in different[:3])
        raise MismatchError(
            f"{different.size} of {len(label_a)} labels differ between A and B ({by} {first}): other examples or "
            "another order; bring scores of one data set into one order, or give both file names"
        )


def _untied(a: xr.Dataset, b: xr.Dataset) -> str:
    without = " and ".join(name for name, scores in (("A", a), ("B", b)) if "label" not in scores.coords)
    names = [scores.attrs.get("dataset") for scores in (a, b)]
    others = f"; they name different data sets, {names[0]} and {names[1]}" if len({*names} - {None}) == 2 else ""
    return (
        f"only their position ties the examples of A and B together: no labels in {without}, so an order that differs "
        f"would go unnoticed{others}"
    )


def _words(by: str) -> str:
    return {"filename": "file names", "example": "examples"}[by]


def _first(names: pd.Index) -> str:
    return "the first: " + ", ".join(map(str, names[:3]))
