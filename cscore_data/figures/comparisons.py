"""The page of two sets of scores, which ``compare-cscores`` writes."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cscore_data.figures import density, panels
from cscore_data.figures.page import new_page

_NO_ROWS = np.empty(0, int)


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
    image : number (example, ...) or str (example,), optional
        As in `pages.overview`.
    higher : tuple of int (example,)
        Rows that A ranks higher and that B ranks higher, from `scores.agreement.disagreements`.
    """
    if image is None:
        figure = new_page(8.5, 8.5, subtitle, fontsize=13)
        density.joint_density(figure.add_subplot(), a, b)
        return figure

    # The density on the left, the examples that each side ranks higher on the right.
    panels.check_examples(a, image)
    note = panels.examples_note(panels.named_side(a, b), image)
    figure = new_page(15, 8.5, subtitle, fontsize=13, note=note)
    grid = figure.add_gridspec(2, 2)
    density.joint_density(figure.add_subplot(grid[:, 0]), a, b)
    for panel, name in enumerate("AB"):
        axes = figure.add_subplot(grid[panel, 1])
        title = f"ranked higher in {name}"
        panels.disagreement_strip(axes, a, b, image, higher[panel], title=title)
    return figure
