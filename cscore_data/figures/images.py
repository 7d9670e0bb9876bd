"""Images with captions: one image, the extreme examples of each class, a strip of images."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cscore_data.figures.captions import example_name, score_texts
from cscore_data.figures.extremes import ends, ranked_members, ties_note
from cscore_data.figures.labels import class_name, sample_classes
from cscore_data.figures.pixels import as_pixels

# The unit of length is the side of an image.
_MARGIN = 0.04
_ROW_HEIGHT = 1.56  # an image and a caption of two lines
_STRIP_ROW_HEIGHT = 1.66  # an image, drawn larger, and a caption of three lines
_GAP = 0.6  # between the highest and the lowest scores

#: The shortest side of an image that is drawn, so that a single row of pixels is visible.
_SHORTEST_SIDE = 0.15


def draw_image(axes: Axes, image: np.ndarray, left: float, top: float, caption: str) -> None:
    """Draw an image in a unit square and its caption below.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    image : (height, width[, channel]) or (feature,), any number
        Drawn as `pixels.as_pixels` says, in its own proportions.
    left, top : float
        Corner of the square; the vertical axis points down.
    caption : str
    """
    pixels, (low, high) = as_pixels(image)
    height, width = pixels.shape[:2]
    longer = max(height, width)
    half = 0.5 - _MARGIN
    half_height = half * max(height / longer, _SHORTEST_SIDE)
    half_width = half * max(width / longer, _SHORTEST_SIDE)
    center = left + 0.5
    middle = top + 0.5

    # Matplotlib uses the color map and its limits for gray images only.
    axes.imshow(
        pixels,
        cmap="gray",
        vmin=low,
        vmax=high,
        extent=(
            center - half_width,
            center + half_width,
            middle + half_height,
            middle - half_height,
        ),
        interpolation="nearest",
    )
    text = axes.text(center, top + 0.99, caption, ha="center", va="top", fontsize=7)
    # It stays within the panel, whose place is found sooner without measuring hundreds of texts.
    text.set_in_layout(False)


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
        members = ranked_members(scores, label)
        name = class_name(label, class_names)
        axes.text(-0.2, top + 0.5, name, ha="right", va="center", fontsize=11)
        ties = ties_note(scores, members, columns)
        axes.text(-0.2, top + 0.99, ties, ha="right", va="top", fontsize=7, color="0.4")
        _draw_class(axes, scores, image, members, columns, top)

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


def _draw_class(
    axes: Axes,
    scores: xr.Dataset,
    image: np.ndarray,
    members: np.ndarray,
    columns: int,
    top: float,
) -> None:
    highest, lowest = ends(members, columns)
    rows = np.concatenate([highest, lowest])
    # The lowest score of all stands at the right end.
    first_of_lowest = 2 * columns - len(lowest) + _GAP
    lefts_of_highest = np.arange(len(highest))
    lefts_of_lowest = first_of_lowest + np.arange(len(lowest))
    lefts = np.concatenate([lefts_of_highest, lefts_of_lowest])

    texts = score_texts(scores["cscore"].values[rows])
    for row, left, score in zip(rows, lefts, texts, strict=True):
        caption = f"{score}\n{example_name(scores, row)}"
        draw_image(axes, image[row], float(left), top, caption)


def image_strip(
    axes: Axes,
    image: np.ndarray,
    captions: Sequence[str],
    *,
    title: str,
    columns: int = 6,
    rows: int = 2,
) -> None:
    """Draw images row by row, each with a caption of up to three lines.

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
        top = row * _STRIP_ROW_HEIGHT
        draw_image(axes, image[index], column, top, caption)
    height = rows * _STRIP_ROW_HEIGHT
    axes.set(xlim=(0, columns), ylim=(height, 0), aspect="equal", title=title)
    axes.axis("off")
