"""What ``plot-cscores`` does: read scores, load their images, draw one kind of figure."""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from cscore_data import figures
from cscore_data.cli.jobs.destinations import check_writable
from cscore_data.cli.jobs.influence_figure import draw_influence
from cscore_data.cli.jobs.scored_images import ScoredImages, load_images
from cscore_data.cli.output import printable
from cscore_data.cli.run import Invocation
from cscore_data.cli.source_flags import load_options
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.figures.kinds import KINDS, VARIABLES, Kind
from cscore_data.scores.files import read_scores
from cscore_data.scores.influence_files import open_pairs
from cscore_data.scores.reliability_curve import reliability_curve
from cscore_data.scores.summary import class_statistics, profile_by_score, ratio_correlation
from cscore_data.storage.cube import open_cube
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.zarr_store import open_store

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
    check_writable(flags.out)
    set_storage_options(flags.storage_option or [], [flags.scores])
    kind = KINDS[flags.kind]
    if kind.needs_pairs:
        pairs = open_pairs(flags.scores)
        draw_influence(pairs, flags.dataset, flags.out, options=load_options(flags))
    elif kind.needs_runs and is_cube(flags.scores):
        draw_runs(open_cube(flags.scores), kind, flags.out)
    else:
        scores = read_scores(flags.scores)
        draw(scores, flags.kind, flags.dataset, flags.out, options=load_options(flags))
    print(printable(f"Figure: {flags.out}"))


def is_cube(source: str) -> bool:
    """True if there is a cube at a path or URL; it may be one of another version."""
    try:
        return "held_out" in open_store(source)
    except StoreError:
        return False


def draw_runs(cube: xr.Dataset, kind: Kind, out: str) -> None:
    """Draw a kind of figure that needs the runs of a cube to a file."""
    name = cube.attrs.get("dataset", "a data set")
    curve = reliability_curve(cube).assign_attrs(title=f"Reliability of C-scores of {name}")
    figures.save(kind.draw(curve), out)


def draw(
    scores: xr.Dataset,
    kind_name: str,
    dataset: str | None,
    out: str,
    *,
    options: LoadOptions = DEFAULT_OPTIONS,
) -> None:
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
    options : LoadOptions
        How to read the data set; by default as the scores say.

    Raises
    ------
    InvalidInputError
        If the scores lack what this kind of figure needs.
    MismatchError
        If they are not scores of the data set.
    """
    kind = KINDS[kind_name]
    check_variables_of_kind(scores, kind_name)
    scores = scores.sortby("example").load()
    if not np.isfinite(scores["cscore"]).any():
        raise InvalidInputError(
            "no example has a C-score: none was held out at every ratio; train more runs"
        )

    examples = None
    if dataset or kind.needs_images:
        examples = load_images(scores, dataset, options)
        scores = with_labels(scores, examples)
    if kind.needs_labels and "label" not in scores.coords:
        raise InvalidInputError(
            f"--kind {kind_name} needs classes, and these scores have no labels; give --dataset"
        )

    figure = kind.draw(scores, **figure_inputs(kind, scores, examples))
    figures.save(figure, out)


def check_variables_of_kind(scores: xr.Dataset, kind_name: str) -> None:
    """Raise `InvalidInputError` if the scores lack what a kind of figure needs."""
    kind = KINDS[kind_name]
    missing = [name for name in kind.needs if name not in scores]
    if kind.needs_runs:
        lacks = "the runs, which scores do not have; give the cube in place of its scores"
    elif missing:
        lacks = VARIABLES[missing[0]]
    else:
        return

    others = []
    for name, other in KINDS.items():
        if not (other.needs_runs or other.needs_pairs) and set(other.needs) <= set(scores):
            others.append(name)
    raise InvalidInputError(f"--kind {kind_name} needs {lacks}, or draw {', '.join(others)}")


def with_labels(scores: xr.Dataset, examples: ScoredImages) -> xr.Dataset:
    """The scores, with the labels of their data set if they have none."""
    if "label" in scores.coords:
        return scores
    if examples.matched_by == "example":
        print(
            "warning: the scores have no labels; only their position ties them to the images of "
            f"{printable(examples.name)}"
        )
    return scores.assign_coords(label=("example", examples.label))


def figure_inputs(kind: Kind, scores: xr.Dataset, examples: ScoredImages | None) -> dict[str, Any]:
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
