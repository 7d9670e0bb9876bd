"""Memorization: how much more often models are right about an example once they are trained on it.

References: Feldman and Zhang, NeurIPS 2020.
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cscore_data.figures.density import Ranges, counted_squares
from cscore_data.figures.histogram import log_histogram
from cscore_data.figures.labels import (
    BLUE,
    axis_label,
    complete_examples,
    meaning,
    score_range,
    title_with_count,
)
from cscore_data.figures.page import new_page

#: Maximum number of examples that are drawn as dots.
_MOST_DOTS = 2000

#: Bars of the histogram, and squares along each axis. Few, because accuracies over few runs
#: take few values, and finer squares would show their grid.
_BINS = 50


def memorization(scores: xr.Dataset) -> Figure:
    """A histogram of the memorization of all examples, and memorization against the C-score.

    Up to 2,000 examples are drawn as dots, more as counts in small squares.

    Parameters
    ----------
    scores : xarray.Dataset
        `memorization` and `cscore` (example,); examples that lack one are left out.
    """
    known = complete_examples(scores, ["memorization", "cscore"])
    limits = _limits(known["memorization"].values)

    title = title_with_count(scores, known)
    figure = new_page(14, 6.5, title, fontsize=13, note=meaning(known["memorization"]))
    left, right = figure.subplots(1, 2)
    log_histogram(left, known["memorization"], limits, bins=_BINS)
    left.legend(loc="upper right")
    # A bar of a single example is visible.
    left.set_ylim(bottom=0.8)
    _draw_against_score(right, known, (score_range(known), limits))
    return figure


def _limits(values: np.ndarray) -> tuple[float, float]:
    """0 to 1, or from the lowest value, which is below 0 if training on an example does harm."""
    return min(0.0, float(values.min())), max(1.0, float(values.max()))


def _draw_against_score(axes: Axes, scores: xr.Dataset, ranges: Ranges) -> None:
    x = scores["cscore"].values
    y = scores["memorization"].values
    if len(x) <= _MOST_DOTS:
        axes.plot(x, y, "o", color=BLUE, markersize=4, alpha=0.5, markeredgewidth=0)
    else:
        counted_squares(axes, x, y, ranges, bins=_BINS)

    # Nobody is right more often than always.
    (low, high), _ = ranges
    if (low, high) == (0, 1):
        name = "always correct once trained on"
        axes.plot([0, 1], [1, 0], color="0.5", linewidth=0.8, linestyle="--", label=name)
        axes.legend(loc="upper right")
    axes.set(xlabel=axis_label(scores["cscore"]), ylabel=axis_label(scores["memorization"]))
