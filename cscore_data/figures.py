"""Whole pages: what `plot-cscores` and `compare-cscores` write."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cscore_data import plot

#: Rows that a page of examples, of histograms shows at most; of more classes, evenly spread ones.
_EXAMPLE_ROWS, _HISTOGRAM_ROWS = 20, 100

_NO_ROWS = np.empty(0, int)


def overview(
    scores: xr.Dataset, image: np.ndarray, *, curves: xr.DataArray | None = None, class_names: Sequence[str] = ()
) -> Figure:
    """Extreme examples of each class, histogram of the scores and, where there are profiles, their curves.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).
    image : uint8 or float (example, height, width[, channel])
        In the order of the scores.
    curves : xarray.DataArray, optional
        From `reduce.profile_by_score`.
    class_names : sequence of str
    """
    rows = len(plot.spread_classes(scores, 10))
    figure = _page(scores, 15, max(5.0, 1.2 + 0.75 * rows), classes_shown=rows)
    panels = figure.add_gridspec(2 if curves is not None else 1, 2, width_ratios=(2.1, 1))
    plot.extreme_examples(figure.add_subplot(panels[:, 0]), scores, image, class_names=class_names)
    plot.histogram(figure.add_subplot(panels[0, 1]), scores)
    if curves is not None:
        plot.profiles(figure.add_subplot(panels[1, 1]), curves)
    return figure


def examples(scores: xr.Dataset, image: np.ndarray, *, class_names: Sequence[str] = ()) -> Figure:
    """The twelve highest and the twelve lowest scores of each class; parameters as in `overview`."""
    rows = len(plot.spread_classes(scores, _EXAMPLE_ROWS))
    figure = _page(scores, 16, 1.2 + 0.82 * rows, classes_shown=rows)
    plot.extreme_examples(
        figure.add_subplot(), scores, image, columns=12, classes_shown=_EXAMPLE_ROWS, class_names=class_names
    )
    return figure


def histograms(scores: xr.Dataset, *, class_names: Sequence[str] = ()) -> Figure:
    """A histogram of the scores of each class, linear on the left, logarithmic on the right.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).
    class_names : sequence of str
    """
    classes = plot.spread_classes(scores, _HISTOGRAM_ROWS)
    rows = [scores["cscore"].values[scores["label"].values == name] for name in classes]
    names = [plot.class_name(name, class_names) for name in classes]
    figure = _page(scores, 12, float(np.clip(2 + 0.5 * len(rows), 4, 16)), classes_shown=len(rows))
    for axes, log in zip(figure.subplots(1, 2, sharey=True), (False, True), strict=True):
        plot.histogram_rows(axes, rows, names, limits=plot.score_range(scores), log=log)
        axes.set_xlabel(plot.axis_label(scores["cscore"]))
    return figure


def classes(scores: xr.Dataset, statistics: xr.Dataset, *, class_names: Sequence[str] = ()) -> Figure:
    """Class mean against class spread; `statistics` from `compare.class_statistics`."""
    figure = _page(scores, 9, 6.5)
    plot.class_scatter(figure.add_subplot(), statistics, class_names=class_names)
    return figure


def profiles(scores: xr.Dataset, curves: xr.DataArray) -> Figure:
    """Profile curves; `curves` from `reduce.profile_by_score`."""
    figure = _page(scores, 9, 6.5)
    plot.profiles(figure.add_subplot(), curves)
    return figure


def ratios(scores: xr.Dataset, correlation: xr.DataArray) -> Figure:
    """A histogram of held-out accuracies at each ratio, and what each ratio says of the whole C-score.

    Parameters
    ----------
    scores : xarray.Dataset
        `profile` (ratio, example).
    correlation : xarray.DataArray
        (ratio,), from `compare.ratio_correlation`.
    """
    rows = scores["profile"].transpose("ratio", "example").values
    names = [f"{ratio:g}" for ratio in scores["ratio"].values]
    figure = _page(scores, 15, float(np.clip(2 + 0.5 * len(rows), 4.5, 12)))
    linear, log, curve = figure.subplots(1, 3)
    for axes, is_log in ((linear, False), (log, True)):
        plot.histogram_rows(axes, list(rows), names, log=is_log, bins=20)
        axes.set(xlabel="held-out accuracy", ylabel="subset ratio")
    plot.ratio_curve(curve, correlation)
    return figure


def comparison(
    a: xr.Dataset,
    b: xr.Dataset,
    *,
    subtitle: str,
    image: np.ndarray | None = None,
    higher: tuple[np.ndarray, np.ndarray] = (_NO_ROWS, _NO_ROWS),
) -> Figure:
    """Scores of B against scores of A, and where there are images, those on which they disagree most.

    Parameters
    ----------
    a, b : xarray.Dataset
        `cscore` (example,) of the same examples in the same order.
    subtitle : str
        The agreement in words.
    image : uint8 or float (example, height, width[, channel]), optional
        In the order of the scores.
    higher : tuple of int (example,)
        Rows that A ranks higher, that B ranks higher, from `compare.disagreements`.
    """
    figure = _empty(8.5 if image is None else 15, 8.5)
    figure.suptitle(subtitle, fontsize=13)
    panels = figure.add_gridspec(2, 1 if image is None else 2)
    plot.joint_density(figure.add_subplot(panels[:, 0]), a, b)
    if image is None:
        return figure
    for row, (name, examples) in enumerate(zip("AB", higher, strict=True)):
        captions = [f"A {float(a['cscore'][i]):.3f}\nB {float(b['cscore'][i]):.3f}" for i in examples]
        axes = figure.add_subplot(panels[row, 1])
        plot.image_strip(axes, image[examples], captions, title=f"ranked higher in {name}")
    return figure


def _page(scores: xr.Dataset, width: float, height: float, *, classes_shown: int | None = None) -> Figure:
    figure = _empty(width, height)
    title = str(scores.attrs.get("title", "C-scores"))
    if classes_shown is not None and classes_shown < (classes := len(np.unique(scores["label"]))):
        title += f" ({classes_shown} of {classes} classes)"
    figure.suptitle(title, fontsize=15)
    return figure


def _empty(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
