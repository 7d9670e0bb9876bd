"""The order of examples on a page: class by class, from regular to irregular.

All data are written in this order, so that the pictures of a strip are in a few sheets.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

#: A label that no class has.
NO_LABEL = np.iinfo(np.int64).min


@dataclass(frozen=True)
class PageClass:
    """A class on the page: its label, its first row and its number of examples."""

    label: int
    start: int
    count: int


@dataclass(frozen=True)
class PageOrder:
    """Which example is in which row of the page, and the classes in their order.

    Attributes
    ----------
    rows : int64 (row,)
        The place of each example among the scores.
    example : int (row,)
        Its index in the data set.
    classes : list of PageClass
        Those that have examples, by label, then those that models vote for besides.
    """

    rows: np.ndarray
    example: np.ndarray
    classes: list[PageClass]

    def class_places(self, label: np.ndarray) -> np.ndarray:
        """The place of each label among the classes, -1 where it is none of them."""
        labels = np.array([entry.label for entry in self.classes])
        return _places(label, labels)

    def rows_of(self, example: np.ndarray) -> np.ndarray:
        """The row of each index in the data set, -1 where the page does not have the example."""
        return _places(example, self.example)


def page_order(scores: xr.Dataset, voted: np.ndarray | None = None) -> PageOrder:
    """Order examples by class, then by C-score, the highest first and those without one last.

    Ties are broken by the margin, where it is known, then by the index.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,), perhaps `margin` (example,).
    voted : int (class,), optional
        Labels that models vote for.

    Examples
    --------
    >>> from dataclasses import astuple
    >>> coords = {"example": [0, 1, 2], "label": ("example", [7, 3, 7])}
    >>> scores = xr.Dataset({"cscore": ("example", [0.25, 0.5, 1.0])}, coords)
    >>> order = page_order(scores, np.array([3, 5]))
    >>> order.rows
    array([1, 2, 0])
    >>> [astuple(entry) for entry in order.classes]
    [(3, 0, 1), (7, 1, 2), (5, 3, 0)]
    """
    label = scores["label"].values
    example = scores["example"].values
    cscore = scores["cscore"].values
    margin = np.zeros(len(label))
    if "margin" in scores:
        margin = scores["margin"].values
    # NaN sorts last.
    rows = np.lexsort((example, -margin, -cscore, label))
    classes = _classes_of(label[rows])
    if voted is not None:
        others = np.setdiff1d(voted, label)
        for other in others.tolist():
            classes.append(PageClass(other, start=len(rows), count=0))
    return PageOrder(rows, example[rows], classes)


def _classes_of(label: np.ndarray) -> list[PageClass]:
    """The classes of labels that are in ascending order."""
    labels, starts, counts = np.unique(label, return_index=True, return_counts=True)
    ends = zip(labels.tolist(), starts.tolist(), counts.tolist(), strict=True)
    return [PageClass(*found) for found in ends]


def _places(wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The place of each value among others, which are all different; -1 where it is not there."""
    order = np.argsort(known)
    place = np.searchsorted(known, wanted, sorter=order)
    last = len(known) - 1
    found = order[place.clip(max=last)]
    is_there = known[found] == wanted
    places: np.ndarray = np.where(is_there, found, -1)
    return places
