"""Densities of points in small squares, for more examples than can be drawn as dots."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from cscore_data.figures.labels import BLUE, SCALE, score_range, title

#: The ranges of the horizontal and of the vertical axis.
Ranges = tuple[tuple[float, float], tuple[float, float]]

# Size of the histograms at the margins and their distance, as shares of the axes.
_MARGIN_SIZE = 0.18
_MARGIN_START = 1.02

#: Lower limit of the logarithmic axes of counts, so that a single example is visible.
_LOWEST_COUNT = 0.8


def joint_density(axes: Axes, a: xr.Dataset, b: xr.Dataset, *, bins: int = 80) -> None:
    """Draw scores of B against scores of A as counts in small squares, with marginal histograms.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The histograms are drawn outside of it, above and to the right.
    a, b : xarray.Dataset
        `cscore` (example,) of the same examples in the same order; examples without a score on
        either side are left out.
    bins : int
        Squares along each axis.
    """
    score_a = a["cscore"].values
    score_b = b["cscore"].values
    known = np.isfinite(score_a) & np.isfinite(score_b)
    x = score_a[known]
    y = score_b[known]
    x_range = score_range(a)
    y_range = score_range(b)
    ranges = (x_range, y_range)

    # Counts, and the diagonal if both scores are on the same scale.
    counted_squares(axes, x, y, ranges, bins=bins)
    if x_range == y_range:
        axes.plot(x_range, x_range, color="0.5", linewidth=0.8, linestyle="--")
    axes.set(xlabel=f"A: {title(a, 'scores')}", ylabel=f"B: {title(b, 'scores')}")

    marginal_histograms(axes, x, y, ranges, bins=bins)


def counted_squares(
    axes: Axes, x: np.ndarray, y: np.ndarray, ranges: Ranges, *, bins: int = 80
) -> None:
    """Draw the number of points in each small square, on a logarithmic scale of colors.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    x, y : float (example,)
    ranges : tuple of tuple of float
        Ends of both axes; points outside are left out.
    bins : int
        Squares along each axis.
    """
    _, _, _, counts = axes.hist2d(
        x, y, bins=bins, range=ranges, norm=LogNorm(), cmap=SCALE, rasterized=True
    )
    colorbar_below(axes, counts, "examples")


def colorbar_below(axes: Axes, colors: ScalarMappable, label: str) -> None:
    """Draw the scale of colors below the axes."""
    axes.figure.colorbar(colors, ax=axes, location="bottom", shrink=0.6, label=label, pad=0.02)


def averaged_squares(
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    value: np.ndarray,
    ranges: Ranges,
    *,
    scale: Normalize,
    bins: int = 80,
) -> None:
    """Draw the mean value of the points in each small square.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    x, y, value : float (example,)
    ranges : tuple of tuple of float
        Ends of both axes; points outside are left out.
    scale : matplotlib.colors.Normalize
        From values to colors.
    bins : int
        Squares along each axis.
    """
    count, x_edges, y_edges = np.histogram2d(x, y, bins, ranges)
    total, _, _ = np.histogram2d(x, y, bins, ranges, weights=value)
    # NaN, which is not drawn, where there are no points.
    divisor = np.where(count > 0, count, np.nan)
    mean = total / divisor
    axes.pcolormesh(x_edges, y_edges, mean.T, norm=scale, cmap=SCALE, rasterized=True)


def marginal_histograms(
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    ranges: Ranges,
    *,
    bins: int = 80,
    log: bool = True,
) -> None:
    """Draw histograms of both coordinates outside of the axes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The histograms are drawn above and to the right of it.
    x, y : float (example,)
    ranges : tuple of tuple of float
        Ends of both axes.
    bins : int
        Bars of each histogram.
    log : bool
        Whether the scale of counts is logarithmic.
    """
    x_range, y_range = ranges
    lowest = _LOWEST_COUNT if log else 0

    above = axes.inset_axes((0, _MARGIN_START, 1, _MARGIN_SIZE), sharex=axes)
    above.hist(x, bins=bins, range=x_range, color=BLUE, log=log)
    above.set_ylim(bottom=lowest)
    above.tick_params(labelbottom=False)

    right = axes.inset_axes((_MARGIN_START, 0, _MARGIN_SIZE, 1), sharey=axes)
    right.hist(y, bins=bins, range=y_range, color=BLUE, log=log, orientation="horizontal")
    right.set_xlim(left=lowest)
    right.tick_params(labelleft=False)
    right.xaxis.tick_top()
