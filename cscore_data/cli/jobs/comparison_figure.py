"""The figure of ``compare-cscores``: two sets of scores and the images they disagree on."""

import numpy as np

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


def aligned_images(aligned: Aligned, dataset: str | None) -> np.ndarray:
    """Images in the order of the aligned scores.

    Parameters
    ----------
    aligned : Aligned
    dataset : str or None
        By default the data set that A names, else the one that B names.

    Raises
    ------
    CscoreDataError
        If the images cannot be loaded, or do not belong to the scores.
    """
    # The data set is checked against the side that says more about its examples.
    side = aligned.a
    for coord in ("filename", "label"):
        if coord in aligned.b.coords and coord not in aligned.a.coords:
            side = aligned.b
    for scores in (aligned.b, aligned.a):
        if "dataset" in scores.attrs and "dataset" not in side.attrs:
            side = side.assign_attrs(dataset=scores.attrs["dataset"])
    return load_images(side, dataset).image
