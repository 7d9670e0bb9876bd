"""Images with captions: one image, the extreme examples of each class, a strip of images."""

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cscore_data.figures.labels import class_name, sample_classes

# The unit of length is the side of an image.
_MARGIN = 0.04
_ROW_HEIGHT = 1.32  # an image and a caption of one line
_STRIP_ROW_HEIGHT = 1.42  # an image and a caption of two lines
_GAP = 0.6  # between the highest and the lowest scores


def draw_image(axes: Axes, image: np.ndarray, left: float, top: float, caption: str) -> None:
    """Draw an image in a unit square and its caption below.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    image : uint8 or float (height, width[, channel]) or (feature,)
        The full range is 0..255 for uint8, else from the lowest to the highest value of this image.
    left, top : float
        Corner of the square; the vertical axis points down.
    caption : str
    """
    if image.dtype == np.uint8:
        low, high = 0, 255
    else:
        low, high = image.min(), image.max()

    if image.ndim == 1:
        image = image[np.newaxis]  # features without a shape: a row of pixels
    if image.ndim == 2 or image.shape[-1] == 1:
        pixels = image.reshape(image.shape[:2])
    else:
        pixels = (image - low) / max(high - low, 1e-12)

    # Matplotlib uses the color map and its limits for gray images only.
    axes.imshow(
        pixels,
        cmap="gray_r",
        vmin=low,
        vmax=high,
        extent=(left + _MARGIN, left + 1 - _MARGIN, top + 1 - _MARGIN, top + _MARGIN),
        interpolation="nearest",
    )
    axes.text(left + 0.5, top + 0.99, caption, ha="center", va="top", fontsize=7)


def extreme_examples(
    axes: Axes,
    scores: xr.Dataset,
    image: np.ndarray,
    *,
    columns: int = 8,
    classes_shown: int = 10,
    class_names: Sequence[str] = (),
) -> None:
    """Draw the highest scores of each class on the left and the lowest on the right.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    scores : xarray.Dataset
        `cscore` and `label` (example,); examples without a score are left out.
    image : uint8 or float (example, height, width[, channel])
        In the order of the scores.
    columns : int
        Images on each side; fewer if the class has fewer.
    classes_shown : int
        Maximum number of rows; if there are more classes, an even sample is shown.
    class_names : sequence of str
    """
    classes = sample_classes(scores, classes_shown)
    for row, label in enumerate(classes):
        top = row * _ROW_HEIGHT
        name = class_name(label, class_names)
        axes.text(-0.2, top + 0.5, name, ha="right", va="center", fontsize=11)
        _draw_class(axes, scores, image, ranked_members(scores, label), columns, top)

    # A line and two headings separate the highest scores from the lowest.
    axes.axvline(columns + _GAP / 2, color="0.8", linewidth=1)
    middles = {"highest": columns / 2, "lowest": 1.5 * columns + _GAP}
    for side, middle in middles.items():
        heading = f"{side} C-scores of each class"
        axes.text(middle, -0.25, heading, ha="center", va="bottom", fontsize=12)
    axes.set(
        xlim=(-0.1, 2 * columns + _GAP),
        ylim=(len(classes) * _ROW_HEIGHT, -0.1),
        aspect="equal",
    )
    axes.axis("off")


def ranked_members(scores: xr.Dataset, label: int) -> np.ndarray:
    """Rows of a class that have a score, the highest score first: int (example,)."""
    score = scores["cscore"].values
    members = np.flatnonzero((scores["label"].values == label) & np.isfinite(score))
    order = np.argsort(-score[members], kind="stable")
    return members[order]


def _draw_class(
    axes: Axes,
    scores: xr.Dataset,
    image: np.ndarray,
    members: np.ndarray,
    columns: int,
    top: float,
) -> None:
    # In a small class, no example is shown twice.
    highest = min(columns, math.ceil(len(members) / 2))
    lowest = min(columns, len(members) - highest)

    places: dict[int, float] = {}
    for column in range(highest):
        places[members[column]] = column
    for column in range(lowest):
        places[members[-1 - column]] = 2 * columns - 1 - column + _GAP

    for example, left in places.items():
        caption = f"{scores['cscore'].values[example]:.3f}"
        draw_image(axes, image[example], left, top, caption)


def image_strip(
    axes: Axes,
    image: np.ndarray,
    captions: Sequence[str],
    *,
    title: str,
    columns: int = 6,
    rows: int = 2,
) -> None:
    """Draw images row by row, each with a caption of two lines.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    image : uint8 or float (example, height, width[, channel])
    captions : sequence of str (example,)
    title : str
    columns : int
        Images in a row.
    rows : int
        Rows that there is room for.
    """
    for index, caption in enumerate(captions):
        row, column = divmod(index, columns)
        draw_image(axes, image[index], column, row * _STRIP_ROW_HEIGHT, caption)
    axes.set(xlim=(0, columns), ylim=(rows * _STRIP_ROW_HEIGHT, 0), aspect="equal", title=title)
    axes.axis("off")
