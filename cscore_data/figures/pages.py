"""Whole pages of one set of scores: figures that ``plot-cscores`` writes."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cscore_data.figures import curves as curve_plots
from cscore_data.figures import histogram, labels, panels, scatter
from cscore_data.figures.page import new_page

# Maximum number of class rows per page; if there are more classes, an even sample is shown.
_OVERVIEW_ROWS = 10
_EXAMPLE_ROWS = 20
_HISTOGRAM_ROWS = 100


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
    image : number (example, height, width[, channel]) or (example, feature), or str (example,)
        In the order of the scores. Rows of features, and texts, are written as lines.
    curves : xarray.DataArray, optional
        From `scores.summary.profile_by_score`; left out if there is only one ratio.
    class_names : sequence of str
        By default those that the scores carry.

    Raises
    ------
    InvalidInputError
        If there are not as many images as scores.
    """
    panels.check_examples(scores, image)
    rows = len(labels.sample_classes(scores, _OVERVIEW_ROWS))
    height = max(5.0, 1.4 + 0.82 * rows)
    title = _title_with_classes(scores, rows)
    note = panels.examples_note(scores, image)
    figure = new_page(15, height, title, note=note)

    # Images on the left, one or two panels on the right.
    if curves is not None and curves.sizes["ratio"] == 1:
        curves = None
    right_panels = 1 if curves is None else 2
    grid = figure.add_gridspec(right_panels, 2, width_ratios=(2.1, 1))
    panels.extremes_panel(
        figure.add_subplot(grid[:, 0]),
        scores,
        image,
        columns=8,
        letters=52,
        classes_shown=_OVERVIEW_ROWS,
        class_names=labels.names_of_classes(scores, class_names),
    )
    histogram.histogram(figure.add_subplot(grid[0, 1]), scores)
    if curves is not None:
        curve_plots.profile_curves(figure.add_subplot(grid[1, 1]), curves)
    return figure


def examples(scores: xr.Dataset, image: np.ndarray, *, class_names: Sequence[str] = ()) -> Figure:
    """The twelve highest and the twelve lowest scores of each class; parameters as `overview`."""
    panels.check_examples(scores, image)
    rows = len(labels.sample_classes(scores, _EXAMPLE_ROWS))
    height = 1.4 + 0.9 * rows
    title = _title_with_classes(scores, rows)
    note = panels.examples_note(scores, image)
    figure = new_page(16, height, title, note=note)
    panels.extremes_panel(
        figure.add_subplot(),
        scores,
        image,
        columns=12,
        letters=72,
        classes_shown=_EXAMPLE_ROWS,
        class_names=labels.names_of_classes(scores, class_names),
    )
    return figure


def histograms(scores: xr.Dataset, *, class_names: Sequence[str] = ()) -> Figure:
    """A histogram of the scores of each class, with linear and with logarithmic counts.

    The linear ones are left out where they would show little more than one bar in each row.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).
    class_names : sequence of str
        By default those that the scores carry.

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
    class_names = labels.names_of_classes(scores, class_names)
    score = scores["cscore"].values
    rows = []
    names = []
    for label in labels.sample_classes(scores, _HISTOGRAM_ROWS):
        is_member = scores["label"].values == label
        rows.append(score[is_member])
        names.append(labels.class_name(label, class_names))

    height = float(np.clip(2 + 0.5 * len(rows), 4, 16))
    limits = labels.score_range(scores)
    scales = histogram.useful_scales(rows, limits=limits)
    width = 3 + 5 * len(scales)
    title = _title_with_classes(scores, len(rows))
    figure = new_page(width, height, title)
    for axes, log in zip(_panels(figure, len(scales)), scales, strict=True):
        histogram.histogram_rows(axes, rows, names, limits=limits, log=log)
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
    class_names = labels.names_of_classes(scores, class_names)
    scatter.class_scatter(figure.add_subplot(), statistics, class_names=class_names)
    return figure


def profiles(scores: xr.Dataset, curves: xr.DataArray) -> Figure:
    """Profile curves, or a histogram of the held-out accuracies if there is only one ratio.

    Parameters
    ----------
    scores : xarray.Dataset
        `profile` (ratio, example).
    curves : xarray.DataArray
        From `scores.summary.profile_by_score`.
    """
    figure = new_page(9, 6.5, _title(scores))
    axes = figure.add_subplot()
    if curves.sizes["ratio"] > 1:
        curve_plots.profile_curves(axes, curves)
        return figure
    # Of one ratio, the profile is the score.
    histogram.histogram(axes, scores)
    (ratio,) = curves["ratio"].values
    axes.set_xlabel(f"held-out accuracy at the only subset ratio, {ratio:g}")
    return figure


def ratios(scores: xr.Dataset, correlation: xr.DataArray) -> Figure:
    """Held-out accuracies at each ratio, and how well each ratio stands in for the C-score.

    Parameters
    ----------
    scores : xarray.Dataset
        `profile` (ratio, example).
    correlation : xarray.DataArray
        (ratio,), from `scores.summary.ratio_correlation`; left out if there is only one ratio.
    """
    by_ratio = scores["profile"].transpose("ratio", "example")
    rows = list(by_ratio.values)
    names = [f"{ratio:g}" for ratio in scores["ratio"].values]

    # The same rows with different scales, and the curve on the right.
    scales = histogram.useful_scales(rows, bins=20)
    has_curve = len(rows) > 1
    columns = len(scales) + int(has_curve)
    width = max(9, 5 * columns)
    height = float(np.clip(2 + 0.5 * len(rows), 4.5, 12))
    figure = new_page(width, height, _title(scores))
    places = _panels(figure, columns, sharey=False)
    for axes, log in zip(places, scales, strict=False):
        histogram.histogram_rows(axes, rows, names, bins=20, log=log)
        axes.set(xlabel="held-out accuracy", ylabel="subset ratio")
    if has_curve:
        curve_plots.ratio_curve(places[-1], correlation)
    return figure


def _panels(figure: Figure, columns: int, *, sharey: bool = True) -> list[Axes]:
    """Panels in a row."""
    rows = figure.subplots(1, columns, sharey=sharey, squeeze=False)
    return list(rows[0])


def _title(scores: xr.Dataset) -> str:
    return labels.title(scores, "C-scores")


def _title_with_classes(scores: xr.Dataset, shown: int) -> str:
    """Title of the scores, with the number of classes that are shown if not all are."""
    title = _title(scores)
    classes = len(np.unique(scores["label"]))
    if shown < classes:
        title += f" ({shown} of {classes} classes)"
    return title
