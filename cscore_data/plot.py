"""Scores as pictures: datasets -> matplotlib axes, titles and labels taken from their attributes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from cscore_data.errors import InvalidInputError, StoreError

SUFFIXES = (".pdf", ".png", ".svg")

#: Classes that a picture of examples shows at most; of more, evenly spread ones.
_CLASSES_SHOWN = 10


def check_suffix(path: str | Path) -> None:
    """Raise `InvalidInputError` unless `save` can write a file of this name."""
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


def overview(
    scores: xr.Dataset, image: np.ndarray, *, curves: xr.DataArray | None = None, class_names: Sequence[str] = ()
) -> Figure:
    """One page: extreme examples of each class, histogram of the scores and, where there are profiles, their curves.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,).
    image : uint8 or float (example, height, width[, channel])
        In the order of the scores.
    curves : xarray.DataArray, optional
        From `reduce.profile_by_score`.
    class_names : sequence of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = min(len(np.unique(scores["label"])), _CLASSES_SHOWN)
    figure = Figure(figsize=(15, max(5.0, 1.5 + 0.82 * rows)), layout="constrained")
    figure.suptitle(str(scores.attrs.get("title", "C-scores")), fontsize=15)
    panels = figure.add_gridspec(2 if curves is not None else 1, 2, width_ratios=(2.1, 1))
    extreme_examples(figure.add_subplot(panels[:, 0]), scores, image, class_names=class_names)
    histogram(figure.add_subplot(panels[0, 1]), scores)
    if curves is not None:
        profiles(figure.add_subplot(panels[1, 1]), curves)
    return figure


def extreme_examples(
    axes: Axes, scores: xr.Dataset, image: np.ndarray, *, columns: int = 8, class_names: Sequence[str] = ()
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
    class_names : sequence of str
    """
    score, label = scores["cscore"].values, scores["label"].values
    classes = np.unique(label[np.isfinite(score)])
    classes = classes[np.linspace(0, len(classes) - 1, min(len(classes), _CLASSES_SHOWN)).round().astype(int)]
    gap, height = 0.6, 1.32
    for row, name in enumerate(classes):
        members = np.flatnonzero((label == name) & np.isfinite(score))
        members = members[np.argsort(-score[members], kind="stable")]
        side = min(columns, (len(members) + 1) // 2)
        shown = {column: members[column] for column in range(side)}
        shown |= {2 * columns - 1 - column: members[-1 - column] for column in range(min(side, len(members) - side))}
        for column, example in shown.items():
            left, top = column + (gap if column >= columns else 0), row * height
            _draw_image(axes, image[example], (left + 0.04, left + 0.96, top + 0.96, top + 0.04))
            axes.text(left + 0.5, top + 0.99, f"{score[example]:.3f}", ha="center", va="top", fontsize=7)
        axes.text(-0.2, row * height + 0.5, _class_name(name, class_names), ha="right", va="center", fontsize=11)
    axes.set(xlim=(-0.1, 2 * columns + gap), ylim=(len(classes) * height, -0.1), aspect="equal")
    axes.axvline(columns + gap / 2, color="0.8", linewidth=1)
    axes.set_title("highest C-scores of each class   |   lowest C-scores of each class")
    axes.axis("off")


def histogram(axes: Axes, scores: xr.Dataset, *, bins: int = 50) -> None:
    """Histogram of `cscore`, counts on a logarithmic scale, the mean marked."""
    score = scores["cscore"].dropna("example")
    mean = float(score.mean())
    axes.hist(score.values, bins=bins, range=(0, 1), color="tab:blue", log=True)
    axes.axvline(mean, color="black", linestyle="--", linewidth=1, label=f"mean {mean:.3f}")
    axes.legend(loc="upper left")
    axes.set(xlabel=_axis_label(scores["cscore"]), ylabel="examples", xlim=(0, 1), title=f"{score.size:,} examples")


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
    axes.set(xlabel="subset ratio", ylabel="held-out accuracy", ylim=(-0.02, 1.02), title="profiles by C-score")
    colorbar = axes.figure.colorbar(ScalarMappable(scale, colors), ax=axes)
    colorbar.set_label("C-score of the bin")


def _draw_image(axes: Axes, image: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    if image.ndim == 1:  # features without a shape: a strip
        image = image[None]
    grey = image.ndim == 2 or image.shape[-1] == 1
    low, high = (0, 255) if image.dtype == np.uint8 else (image.min(), image.max())
    pixels = image.reshape(image.shape[:2]) if grey else (image - low) / max(high - low, 1e-12)
    axes.imshow(pixels, cmap="gray_r" if grey else None, vmin=low, vmax=high, extent=extent, interpolation="nearest")


def _class_name(label: int, class_names: Sequence[str]) -> str:
    return class_names[label] if 0 <= label < len(class_names) else str(label)


def _axis_label(array: xr.DataArray) -> str:
    """The first part of a variable's long name: what it is, without how it is computed."""
    return str(array.attrs.get("long_name", array.name)).split(":")[0]
