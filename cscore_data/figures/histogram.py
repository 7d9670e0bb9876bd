"""Histograms: of all scores, and one for each class or subset ratio."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cscore_data.figures.labels import BLUE, axis_label, score_range

#: Maximum number of rows drawn as bars; more rows are drawn as colors.
_BAR_ROWS = 40

#: If one bar holds this share of a row, the others can hardly be seen on a linear scale.
_DOMINANT_BAR = 0.6

#: Height of a full bar, as a share of the row.
_FULL_BAR = 0.9


def histogram(axes: Axes, scores: xr.Dataset, *, bins: int = 50) -> None:
    """Draw a histogram of `cscore`, counts on a logarithmic scale, with the mean marked."""
    score = scores["cscore"].dropna("example")
    log_histogram(axes, score, score_range(scores), bins=bins)
    axes.legend(loc="upper left")

    title = f"{score.size:,} examples"
    if score.size < scores.sizes["example"]:
        title += " have a score"
    axes.set_title(title)


def log_histogram(
    axes: Axes, values: xr.DataArray, limits: tuple[float, float], *, bins: int
) -> None:
    """Draw a histogram of any values, counts on a logarithmic scale, with the mean marked.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : xarray.DataArray
        Float (example,) without NaN; its long name becomes the label of the axis.
    limits : tuple of float
        Ends of the horizontal axis.
    bins : int
    """
    axes.hist(values.values, bins=bins, range=limits, color=BLUE, log=True)
    # 1,000 and not a power of ten: typesetting the first formula takes 0.2 s.
    axes.yaxis.set_major_formatter("{x:,.0f}")
    mean = float(values.mean())
    axes.axvline(mean, color="black", linestyle="--", linewidth=1, label=f"mean {mean:.3f}")
    axes.set(xlabel=axis_label(values), ylabel="examples", xlim=limits)


def histogram_rows(
    axes: Axes,
    rows: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    limits: tuple[float, float] = (0, 1),
    log: bool = False,
    bins: int = 40,
) -> None:
    """Draw a small histogram for each row, the first at the top.

    Up to 40 rows are drawn as bars, more as colors.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    rows : sequence of float (example,)
        Values; NaN are left out.
    names : sequence of str
    limits : tuple of float
        Ends of the horizontal axis.
    log : bool
        False: each row is scaled to its own highest bar. True: logarithms of the counts, on one
        scale for all rows.
    bins : int
    """
    counts = count_rows(rows, bins, limits)
    if log:
        most = counts.max()
        heights = np.log1p(counts) / np.log1p(max(most, 1))
        scale = f"logarithmic, a full row is {most:,} examples"
    else:
        most_in_row = counts.max(axis=1, keepdims=True)
        heights = counts / np.maximum(most_in_row, 1)
        scale = "linear, each row to its highest"

    edges = np.linspace(*limits, bins + 1)
    places = np.arange(len(rows))
    if len(rows) <= _BAR_ROWS:
        _draw_bars(axes, heights, edges)
        axes.set_yticks(places, names, fontsize=11)
    else:
        _draw_colors(axes, heights, edges)
        axes.set_yticks(places - _FULL_BAR / 2, names, fontsize=6)

    axes.tick_params("y", length=0)
    axes.set(xlim=limits, ylim=(len(rows) - _FULL_BAR, -1))
    axes.set_title(scale, fontsize=11)
    axes.spines[["top", "left", "right"]].set_visible(False)


def useful_scales(
    rows: Sequence[np.ndarray], *, limits: tuple[float, float] = (0, 1), bins: int = 40
) -> list[bool]:
    """The scales, as `log` of `histogram_rows`, on which there is more to see than one bar a row.

    Logarithmic counts always are one of them; parameters as there.

    Examples
    --------
    >>> useful_scales([np.array([0.1, 0.5, 0.9, 1.0])])
    [False, True]
    >>> useful_scales([np.array([0.5, 1.0, 1.0, 1.0])])
    [True]
    """
    counts = count_rows(rows, bins, limits)
    examples = np.maximum(counts.sum(axis=1), 1)
    share_of_highest = counts.max(axis=1) / examples
    if np.median(share_of_highest) > _DOMINANT_BAR:
        return [True]
    return [False, True]


def count_rows(rows: Sequence[np.ndarray], bins: int, limits: tuple[float, float]) -> np.ndarray:
    """Count the values of each row in equal bins, without NaN: int (row, bin)."""
    counts = []
    for values in rows:
        known = values[np.isfinite(values)]
        count, _ = np.histogram(known, bins, limits)
        counts.append(count)
    return np.array(counts)


def _draw_bars(axes: Axes, heights: np.ndarray, edges: np.ndarray) -> None:
    for row, height in enumerate(heights):
        axes.stairs(
            row - _FULL_BAR * height,
            edges,
            baseline=row,
            fill=True,
            color=BLUE,
            linewidth=0,
            snap=False,  # snapping would make a bar of a single example one pixel high
        )
        axes.axhline(row, color="0.75", linewidth=0.5)


def _draw_colors(axes: Axes, heights: np.ndarray, edges: np.ndarray) -> None:
    row_edges = np.arange(len(heights) + 1) - 0.95
    axes.pcolormesh(edges, row_edges, heights, cmap="Blues", rasterized=True)
