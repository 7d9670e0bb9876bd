"""Whole pages: the figures that ``plot-cscores`` and ``compare-cscores`` write."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cscore_data.figures import curves as curve_plots
from cscore_data.figures import density, histogram, images, labels, scatter
from cscore_data.figures.page import new_page

# Maximum number of class rows per page; if there are more classes, an even sample is shown.
_OVERVIEW_ROWS = 10
_EXAMPLE_ROWS = 20
_HISTOGRAM_ROWS = 100

_NO_ROWS = np.empty(0, int)


def overview(
    scores: xr.Dataset,
    image: np.ndarray,
    *,
    curves: xr.DataArray | None = None,
    class_names: Sequence[str] = (),
) -> Figure:
    """Extreme examples of each class, a histogram of the scores and, if given, profile curves.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).
    image : uint8 or float (example, height, width[, channel])
        In the order of the scores.
    curves : xarray.DataArray, optional
        From `scores.summary.profile_by_score`.
    class_names : sequence of str
    """
    rows = len(labels.sample_classes(scores, _OVERVIEW_ROWS))
    height = max(5.0, 1.2 + 0.75 * rows)
    figure = new_page(15, height, _title_with_classes(scores, rows))

    # Images on the left, one or two panels on the right.
    right_panels = 1 if curves is None else 2
    grid = figure.add_gridspec(right_panels, 2, width_ratios=(2.1, 1))
    images.extreme_examples(
        figure.add_subplot(grid[:, 0]),
        scores,
        image,
        classes_shown=_OVERVIEW_ROWS,
        class_names=class_names,
    )
    histogram.histogram(figure.add_subplot(grid[0, 1]), scores)
    if curves is not None:
        curve_plots.profile_curves(figure.add_subplot(grid[1, 1]), curves)
    return figure


def examples(scores: xr.Dataset, image: np.ndarray, *, class_names: Sequence[str] = ()) -> Figure:
    """The twelve highest and the twelve lowest scores of each class; parameters as `overview`."""
    rows = len(labels.sample_classes(scores, _EXAMPLE_ROWS))
    figure = new_page(16, 1.2 + 0.82 * rows, _title_with_classes(scores, rows))
    images.extreme_examples(
        figure.add_subplot(),
        scores,
        image,
        columns=12,
        classes_shown=_EXAMPLE_ROWS,
        class_names=class_names,
    )
    return figure


def histograms(scores: xr.Dataset, *, class_names: Sequence[str] = ()) -> Figure:
    """A histogram of the scores of each class, linear on the left, logarithmic on the right.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).
    class_names : sequence of str

    Examples
    --------
    >>> scores = xr.Dataset(
    ...     {"cscore": ("example", [0.25, 0.5, 1.0])},
    ...     {"label": ("example", [0, 1, 1])},
    ...     {"title": "Three scores"},
    ... )
    >>> figure = histograms(scores, class_names=["cat", "dog"])
    >>> figure.get_suptitle()
    'Three scores'
    """
    # The scores of each class that is shown, and its name.
    rows = []
    names = []
    for label in labels.sample_classes(scores, _HISTOGRAM_ROWS):
        is_member = scores["label"].values == label
        rows.append(scores["cscore"].values[is_member])
        names.append(labels.class_name(label, class_names))

    # The same rows twice, with a different scale.
    height = float(np.clip(2 + 0.5 * len(rows), 4, 16))
    figure = new_page(12, height, _title_with_classes(scores, len(rows)))
    limits = labels.score_range(scores)
    linear, logarithmic = figure.subplots(1, 2, sharey=True)
    histogram.histogram_rows(linear, rows, names, limits=limits)
    histogram.histogram_rows(logarithmic, rows, names, limits=limits, log=True)
    for axes in (linear, logarithmic):
        axes.set_xlabel(labels.axis_label(scores["cscore"]))
    return figure


def classes(
    scores: xr.Dataset, statistics: xr.Dataset, *, class_names: Sequence[str] = ()
) -> Figure:
    """Class mean against class spread.

    Parameters
    ----------
    scores : xarray.Dataset
    statistics : xarray.Dataset
        From `scores.summary.class_statistics`.
    class_names : sequence of str
    """
    figure = new_page(9, 6.5, _title(scores))
    scatter.class_scatter(figure.add_subplot(), statistics, class_names=class_names)
    return figure


def profiles(scores: xr.Dataset, curves: xr.DataArray) -> Figure:
    """Profile curves.

    Parameters
    ----------
    scores : xarray.Dataset
    curves : xarray.DataArray
        From `scores.summary.profile_by_score`.
    """
    figure = new_page(9, 6.5, _title(scores))
    curve_plots.profile_curves(figure.add_subplot(), curves)
    return figure


def ratios(scores: xr.Dataset, correlation: xr.DataArray) -> Figure:
    """Held-out accuracies at each ratio, and how well each ratio stands in for the C-score.

    Parameters
    ----------
    scores : xarray.Dataset
        `profile` (ratio, example).
    correlation : xarray.DataArray
        (ratio,), from `scores.summary.ratio_correlation`.
    """
    rows = list(scores["profile"].transpose("ratio", "example").values)
    names = [f"{ratio:g}" for ratio in scores["ratio"].values]

    # The same rows twice, with a different scale, and the curve on the right.
    height = float(np.clip(2 + 0.5 * len(rows), 4.5, 12))
    figure = new_page(15, height, _title(scores))
    linear, logarithmic, curve = figure.subplots(1, 3)
    histogram.histogram_rows(linear, rows, names, bins=20)
    histogram.histogram_rows(logarithmic, rows, names, bins=20, log=True)
    for axes in (linear, logarithmic):
        axes.set(xlabel="held-out accuracy", ylabel="subset ratio")
    curve_plots.ratio_curve(curve, correlation)
    return figure


def comparison(
    a: xr.Dataset,
    b: xr.Dataset,
    *,
    subtitle: str,
    image: np.ndarray | None = None,
    higher: tuple[np.ndarray, np.ndarray] = (_NO_ROWS, _NO_ROWS),
) -> Figure:
    """Scores of B against scores of A and, if there are images, the largest disagreements.

    Parameters
    ----------
    a, b : xarray.Dataset
        `cscore` (example,) of the same examples in the same order.
    subtitle : str
        The agreement in words.
    image : uint8 or float (example, height, width[, channel]), optional
        In the order of the scores.
    higher : tuple of int (example,)
        Rows that A ranks higher and that B ranks higher, from `scores.agreement.disagreements`.
    """
    if image is None:
        figure = new_page(8.5, 8.5, subtitle, fontsize=13)
        density.joint_density(figure.add_subplot(), a, b)
        return figure

    # The density on the left, the images that each side ranks higher on the right.
    figure = new_page(15, 8.5, subtitle, fontsize=13)
    grid = figure.add_gridspec(2, 2)
    density.joint_density(figure.add_subplot(grid[:, 0]), a, b)
    for panel, name in enumerate("AB"):
        rows = higher[panel]
        captions = []
        for row in rows:
            captions.append(f"A {float(a['cscore'][row]):.3f}\nB {float(b['cscore'][row]):.3f}")
        axes = figure.add_subplot(grid[panel, 1])
        images.image_strip(axes, image[rows], captions, title=f"ranked higher in {name}")
    return figure


def _title(scores: xr.Dataset) -> str:
    return labels.title(scores, "C-scores")


def _title_with_classes(scores: xr.Dataset, shown: int) -> str:
    """Title of the scores, with the number of classes that are shown if not all are."""
    title = _title(scores)
    classes = len(np.unique(scores["label"]))
    if shown < classes:
        title += f" ({shown} of {classes} classes)"
    return title
