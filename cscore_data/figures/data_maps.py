"""The data map: how probable models that have not seen an example find its label, and how steadily.

Swayamdipta et al., EMNLP 2020, draw it from the epochs of one training run; here every point is a
mean over models that were trained without the example.
"""

import math

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from cscore_data.figures.density import (
    Ranges,
    averaged_squares,
    colorbar_below,
    counted_squares,
    marginal_histograms,
)
from cscore_data.figures.labels import (
    SCALE,
    axis_label,
    complete_examples,
    meaning,
    score_range,
    title_with_count,
)
from cscore_data.figures.page import new_page

#: Maximum number of examples that are drawn as dots.
_MOST_DOTS = 10_000

#: Up to this number of examples, histograms have few bars, and counts on a linear scale.
_FEW_EXAMPLES = 500

#: Standard deviation of probabilities that are 0 in one half of the runs and 1 in the other.
_LARGEST_VARIABILITY = 0.5

#: What the parts of the map mean, by their height. The words stand on the right, where there are
#: few examples: probabilities with a mean near 0 or 1 cannot vary much.
_REGIONS = {
    0.98: "\N{LEFTWARDS ARROW} easy to learn",
    0.5: "ambiguous \N{RIGHTWARDS ARROW}",
    0.02: "\N{LEFTWARDS ARROW} hard to learn, or wrong label",
}


def data_map(scores: xr.Dataset) -> Figure:
    """Mean held-out probability of the label against its variability, colored by the C-score.

    Up to 10,000 examples are drawn as dots. More are drawn twice in small squares: with their mean
    C-score, and with their number.

    Parameters
    ----------
    scores : xarray.Dataset
        `soft_cscore`, `variability` and `cscore` (example,); examples that lack one are left out.
    """
    known = complete_examples(scores, ["soft_cscore", "variability", "cscore"])
    title = title_with_count(scores, known)
    note = meaning(known["variability"])
    if known.sizes["example"] <= _MOST_DOTS:
        figure = new_page(8.5, 9, title, fontsize=13, note=note)
        axes = figure.add_subplot()
        _draw_dots(axes, known)
        _draw_surroundings(axes, known)
        return figure

    # So many dots would hide each other.
    figure = new_page(15, 9, title, fontsize=13, note=note)
    left, right = figure.subplots(1, 2)
    _draw_scores(left, known)
    _draw_counts(right, known)
    for axes in (left, right):
        _draw_surroundings(axes, known)
    return figure


def _draw_dots(axes: Axes, known: xr.Dataset) -> None:
    """Draw a dot for each example, the lowest scores on top."""
    ordered = known.sortby("cscore", ascending=False)
    area = max(4.0, 400 / math.sqrt(ordered.sizes["example"]))
    dots = axes.scatter(
        ordered["variability"],
        ordered["soft_cscore"],
        c=ordered["cscore"],
        s=min(area, 40.0),
        norm=Normalize(*score_range(known)),
        cmap=SCALE,
        alpha=0.8,
        linewidth=0,
        rasterized=True,
    )
    colorbar_below(axes, dots, axis_label(known["cscore"]))


def _draw_scores(axes: Axes, known: xr.Dataset) -> None:
    scale = Normalize(*score_range(known))
    x, y = _coordinates(known)
    averaged_squares(axes, x, y, known["cscore"].values, _ranges(known), scale=scale)
    label = f"{axis_label(known['cscore'])}, mean of each square"
    colorbar_below(axes, ScalarMappable(scale, SCALE), label)


def _draw_counts(axes: Axes, known: xr.Dataset) -> None:
    x, y = _coordinates(known)
    counted_squares(axes, x, y, _ranges(known))


def _draw_surroundings(axes: Axes, known: xr.Dataset) -> None:
    """Draw the histograms, the labels of the axes, and what the parts of the map mean."""
    x, y = _coordinates(known)
    ranges = _ranges(known)
    are_few = len(x) <= _FEW_EXAMPLES
    bins = 20 if are_few else 80
    marginal_histograms(axes, x, y, ranges, bins=bins, log=not are_few)
    axes.set(xlabel=axis_label(known["variability"]), ylabel=axis_label(known["soft_cscore"]))
    axes.set(xlim=_padded(ranges[0]), ylim=_padded(ranges[1]))

    for height, words in _REGIONS.items():
        text = axes.text(0.98, height, words, transform=axes.transAxes, ha="right", va="center")
        text.set_bbox({"color": "white", "alpha": 0.7, "pad": 1, "linewidth": 0})


def _coordinates(known: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    return known["variability"].values, known["soft_cscore"].values


def _ranges(known: xr.Dataset) -> Ranges:
    largest = max(_LARGEST_VARIABILITY, float(known["variability"].max()))
    return (0.0, largest), (0.0, 1.0)


def _padded(limits: tuple[float, float]) -> tuple[float, float]:
    """Limits of an axis, a little wider so that dots at the ends are whole."""
    low, high = limits
    space = 0.02 * (high - low)
    return low - space, high + space
