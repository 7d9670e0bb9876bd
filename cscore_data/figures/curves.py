"""Curves over the subset ratios: profiles, and how well each ratio stands in for the C-score."""

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from cscore_data.figures.labels import BLUE, SCALE

#: Maximum number of ratios that are all marked on the axis.
_MARKED_RATIOS = 12


def profile_curves(axes: Axes, curves: xr.DataArray) -> None:
    """Draw held-out accuracy against subset ratio, one curve for each bin of the C-score.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    curves : xarray.DataArray
        `profile` (bin, ratio) with coordinates `cscore` and `size` (bin,), from
        `scores.summary.profile_by_score`.
    """
    # Most examples are in the uppermost bins; the width of a line shows how full its bin is.
    size = curves["size"].values
    fullness = size / size.max()
    widths = 0.6 + 2.4 * np.sqrt(fullness)

    colors = colormaps[SCALE]
    scale = Normalize(0, 1)
    for curve, width in zip(curves, widths, strict=True):
        color = colors(scale(float(curve["cscore"])))
        axes.plot(curves["ratio"], curve, color=color, linewidth=width, marker=".")

    axes.set(xlabel="subset ratio", ylabel="held-out accuracy", ylim=(-0.02, 1.02))
    axes.set_title("profiles by C-score (thicker: of more examples)")
    _mark_ratios(axes, curves["ratio"].values)
    colorbar = axes.figure.colorbar(ScalarMappable(scale, colors), ax=axes)
    colorbar.set_label("C-score of the bin")


def ratio_curve(axes: Axes, correlation: xr.DataArray) -> None:
    """Draw the correlation of each single ratio with the whole C-score, with the best marked.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    correlation : xarray.DataArray
        (ratio,), from `scores.summary.ratio_correlation`.
    """
    axes.plot(correlation["ratio"], correlation, color=BLUE, marker="o")

    if correlation.notnull().any():
        highest = correlation.isel(ratio=int(correlation.argmax("ratio")))
        best = float(highest)
        ratio = float(highest["ratio"])
        name = f"{best:.3f} at ratio {ratio:g}"
        axes.plot(ratio, best, "o", color="tab:red", label=name)
        axes.legend()

    axes.set(xlabel="subset ratio", ylabel="Spearman correlation with the C-score")
    axes.set_title("one ratio as a stand-in for all", fontsize=11)
    _mark_ratios(axes, correlation["ratio"].values)
    axes.grid(color="0.92")


def _mark_ratios(axes: Axes, ratios: np.ndarray) -> None:
    """Put a tick at each ratio if there is room."""
    if len(ratios) <= _MARKED_RATIOS:
        axes.set_xticks(ratios, [f"{ratio:g}" for ratio in ratios])
