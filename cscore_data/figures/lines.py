"""Examples that are no pictures, rows of features and texts, as lines with score and name."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cscore_data.figures.captions import example_name, score_texts
from cscore_data.figures.extremes import ends, ranked_members, ties_note
from cscore_data.figures.labels import class_name, sample_classes
from cscore_data.figures.text import as_text

_FONT_SIZE = 7.5
_LINE_SPACING = 1.25

# Where the columns of score, name and content begin: shares of the axes.
_HALF_COLUMNS = (0, 0.045, 0.105)
_STRIP_COLUMNS = (0, 0.18, 0.29)

#: Values of an example beyond this number are never seen.
_MOST_VALUES = 60


def is_drawn_as_lines(image: np.ndarray) -> bool:
    """True for rows of features, (example, feature), and for texts, (example,)."""
    return image.ndim < 3


def content(example: np.ndarray | str, most: int) -> str:
    r"""The values of an example, or its text, on one line of at most `most` letters.

    Examples
    --------
    >>> content(np.array([5.1, 3.50001, 1200000]), 40)
    '5.1  3.5  1.2e+06'
    >>> content("Never\nagain!", 40)
    'Never again!'
    """
    if isinstance(example, np.ndarray):
        values = [f"{value:.4g}" for value in example[:_MOST_VALUES]]
        if len(example) > _MOST_VALUES:
            values.append("\N{HORIZONTAL ELLIPSIS}")
        example = "  ".join(values)
    # The beginning says more than both ends.
    if len(example) > most:
        example = example[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return as_text(example, most)


def extreme_lines(
    axes: Axes,
    scores: xr.Dataset,
    examples: np.ndarray,
    *,
    lines: int = 4,
    letters: int = 56,
    classes_shown: int = 10,
    class_names: Sequence[str] = (),
) -> None:
    """Write the highest scores of each class on the left and the lowest on the right.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    scores : xarray.Dataset
        `cscore` and `label` (example,); examples without a score are left out.
    examples : number (example, feature) or str (example,)
        In the order of the scores.
    lines : int
        Examples on each side; fewer if the class has fewer.
    letters : int
        Maximum length of the values or the text of an example.
    classes_shown : int
        Maximum number of rows; if there are more classes, an even sample is shown.
    class_names : sequence of str
    """
    classes = sample_classes(scores, classes_shown)
    for row, label in enumerate(classes):
        members = ranked_members(scores, label)
        name = class_name(label, class_names)
        axes.text(-0.01, row, name, ha="right", va="top", fontsize=11)
        ties = ties_note(scores, members, lines)
        axes.text(-0.01, row + 0.4, ties, ha="right", va="top", fontsize=7, color="0.4")
        for left, rows in zip((0, 0.5), ends(members, lines), strict=True):
            texts = score_texts(scores["cscore"].values[rows])
            names = [example_name(scores, member) for member in rows]
            contents = [content(examples[member], letters) for member in rows]
            columns = [texts, names, contents]
            _write_columns(axes, columns, _HALF_COLUMNS, left=left, top=row)
        axes.axhline(row - 0.1, color="0.9", linewidth=0.5)

    for side, left in {"highest": 0, "lowest": 0.5}.items():
        heading = f"{side} C-scores of each class"
        axes.text(left, -0.2, heading, va="bottom", fontsize=12)
    axes.set(xlim=(0, 1), ylim=(len(classes), -0.1))
    axes.axis("off")


def line_strip(
    axes: Axes,
    scores: xr.Dataset,
    examples: np.ndarray,
    rows: np.ndarray,
    captions: Sequence[str],
    *,
    title: str,
    letters: int = 72,
) -> None:
    """Write a line for each of some examples, with its own caption in place of the score.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    scores : xarray.Dataset
        For the names of the examples.
    examples : number (example, feature) or str (example,)
        In the order of the scores.
    rows : int (line,)
    captions : sequence of str (line,)
    title : str
    letters : int
        Maximum length of the values or the text of an example.
    """
    names = [example_name(scores, row) for row in rows]
    contents = [content(examples[row], letters) for row in rows]
    _write_columns(axes, [captions, names, contents], _STRIP_COLUMNS, left=0, top=0)
    axes.set(xlim=(0, 1), ylim=(1, 0), title=title)
    axes.axis("off")


def _write_columns(
    axes: Axes,
    columns: Sequence[Sequence[str]],
    starts: Sequence[float],
    *,
    left: float,
    top: float,
) -> None:
    """Write columns of lines next to each other."""
    for start, column in zip(starts, columns, strict=True):
        axes.text(
            left + start,
            top,
            "\n".join(column),
            va="top",
            fontsize=_FONT_SIZE,
            linespacing=_LINE_SPACING,
        )
