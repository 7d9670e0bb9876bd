"""A sheet of suspicious examples: what each is, its label, and the label that models suggest."""

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cscore_data.figures.images import image_strip
from cscore_data.figures.labels import class_name, title
from cscore_data.figures.page import new_page
from cscore_data.figures.text import as_text

#: Images in a row, and rows on the page.
_COLUMNS = 10
_ROWS = 8

#: Texts on the page.
_TEXTS = 30

#: Characters of a text and of a class's name that are shown.
_TEXT_LENGTH = 150
_NAME_LENGTH = 14


def suspect_sheet(
    suspects: xr.Dataset, image: np.ndarray, *, class_names: Sequence[str] = ()
) -> Figure:
    r"""Images with given and suggested label, the most suspicious first.

    Parameters
    ----------
    suspects : xarray.Dataset
        `score` float, `suggested` and `label` int (example,), in the order in which they are shown;
        the first 80 are.
    image : uint8 or float (example, height, width[, channel])
        In the order of the suspects.
    class_names : sequence of str

    Examples
    --------
    >>> suspects = xr.Dataset(
    ...     {"score": ("example", [-8.5]), "suggested": ("example", [3])},
    ...     {"example": [41], "label": ("example", [5])},
    ... )
    >>> figure = suspect_sheet(suspects, np.zeros((1, 8, 8), np.uint8))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['5 → 3\nscore -8.5\nexample 41']
    """
    shown = min(suspects.sizes["example"], _COLUMNS * _ROWS)
    rows = max(1, math.ceil(shown / _COLUMNS))
    figure = new_page(13, 1.2 + 2.0 * rows, _title(suspects))
    axes = figure.add_subplot()
    captions = []
    for place in range(shown):
        suspect = suspects.isel(example=place)
        captions.append(_caption(suspect, class_names))
    image_strip(axes, image, captions, title="", columns=_COLUMNS, rows=rows)
    return figure


def suspect_texts(
    suspects: xr.Dataset, text: Sequence[str], *, class_names: Sequence[str] = ()
) -> Figure:
    """Texts with given and suggested label, the most suspicious first.

    Parameters
    ----------
    suspects : xarray.Dataset
        As of `suspect_sheet`; the first 30 are shown.
    text : sequence of str (example,)
        In the order of the suspects.
    class_names : sequence of str
    """
    shown = min(suspects.sizes["example"], _TEXTS)
    figure = new_page(13, 1.2 + 0.45 * max(shown, 1), _title(suspects))
    axes = figure.add_subplot()
    for place in range(shown):
        row = suspects.isel(example=place)
        _draw_text(axes, place, row, text[place], class_names)
    axes.set(xlim=(0, 10), ylim=(max(shown, 1), 0))
    axes.axis("off")
    return figure


def _draw_text(
    axes: Axes, place: int, row: xr.Dataset, text: str, class_names: Sequence[str]
) -> None:
    words = " ".join(text.split())
    one_line = as_text(words, _TEXT_LENGTH)
    given, suggested = _classes(row, class_names, longest=2 * _NAME_LENGTH)
    labels = f"{given} → {suggested}"
    height = place + 0.35
    axes.text(0, height, labels, fontsize=9, weight="bold", va="center")
    axes.text(3.4, height, one_line, fontsize=8, va="center")


def _caption(row: xr.Dataset, class_names: Sequence[str]) -> str:
    given, suggested = _classes(row, class_names, longest=_NAME_LENGTH)
    example = int(row["example"])
    score = float(row["score"])
    return f"{given} → {suggested}\nscore {score:.3g}\nexample {example}"


def _classes(row: xr.Dataset, class_names: Sequence[str], *, longest: int) -> tuple[str, str]:
    """The names of the given and of the suggested class, shortened."""
    names = []
    for variable in ("label", "suggested"):
        label = int(row[variable])
        names.append("?" if label < 0 else class_name(label, class_names, most=longest))
    return names[0], names[1]


def _title(suspects: xr.Dataset) -> str:
    return f"{title(suspects, 'Suspicious labels')}: given → suggested"
