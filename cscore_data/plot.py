"""Scores as pictures: datasets -> matplotlib axes, titles and labels taken from their attributes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.places import require_local

SUFFIXES = (".pdf", ".png", ".svg")

_BLUE = "#3b6fb6"


def check_suffix(path: str | Path) -> None:
    """Raise `InvalidInputError` unless `save` can write a file of this name."""
    require_local(path, "figure")
    if Path(path).suffix not in SUFFIXES:
        raise InvalidInputError(f"figure: found {str(path)!r}, expected a file name ending in {', '.join(SUFFIXES)}")


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure to a file in the form that its suffix names.

    Raises
    ------
    InvalidInputError
        If the suffix is another than .pdf, .png or .svg.
    StoreError
        If the file cannot be written.
    """
    check_suffix(path)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from error


def spread_classes(scores: xr.Dataset, shown: int) -> np.ndarray:
    """At most `shown` of the classes that have scores, evenly spread over all: int (class,)."""
    classes = np.unique(scores["label"].values[np.isfinite(scores["cscore"].values)])
    rows = np.linspace(0, len(classes) - 1, min(len(classes), shown)).round().astype(int)
    return np.asarray(classes[rows])


def extreme_examples(
    axes: Axes,
    scores: xr.Dataset,
    image: np.ndarray,
    *,
    columns: int = 8,
    classes_shown: int = 10,
    class_names: Sequence[str] = (),
) -> None:
    """A row for each class: its `columns` highest scores on the left, its lowest on the right, the score under each.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    scores : xarray.Dataset
        `cscore` and `label` (example,); examples without a score are left out.
    image : uint8 or float (example, height, width[, channel])
        In the order of the scores.
    columns : int
        Images on each side; fewer in a class that has fewer.
    classes_shown : int
        Rows at most; of more classes, evenly spread ones.
    class_names : sequence of str
    """
    score, label = scores["cscore"].values, scores["label"].values
    classes = spread_classes(scores, classes_shown)
    gap, height = 0.6, 1.32
    for row, name in enumerate(classes):
        members = np.flatnonzero((label == name) & np.isfinite(score))
        members = members[np.argsort(-score[members], kind="stable")]
        side = min(columns, (len(members) + 1) // 2)
        shown = {column: members[column] for column in range(side)}
        shown |= {2 * columns - 1 - column: members[-1 - column] for column in range(min(side, len(members) - side))}
        for column, example in shown.items():
            left = column + (gap if column >= columns else 0)
            _draw_image(axes, image[example], left, row * height, f"{score[example]:.3f}")
        axes.text(-0.2, row * height + 0.5, class_name(name, class_names), ha="right", va="center", fontsize=11)
    axes.set(xlim=(-0.1, 2 * columns + gap), ylim=(len(classes) * height, -0.1), aspect="equal")
    axes.axvline(columns + gap / 2, color="0.8", linewidth=1)
    for middle, side_name in ((columns / 2, "highest"), (1.5 * columns + gap, "lowest")):
        axes.text(middle, -0.25, f"{side_name} C-scores of each class", ha="center", va="bottom", fontsize=12)
    axes.axis("off")


def image_strip(
    axes: Axes, image: np.ndarray, captions: Sequence[str], *, title: str, columns: int = 6, rows: int = 2
) -> None:
    """Images in rows of `columns`, room for `rows` rows, a caption of two lines under each.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    image : uint8 or float (example, height, width[, channel])
    captions : sequence of str (example,)
    """
    height = 1.42
    for index, caption in enumerate(captions):
        _draw_image(axes, image[index], index % columns, index // columns * height, caption)
    axes.set(xlim=(0, columns), ylim=(rows * height, 0), aspect="equal", title=title)
    axes.axis("off")


def histogram(axes: Axes, scores: xr.Dataset, *, bins: int = 50) -> None:
    """Histogram of `cscore`, counts on a logarithmic scale, the mean marked."""
    score = scores["cscore"].dropna("example")
    mean, limits = float(score.mean()), score_range(scores)
    axes.hist(score.values, bins=bins, range=limits, color=_BLUE, log=True)
    axes.axvline(mean, color="black", linestyle="--", linewidth=1, label=f"mean {mean:.3f}")
    axes.legend(loc="upper left")
    title = f"{score.size:,} examples" + ("" if score.size == scores.sizes["example"] else " have a score")
    axes.set(xlabel=axis_label(scores["cscore"]), ylabel="examples", xlim=limits, title=title)


def histogram_rows(
    axes: Axes,
    rows: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    limits: tuple[float, float] = (0, 1),
    log: bool = False,
    bins: int = 40,
) -> None:
    """A small histogram for each row, the first at the top: bars, or of more than 40 rows, colours.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    rows : sequence of float (example,)
        Values; NaN are left out.
    names : sequence of str
    limits : tuple of float
        Ends of the horizontal axis.
    log : bool
        False: each row is scaled to its own highest bar. True: logarithms of counts, on one scale for all rows.
    """
    counts = np.array([np.histogram(values[np.isfinite(values)], bins, limits)[0] for values in rows])
    highest = counts.max() if log else counts.max(axis=1, keepdims=True)
    heights = np.log1p(counts) / np.log1p(np.maximum(highest, 1)) if log else counts / np.maximum(highest, 1)
    edges, many = np.linspace(*limits, bins + 1), len(rows) > 40
    if many:
        axes.pcolormesh(edges, np.arange(len(rows) + 1) - 0.95, heights, cmap="Blues", rasterized=True)
    else:
        for row, height in enumerate(heights):
            # Without snapping to pixels: a single example must not become a pixel high.
            axes.stairs(row - 0.9 * height, edges, baseline=row, fill=True, color=_BLUE, linewidth=0, snap=False)
            axes.axhline(row, color="0.75", linewidth=0.5)
    axes.set_yticks(np.arange(len(rows)) - (0.45 if many else 0), names, fontsize=6 if many else 11)
    axes.tick_params("y", length=0)
    axes.set(xlim=limits, ylim=(len(rows) - 0.9, -1))
    scale = (
        f"logarithmic, a full row is {int(np.max(highest)):,} examples" if log else "linear, each row to its highest"
    )
    axes.set_title(scale, fontsize=11)
    axes.spines[["top", "left", "right"]].set_visible(False)


def class_scatter(axes: Axes, statistics: xr.Dataset, *, class_names: Sequence[str] = ()) -> None:
    """Mean against spread of the scores of each class, dots as large as the class, named where there is room.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    statistics : xarray.Dataset
        From `compare.class_statistics`.
    class_names : sequence of str
    """
    mean, spread, size = (statistics[name].values for name in ("mean", "spread", "size"))
    axes.scatter(mean, spread, s=60 * size / size.max(), color=_BLUE, alpha=0.8, linewidth=0)
    axes.margins(0.12)
    axes.set(xlabel="class mean of the C-score", ylabel="class spread (standard deviation)")
    axes.set_axisbelow(True)
    axes.grid(color="0.92")
    _name_dots(axes, mean, spread, [class_name(int(label), class_names) for label in statistics["label"]])


def profiles(axes: Axes, curves: xr.DataArray) -> None:
    """Profile curves: mean held-out accuracy against subset ratio, one curve for each bin of the C-score.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    curves : xarray.DataArray
        `profile` (bin, ratio) with coordinates `cscore` and `size` (bin,), from `reduce.profile_by_score`.
    """
    colors, scale = colormaps["viridis"], Normalize(0, 1)
    # Lines as thick as their bins are full: most examples sit in the uppermost.
    widths = 0.6 + 2.4 * np.sqrt(curves["size"].values / curves["size"].values.max())
    for curve, width in zip(curves, widths, strict=True):
        axes.plot(curves["ratio"], curve, color=colors(scale(float(curve["cscore"]))), linewidth=width, marker=".")
    axes.set(xlabel="subset ratio", ylabel="held-out accuracy", ylim=(-0.02, 1.02))
    axes.set_title("profiles by C-score (thicker: of more examples)")
    _mark_ratios(axes, curves["ratio"].values)
    colorbar = axes.figure.colorbar(ScalarMappable(scale, colors), ax=axes)
    colorbar.set_label("C-score of the bin")


def ratio_curve(axes: Axes, correlation: xr.DataArray) -> None:
    """Correlation of each single ratio with the whole C-score, the best one marked.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    correlation : xarray.DataArray
        (ratio,), from `compare.ratio_correlation`.
    """
    axes.plot(correlation["ratio"], correlation, color=_BLUE, marker="o")
    if correlation.notnull().any():
        best = correlation.isel(ratio=int(correlation.argmax("ratio")))
        axes.plot(
            best["ratio"], best, "o", color="tab:red", label=f"{float(best):.3f} at ratio {float(best['ratio']):g}"
        )
        axes.legend()
    axes.set(xlabel="subset ratio", ylabel="Spearman correlation with the C-score")
    axes.set_title("one ratio as a stand-in for all", fontsize=11)
    _mark_ratios(axes, correlation["ratio"].values)
    axes.grid(color="0.92")


def _mark_ratios(axes: Axes, ratios: np.ndarray) -> None:
    """Ticks where there are ratios, if there is room for them."""
    if len(ratios) <= 12:
        axes.set_xticks(ratios, [f"{ratio:g}" for ratio in ratios])


def joint_density(axes: Axes, a: xr.Dataset, b: xr.Dataset, *, bins: int = 80) -> None:
    """Scores of B against scores of A as counts in small squares (logarithmic colours), with histograms at the margins.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The margins are drawn beside it.
    a, b : xarray.Dataset
        `cscore` (example,) of the same examples in the same order.
    """
    known = np.isfinite(a["cscore"].values) & np.isfinite(b["cscore"].values)
    x, y = a["cscore"].values[known], b["cscore"].values[known]
    limits = [score_range(a), score_range(b)]
    counts = axes.hist2d(x, y, bins=bins, range=limits, norm=LogNorm(), cmap="viridis", rasterized=True)[3]
    if limits[0] == limits[1]:
        axes.plot(limits[0], limits[0], color="0.5", linewidth=0.8, linestyle="--")
    axes.set(xlabel=f"A: {_title(a)}", ylabel=f"B: {_title(b)}")
    above = axes.inset_axes((0, 1.02, 1, 0.18), sharex=axes)
    beside = axes.inset_axes((1.02, 0, 0.18, 1), sharey=axes)
    above.hist(x, bins=bins, range=limits[0], color=_BLUE, log=True)
    beside.hist(y, bins=bins, range=limits[1], color=_BLUE, log=True, orientation="horizontal")
    above.set_ylim(bottom=0.8)  # of counts in one decade, ticks would be crowded
    beside.set_xlim(left=0.8)
    above.tick_params(labelbottom=False)
    beside.tick_params(labelleft=False)
    beside.xaxis.tick_top()
    axes.figure.colorbar(counts, ax=axes, location="bottom", shrink=0.6, label="examples", pad=0.02)


def score_range(scores: xr.Dataset) -> tuple[float, float]:
    """Ends of an axis of scores: 0 and 1 if all lie there, else the lowest and the highest."""
    low, high = float(scores["cscore"].min()), float(scores["cscore"].max())
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def class_name(label: int, class_names: Sequence[str]) -> str:
    """Name of a class, or its number where it has none."""
    return class_names[label] if 0 <= label < len(class_names) else str(label)


def axis_label(array: xr.DataArray) -> str:
    """The first part of a variable's long name: what it is, without how it is computed."""
    return str(array.attrs.get("long_name", array.name)).split(":")[0]


def _name_dots(axes: Axes, x: np.ndarray, y: np.ndarray, names: Sequence[str]) -> None:
    """Write names beside dots, the outermost first; one that would cover a dot or another name is left out."""
    ends = np.array([axes.get_xlim(), axes.get_ylim()])
    dots = (np.column_stack([x, y]) - ends[:, 0]) / (ends[:, 1] - ends[:, 0])
    taken = np.stack([dots, dots], axis=1)  # boxes (lower left, upper right), as shares of the axes
    inch = axes.figure.dpi / np.asarray(axes.get_window_extent().size)
    for row in np.argsort(-np.abs(dots - 0.5).max(axis=1), kind="stable"):
        for side, text in ((1, "left"), (-1, "right")):
            near, far = 0.08 * side, (0.12 + 0.085 * len(names[row])) * side
            box = dots[row] + inch * np.array([[min(near, far), -0.09], [max(near, far), 0.09]])
            free = not ((box[0] < taken[:, 1]) & (taken[:, 0] < box[1])).all(axis=1).any()
            if free and box[0, 0] > 0 and box[1, 0] < 1:
                taken = np.concatenate([taken, box[None]])
                place, offset = (x[row], y[row]), (6 * side, 0)
                axes.annotate(names[row], place, offset, textcoords="offset points", ha=text, va="center", fontsize=9)
                break


def _draw_image(axes: Axes, image: np.ndarray, left: float, top: float, caption: str) -> None:
    if image.ndim == 1:  # features without a shape: a strip
        image = image[None]
    grey = image.ndim == 2 or image.shape[-1] == 1
    low, high = (0, 255) if image.dtype == np.uint8 else (image.min(), image.max())
    pixels = image.reshape(image.shape[:2]) if grey else (image - low) / max(high - low, 1e-12)
    extent = (left + 0.04, left + 0.96, top + 0.96, top + 0.04)
    axes.imshow(pixels, cmap="gray_r" if grey else None, vmin=low, vmax=high, extent=extent, interpolation="nearest")
    axes.text(left + 0.5, top + 0.99, caption, ha="center", va="top", fontsize=7)


def _title(scores: xr.Dataset) -> str:
    return str(scores.attrs.get("title", "scores"))
