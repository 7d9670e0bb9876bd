"""The figure of ``compare-cscores``: two sets of scores and the images they disagree on."""

import numpy as np
import xarray as xr

from cscore_data import figures
from cscore_data.cli.jobs.scored_images import load_images
from cscore_data.scores.agreement import Agreement, disagreements
from cscore_data.scores.alignment import Aligned

#: Images that are ranked higher in A, and as many that are ranked higher in B.
_IMAGES = 12


def draw_comparison(
    aligned: Aligned, agreement: Agreement, image: np.ndarray | None, out: str
) -> None:
    """Write the figure of aligned scores to a file.

    Parameters
    ----------
    aligned : Aligned
    agreement : Agreement
        For the title.
    image : uint8 or float (example, height, width[, channel]) or None
        In the order of the aligned scores.
    out : str
        Name of the file.
    """
    subtitle = (
        f"{agreement.examples:,} examples, Spearman {agreement.spearman.value:.3f}, "
        f"Kendall {agreement.kendall.value:.3f}"
    )
    figure = figures.comparison(
        aligned.a,
        aligned.b,
        subtitle=subtitle,
        image=image,
        higher=disagreements(aligned.a, aligned.b, count=_IMAGES),
    )
    figures.save(figure, out)


def aligned_images(
    a: xr.Dataset, b: xr.Dataset, aligned: Aligned, dataset: str | None
) -> np.ndarray:
    """Images in the order of the aligned scores.

    Parameters
    ----------
    a, b : xarray.Dataset
        The whole sets of scores.
    aligned : Aligned
        Their common examples.
    dataset : str or None
        By default the data set that A names, else the one that B names.

    Raises
    ------
    CscoreDataError
        If the images cannot be loaded, or do not belong to the scores.
    """
    # The data set is checked against the side that has labels.
    whole = a
    common = aligned.a
    if "label" in b.coords and "label" not in a.coords:
        whole = b
        common = aligned.b

    source = dataset or a.attrs.get("dataset") or b.attrs.get("dataset")
    examples = load_images(whole.sortby("example"), source)
    return np.asarray(examples.image[common["example"].values])
