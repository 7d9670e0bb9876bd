"""What ``plot-cscores`` does: read scores, load their images, draw one kind of figure."""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from cscore_data import figures
from cscore_data.cli.jobs.scored_images import load_images
from cscore_data.cli.run import Invocation
from cscore_data.data.examples import Examples
from cscore_data.errors import InvalidInputError
from cscore_data.figures.kinds import KINDS, Kind
from cscore_data.scores.files import read_scores
from cscore_data.scores.summary import class_statistics, profile_by_score, ratio_correlation
from cscore_data.storage.folder import set_storage_options

if TYPE_CHECKING:
    from cscore_data.cli.plot_cscores import PlotCscoresFlags

#: Arguments of figures that are computed from scores: the variable that each needs, the function.
SUMMARIES = {
    "correlation": ("profile", ratio_correlation),
    "curves": ("profile", profile_by_score),
    "statistics": ("label", class_statistics),
}


def plot_cscores(flags: "PlotCscoresFlags", invocation: Invocation) -> None:
    """Draw the scores that the flags name."""
    figures.check_suffix(flags.out)
    set_storage_options(flags.storage_option or [], [flags.scores])
    scores = read_scores(flags.scores)
    draw(scores, flags.kind, flags.dataset, flags.out)
    print(f"Figure: {flags.out}")


def draw(scores: xr.Dataset, kind_name: str, dataset: str | None, out: str) -> None:
    """Draw scores to a file.

    Parameters
    ----------
    scores : xarray.Dataset
    kind_name : str
        A key of `figures.kinds.KINDS`.
    dataset : str or None
        Where images and names of classes come from; by default the data set that the scores name,
        if the figure needs images.
    out : str
        Name of the file.

    Raises
    ------
    InvalidInputError
        If the scores lack what this kind of figure needs.
    MismatchError
        If they are not scores of the data set.
    """
    kind = KINDS[kind_name]
    if kind.needs_profile and "profile" not in scores:
        others = [name for name, other in KINDS.items() if not other.needs_profile]
        raise InvalidInputError(
            f"--kind {kind_name} needs held-out accuracies at each ratio, which only scores "
            f"written by reduce-cscores have; give such scores, or draw {', '.join(others)}"
        )
    scores = scores.sortby("example").load()
    if not np.isfinite(scores["cscore"]).any():
        raise InvalidInputError(
            "no example has a C-score: none was held out at every ratio; train more runs"
        )

    examples = None
    if dataset or kind.needs_images:
        examples = load_images(scores, dataset)
        scores = with_labels(scores, examples)
    if kind.needs_labels and "label" not in scores.coords:
        raise InvalidInputError(
            f"--kind {kind_name} needs classes, and these scores have no labels; give --dataset"
        )

    figure = kind.draw(scores, **figure_inputs(kind, scores, examples))
    figures.save(figure, out)


def with_labels(scores: xr.Dataset, examples: Examples) -> xr.Dataset:
    """The scores, with the labels of their data set if they have none."""
    if "label" in scores.coords:
        return scores
    print(
        "warning: the scores have no labels; only their position ties them to the images of "
        f"{examples.name}"
    )
    return scores.assign_coords(label=("example", examples.label))


def figure_inputs(kind: Kind, scores: xr.Dataset, examples: Examples | None) -> dict[str, Any]:
    """The arguments that a kind of figure needs besides the scores."""
    inputs: dict[str, Any] = {}
    if examples is not None and kind.needs_images:
        inputs["image"] = examples.image
    if examples is not None and kind.needs_labels:
        inputs["class_names"] = examples.class_names
    if kind.summary is not None:
        variable, summarize = SUMMARIES[kind.summary]
        if variable in scores:
            inputs[kind.summary] = summarize(scores)
    return inputs
