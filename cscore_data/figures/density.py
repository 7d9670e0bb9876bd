"""Joint density of two sets of scores."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from cscore_data.figures.labels import BLUE, SCALE, score_range, title

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
    known = np.isfinite(a["cscore"].values) & np.isfinite(b["cscore"].values)
    x = a["cscore"].values[known]
    y = b["cscore"].values[known]
    x_range = score_range(a)
    y_range = score_range(b)

    # Counts, and the diagonal if both scores are on the same scale.
    _, _, _, counts = axes.hist2d(
        x, y, bins=bins, range=[x_range, y_range], norm=LogNorm(), cmap=SCALE, rasterized=True
    )
    if x_range == y_range:
        axes.plot(x_range, x_range, color="0.5", linewidth=0.8, linestyle="--")
    axes.set(xlabel=f"A: {title(a, 'scores')}", ylabel=f"B: {title(b, 'scores')}")

    _histogram_above(axes, x, x_range, bins)
    _histogram_right(axes, y, y_range, bins)
    axes.figure.colorbar(counts, ax=axes, location="bottom", shrink=0.6, label="examples", pad=0.02)


def _histogram_above(
    axes: Axes, values: np.ndarray, limits: tuple[float, float], bins: int
) -> None:
    above = axes.inset_axes((0, _MARGIN_START, 1, _MARGIN_SIZE), sharex=axes)
    above.hist(values, bins=bins, range=limits, color=BLUE, log=True)
    above.set_ylim(bottom=_LOWEST_COUNT)
    above.tick_params(labelbottom=False)


def _histogram_right(
    axes: Axes, values: np.ndarray, limits: tuple[float, float], bins: int
) -> None:
    right = axes.inset_axes((_MARGIN_START, 0, _MARGIN_SIZE, 1), sharey=axes)
    right.hist(values, bins=bins, range=limits, color=BLUE, log=True, orientation="horizontal")
    right.set_xlim(left=_LOWEST_COUNT)
    right.tick_params(labelleft=False)
    right.xaxis.tick_top()
