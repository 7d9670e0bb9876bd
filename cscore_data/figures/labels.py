"""What figures share: colors, and names, titles and limits that they take from the scores."""

import re
from collections.abc import Sequence

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.figures.text import AXIS, CLASS_NAME, NOTE, TITLE, as_text

#: Color of bars, dots and lines.
BLUE = "#3b6fb6"

#: Color map of scores and of densities.
SCALE = "viridis"


def class_name(label: int, class_names: Sequence[str], *, most: int = CLASS_NAME) -> str:
    """Name of a class in at most `most` letters, or its number if it has no name.

    A name that the font cannot show, or that is blank, counts as none.

    Examples
    --------
    >>> class_name(1, ["cat", "dog"])
    'dog'
    >>> class_name(7, ["cat", "dog"])
    '7'
    """
    if 0 <= label < len(class_names):
        name = as_text(str(class_names[label]), most)
        if name.strip(" ?\N{HORIZONTAL ELLIPSIS}"):
            return name
    return str(label)


def names_of_classes(scores: xr.Dataset, class_names: Sequence[str] = ()) -> Sequence[str]:
    """The names that are given, else those that the scores carry, by label; empty if none.

    Examples
    --------
    >>> coords = {"class": [0, 2], "class_name": ("class", ["cat", "dog"])}
    >>> names_of_classes(xr.Dataset(coords=coords))
    ['cat', '', 'dog']
    """
    if class_names or not {"class", "class_name"} <= set(scores.coords):
        return class_names
    known_labels = scores["class"].values.tolist()
    name_of = dict(zip(known_labels, scores["class_name"].values, strict=True))
    last = max(known_labels, default=-1)
    return [str(name_of.get(label, "")) for label in range(last + 1)]


def axis_label(variable: xr.DataArray) -> str:
    """The first part of a variable's long name: what it is, without how it is computed.

    Examples
    --------
    >>> axis_label(xr.DataArray(0, attrs={"long_name": "consistency score: mean of the profile"}))
    'consistency score'
    """
    long_name = str(variable.attrs.get("long_name", variable.name))
    first_part, *_ = re.split("[:;]", long_name)
    return as_text(first_part, AXIS)


def meaning(variable: xr.DataArray) -> str:
    """A variable's whole long name: what it is and how it is computed."""
    long_name = str(variable.attrs.get("long_name", variable.name))
    return as_text(long_name, NOTE)


def title(scores: xr.Dataset, default: str) -> str:
    """Title of a set of scores, shortened, or `default` if it has none."""
    own = scores.attrs.get("title")
    return as_text(str(own or default), TITLE)


def title_with_count(scores: xr.Dataset, shown: xr.Dataset) -> str:
    """Title of a set of scores, with the number of examples, and how many of them are shown.

    Examples
    --------
    >>> scores = xr.Dataset({"cscore": ("example", [0.5, 1.0])}, attrs={"title": "Two scores"})
    >>> title_with_count(scores, scores)
    'Two scores: 2 examples'
    >>> title_with_count(scores, scores.isel(example=[0]))
    'Two scores: 1 of 2 examples'
    """
    examples = scores.sizes["example"]
    drawn = shown.sizes["example"]
    count = f"{examples:,}"
    if drawn < examples:
        count = f"{drawn:,} of {examples:,}"
    return f"{title(scores, 'C-scores')}: {count} examples"


def complete_examples(scores: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """The variables of these names, for the examples that have a value of each.

    Raises
    ------
    InvalidInputError
        If there are none.
    """
    complete = scores[list(names)].dropna("example")
    if not complete.sizes["example"]:
        raise InvalidInputError(
            f"no example has all of {', '.join(names)}; train more runs, and reduce the cube again"
        )
    return complete


def score_range(scores: xr.Dataset) -> tuple[float, float]:
    """Limits of an axis of scores: 0 and 1 if all scores lie there, else the lowest and highest.

    If these are the same, there is some space on either side.
    """
    lowest = float(scores["cscore"].min())
    highest = float(scores["cscore"].max())
    if lowest >= 0 and highest <= 1:
        return 0.0, 1.0
    if lowest == highest:
        return lowest - 0.5, highest + 0.5
    return lowest, highest


def sample_classes(scores: xr.Dataset, most: int) -> np.ndarray:
    """An even sample of the classes that have scores.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).
    most : int
        Maximum number of classes.

    Returns
    -------
    int (class,)
        Ascending labels; all of them if there are no more than `most`.
    """
    has_score = np.isfinite(scores["cscore"].values)
    label = scores["label"].values
    classes = np.unique(label[has_score])
    count = min(len(classes), most)
    places = np.linspace(0, len(classes) - 1, count)
    rows = places.round().astype(int)
    return np.asarray(classes[rows])
