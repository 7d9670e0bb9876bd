"""What figures share: colors, and names, titles and limits that they take from the scores."""

import re
from collections.abc import Sequence

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError

#: Color of bars, dots and lines.
BLUE = "#3b6fb6"

#: Color map of scores and of densities.
SCALE = "viridis"


def class_name(label: int, class_names: Sequence[str]) -> str:
    """Name of a class, or its number if it has no name.

    Examples
    --------
    >>> class_name(1, ["cat", "dog"])
    'dog'
    >>> class_name(7, ["cat", "dog"])
    '7'
    """
    if 0 <= label < len(class_names):
        return class_names[label]
    return str(label)


def axis_label(variable: xr.DataArray) -> str:
    """The first part of a variable's long name: what it is, without how it is computed.

    Examples
    --------
    >>> axis_label(xr.DataArray(0, attrs={"long_name": "consistency score: mean of the profile"}))
    'consistency score'
    """
    long_name = str(variable.attrs.get("long_name", variable.name))
    return re.split("[:;]", long_name)[0]


def title(scores: xr.Dataset, default: str) -> str:
    """Title of a set of scores, or `default` if it has none."""
    return str(scores.attrs.get("title", default))


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
    count = f"{scores.sizes['example']:,}"
    if shown.sizes["example"] < scores.sizes["example"]:
        count = f"{shown.sizes['example']:,} of {count}"
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
    """Limits of an axis of scores: 0 and 1 if all scores lie there, else the lowest and highest."""
    lowest = float(scores["cscore"].min())
    highest = float(scores["cscore"].max())
    if lowest >= 0 and highest <= 1:
        return 0.0, 1.0
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
    rows = np.linspace(0, len(classes) - 1, count).round().astype(int)
    return np.asarray(classes[rows])
