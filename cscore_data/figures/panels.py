"""The panel of examples on a page: pictures of images, lines of anything else."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cscore_data.errors import InvalidInputError
from cscore_data.figures import images, lines
from cscore_data.figures.captions import example_name, name_note, score_texts
from cscore_data.figures.pixels import layout_note


def check_examples(scores: xr.Dataset, image: np.ndarray) -> None:
    """Raise `InvalidInputError` unless there is something to show for each score."""
    if len(image) != scores.sizes["example"]:
        raise InvalidInputError(
            f"image: found {len(image):,} examples, expected one for each of the "
            f"{scores.sizes['example']:,} scores, in their order; image[scores['example'].values] "
            "may be it"
        )


def extremes_panel(
    axes: Axes,
    scores: xr.Dataset,
    image: np.ndarray,
    *,
    columns: int,
    letters: int,
    classes_shown: int,
    class_names: Sequence[str],
) -> None:
    """Draw the examples with the highest and the lowest scores of each class.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    scores : xarray.Dataset
        `cscore` and `label` (example,).
    image : number (example, ...) or str (example,)
        In the order of the scores.
    columns : int
        Images on each side; of lines, half as many.
    letters : int
        Maximum length of a line.
    classes_shown : int
    class_names : sequence of str
    """
    if lines.is_drawn_as_lines(image):
        lines.extreme_lines(
            axes,
            scores,
            image,
            lines=columns // 2,
            letters=letters,
            classes_shown=classes_shown,
            class_names=class_names,
        )
        return
    images.extreme_examples(
        axes, scores, image, columns=columns, classes_shown=classes_shown, class_names=class_names
    )


def disagreement_strip(
    axes: Axes,
    a: xr.Dataset,
    b: xr.Dataset,
    image: np.ndarray,
    rows: np.ndarray,
    *,
    title: str,
) -> None:
    """Draw some examples with both of their scores; parameters as `comparisons.comparison`.

    `rows` int (shown,) are the rows of the examples that are shown.
    """
    texts_a = score_texts(a["cscore"].values[rows])
    texts_b = score_texts(b["cscore"].values[rows])
    pairs = list(zip(texts_a, texts_b, strict=True))
    named = named_side(a, b)
    if lines.is_drawn_as_lines(image):
        captions = [f"A {score_a}  B {score_b}" for score_a, score_b in pairs]
        lines.line_strip(axes, named, image, rows, captions, title=title)
        return
    captions = []
    for row, (score_a, score_b) in zip(rows, pairs, strict=True):
        name = example_name(named, row)
        captions.append(f"A {score_a}\nB {score_b}\n{name}")
    images.image_strip(axes, image[rows], captions, title=title)


def named_side(a: xr.Dataset, b: xr.Dataset) -> xr.Dataset:
    """The scores that have file names, or A."""
    if "filename" in b.coords and "filename" not in a.coords:
        return b
    return a


def examples_note(scores: xr.Dataset, image: np.ndarray) -> str:
    """What a reader must know of a panel of examples, for the bottom of the page."""
    if lines.is_drawn_as_lines(image):
        return f"Each line: score, {name_note(scores)}, and values or text."
    return f"{layout_note(image.shape[1:])}Under each image: score and {name_note(scores)}."
