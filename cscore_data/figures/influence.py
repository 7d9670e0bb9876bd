"""Targets beside the training examples that help them most, and those that hurt them."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cscore_data.errors import InvalidInputError
from cscore_data.figures import lines
from cscore_data.figures.images import draw_image
from cscore_data.figures.labels import class_name, title
from cscore_data.figures.page import new_page
from cscore_data.figures.pixels import layout_note

#: Targets on the page, and examples of each kind beside a target.
_ROWS = 8
_COLUMNS = 5

# The unit of length is the side of an image.
_ROW_HEIGHT = 1.6
_GAP = 0.4

#: Letters of a class's name under an image.
_LETTERS = 12

_HEADINGS = {"helps": "helped", "hurts": "hurt"}


def influence(
    pairs: xr.Dataset,
    image: np.ndarray,
    target_image: np.ndarray,
    *,
    class_names: Sequence[str] = (),
) -> Figure:
    """Targets with a strong helper, beside those that help and those that hurt them most.

    Parameters
    ----------
    pairs : xarray.Dataset
        From `scores.influence_pairs.influential_pairs`.
    image : number (example, height, width[, channel])
        In the order of the coordinate `example`.
    target_image : number (test_example, …) or (target, …)
        In the order of the targets.
    class_names : sequence of str

    Raises
    ------
    InvalidInputError
        If the images are none, or no example helps any target.

    References
    ----------
    Feldman and Zhang, NeurIPS 2020, figure 3.
    """
    if lines.is_drawn_as_lines(image):
        raise InvalidInputError(
            "--kind influence needs images, and these examples are rows of features or texts; the "
            "store of influences names them"
        )
    shown = notable_targets(pairs, _ROWS)
    if not len(shown):
        raise InvalidInputError("no example helps a target; train more runs")
    figure = new_page(
        13,
        1.4 + 1.75 * len(shown),
        f"{title(pairs, 'Influence')}, ratio {pairs.attrs['ratio']:g}",
        note=f"{layout_note(image.shape[1:])}Under each image: influence and its standard error, "
        "index in the data set, and class.",
    )
    axes = figure.add_subplot()
    for row, target in enumerate(shown):
        _draw_row(axes, pairs, int(target), row * _ROW_HEIGHT, image, target_image, class_names)
    _finish(axes, pairs, len(shown))
    return figure


def notable_targets(pairs: xr.Dataset, most: int) -> np.ndarray:
    """Rows of the targets with the strongest helpers, one for each helper: int (shown,)."""
    first_of_each = pairs.isel(rank=0)
    strongest = first_of_each["helps_influence"].values
    helper = first_of_each["helps"].values

    # Targets that have a helper, that with the strongest first.
    order = np.argsort(-np.nan_to_num(strongest, nan=-np.inf), kind="stable")
    order = order[np.isfinite(strongest[order])]

    # The first target of each helper.
    _, first = np.unique(helper[order], return_index=True)
    shown = order[np.sort(first)]
    return np.asarray(shown[:most])


def _draw_row(
    axes: Axes,
    pairs: xr.Dataset,
    target: int,
    top: float,
    image: np.ndarray,
    target_image: np.ndarray,
    class_names: Sequence[str],
) -> None:
    """A target, those that help it, and those that hurt it."""
    dim = str(pairs["helps"].dims[0])
    of_target = pairs.isel({dim: target})
    label = int(of_target[_label_of(dim)])
    name = class_name(label, class_names, most=_LETTERS)
    caption = f"#{int(of_target[dim])}\n{name}"
    draw_image(axes, target_image[target], 0, top, caption)

    # The rows of training examples, by their index in the data set.
    examples = pairs["example"].values.tolist()
    row_of = {example: row for row, example in enumerate(examples)}
    shown = min(_COLUMNS, pairs.sizes["rank"])
    for side, left in _sides().items():
        for rank in range(shown):
            of_rank = of_target.isel(rank=rank)
            example = int(of_rank[side])
            if example < 0:
                continue
            row = row_of[example]
            value = float(of_rank[f"{side}_influence"])
            stderr = float(of_rank[f"{side}_stderr"])
            name = class_name(int(pairs["label"].values[row]), class_names, most=_LETTERS)
            caption = f"{value:+.2f} ± {stderr:.2f}\n#{example} {name}"
            draw_image(axes, image[row], left + rank, top, caption)


def _finish(axes: Axes, pairs: xr.Dataset, rows: int) -> None:
    """Headings, and lines between the target, those that help and those that hurt."""
    kind = "test examples" if pairs.attrs["on"] == "test" else "held out"
    axes.text(0.5, -0.2, kind, ha="center", va="bottom", fontsize=12)
    for side, left in _sides().items():
        heading = f"{_HEADINGS[side]} most by training on"
        axes.text(left + _COLUMNS / 2, -0.2, heading, ha="center", va="bottom", fontsize=12)
        axes.axvline(left - _GAP / 2, color="0.8", linewidth=1)
    width = 1 + 2 * (_COLUMNS + _GAP)
    axes.set(xlim=(-0.1, width), ylim=(rows * _ROW_HEIGHT, -0.5), aspect="equal")
    axes.axis("off")


def _sides() -> dict[str, float]:
    """Where those that help and those that hurt begin."""
    return {"helps": 1 + _GAP, "hurts": 1 + _COLUMNS + 2 * _GAP}


def _label_of(dim: str) -> str:
    return "test_label" if dim == "test_example" else "target_label"
