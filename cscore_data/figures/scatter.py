"""Classes as dots, with their names where there is room."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cscore_data.figures.labels import BLUE, class_name

_FONT_SIZE = 9  # points
_OFFSET = 6  # points from the center of a dot to its name

# The space that a name at this font size needs, in inches. The width is estimated from the number
# of letters, because the exact width is known only once the figure is drawn.
_NAME_START = 0.08  # from the center of the dot
_NAME_END = 0.12  # likewise, for a name without letters
_LETTER_WIDTH = 0.085
_LINE_HEIGHT = 0.18

_RIGHT = 1
_LEFT = -1


def class_scatter(axes: Axes, statistics: xr.Dataset, *, class_names: Sequence[str] = ()) -> None:
    """Draw mean against spread of the scores of each class, dots as large as the class.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    statistics : xarray.Dataset
        `mean`, `spread` and `size` (label,), from `scores.summary.class_statistics`.
    class_names : sequence of str
    """
    mean = statistics["mean"].values
    spread = statistics["spread"].values
    size = statistics["size"].values
    axes.scatter(mean, spread, s=60 * size / size.max(), color=BLUE, alpha=0.8, linewidth=0)

    axes.margins(0.12)
    axes.set(xlabel="class mean of the C-score", ylabel="class spread (standard deviation)")
    axes.set_axisbelow(True)
    axes.grid(color="0.92")

    names = [class_name(int(label), class_names) for label in statistics["label"]]
    name_dots(axes, mean, spread, names)


class Box(NamedTuple):
    """A rectangle; positions are shares of the axes, 0..1 from left to right and bottom to top."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: "Box") -> bool:
        """True if two boxes have an area in common."""
        horizontally = self.left < other.right and other.left < self.right
        vertically = self.bottom < other.top and other.bottom < self.top
        return horizontally and vertically


def name_dots(axes: Axes, x: np.ndarray, y: np.ndarray, names: Sequence[str]) -> None:
    """Write names next to dots, to the right if there is room, else to the left.

    The outermost dots come first. A name that would cover a dot or another name is left out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With its final size and limits.
    x, y : float (dot,)
    names : sequence of str (dot,)
    """
    across = _share_of_axis(x, axes.get_xlim())
    up = _share_of_axis(y, axes.get_ylim())
    inch = axes.figure.dpi / np.asarray(axes.get_window_extent().size)

    dots = [Box(*center, *center) for center in zip(across, up, strict=True)]
    taken = list(dots)
    distance_from_center = np.maximum(np.abs(across - 0.5), np.abs(up - 0.5))
    outermost_first = np.argsort(-distance_from_center, kind="stable")
    for row in outermost_first:
        name = names[row]
        for side in (_RIGHT, _LEFT):
            box = name_box(dots[row], name, side, inch)
            if _is_free(box, taken):
                taken.append(box)
                _write_name(axes, (x[row], y[row]), name, side)
                break


def name_box(dot: Box, name: str, side: int, inch: np.ndarray) -> Box:
    """Box that a name takes on one side of a dot.

    Parameters
    ----------
    dot : Box
    name : str
    side : int
        1: right, -1: left.
    inch : float (2,)
        Width and height of an inch.
    """
    width, height = inch
    start = dot.left + width * side * _NAME_START
    end = dot.left + width * side * (_NAME_END + _LETTER_WIDTH * len(name))
    half_line = height * _LINE_HEIGHT / 2
    return Box(
        left=min(start, end),
        bottom=dot.bottom - half_line,
        right=max(start, end),
        top=dot.top + half_line,
    )


def _share_of_axis(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Positions on an axis as shares of its length."""
    low, high = limits
    return (values - low) / (high - low)


def _is_free(box: Box, taken: Sequence[Box]) -> bool:
    """True if a box is within the sides of the axes and overlaps no box that is taken."""
    if box.left <= 0 or box.right >= 1:
        return False
    return not any(box.overlaps(other) for other in taken)


def _write_name(axes: Axes, dot: tuple[float, float], name: str, side: int) -> None:
    axes.annotate(
        name,
        dot,
        xytext=(_OFFSET * side, 0),
        textcoords="offset points",
        ha="left" if side == _RIGHT else "right",
        va="center",
        fontsize=_FONT_SIZE,
    )
