"""``plot-cscores``: pictures of a set of scores."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from cscore_data.cli import argument, option, run, storage_option, use_storage_options
from cscore_data.errors import InvalidInputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from cscore_data.examples import Examples

#: Kinds of figure that show images, that need held-out accuracies at each ratio, and the others.
_WITH_IMAGES, _WITH_PROFILE, _OTHERS = ("overview", "examples"), ("profiles", "ratios"), ("histograms", "classes")

SCORES_HELP = (
    "scores written by reduce-cscores or fetch-published (a path or a URL), a published name (cifar10, cifar100, "
    "imagenet, mnist), or FILE.npz, FILE.npy, FILE.csv or FILE.parquet with an array or column cscore, score or scores"
)


@dataclass
class Config:
    """Draw a set of scores. Kinds of figure: overview: extreme examples of each class, a histogram of the scores, and
    the profiles of examples by their score. examples: more of the images with the highest and the lowest scores of each
    class. histograms: scores of each class, linear and logarithmic. classes: mean against spread of each class.
    profiles: held-out accuracy against subset ratio. ratios: held-out accuracies at each ratio, and how well a single
    ratio stands in for the C-score."""

    scores: str = argument("scores", SCORES_HELP)
    out: str = option("cscores.png", "the figure: FILE.pdf, FILE.png or FILE.svg", metavar="FILE")
    kind: str = option("overview", "what to draw", choices=(*_WITH_IMAGES, *_OTHERS, *_WITH_PROFILE))
    dataset: Optional[str] = option(
        None, "the data set with the images and the names of classes (default: the one that the scores name)"
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("plot-cscores", Config, _plot_cscores, argv)


def _plot_cscores(config: Config) -> None:
    from cscore_data import plot, scorefile

    plot.check_suffix(config.out)
    use_storage_options(config.storage_option, config.scores)
    draw(scorefile.read_scores(config.scores), config.kind, config.dataset, config.out)
    print(f"Figure: {config.out}")


def draw(scores: "xr.Dataset", kind: str, dataset: str | None, out: str) -> None:
    """Write a figure of `scores`, with the images and names of `dataset` or else of the one that the scores name."""
    import numpy as np

    from cscore_data import plot

    if kind in _WITH_PROFILE and "profile" not in scores:
        raise InvalidInputError(
            f"--kind {kind} needs held-out accuracies at each ratio, which only scores written by reduce-cscores have; "
            f"give such scores, or draw {', '.join((*_WITH_IMAGES, *_OTHERS))}"
        )
    scores = scores.sortby("example").load()
    if not np.isfinite(scores["cscore"]).any():
        raise InvalidInputError("no example has a C-score: none was held out at every ratio; train more runs")
    examples = load_images(scores, dataset) if dataset or kind in _WITH_IMAGES else None
    if examples is not None and "label" not in scores.coords:
        print(f"warning: the scores have no labels; only their position ties them to the images of {examples.name}")
        scores = scores.assign_coords(label=("example", examples.label))
    if kind not in _WITH_PROFILE and "label" not in scores.coords:
        raise InvalidInputError(f"--kind {kind} needs classes, and these scores have no labels; give --dataset")
    if examples is not None and kind in _WITH_IMAGES:
        figure = _with_images(scores, kind, examples)
    else:
        figure = _without_images(scores, kind, examples.class_names if examples is not None else ())
    plot.save(figure, out)


def load_images(scores: "xr.Dataset", dataset: str | None) -> "Examples":
    """The data set that `scores`, sorted by example, are scores of: the one of this name, or else the one they name.

    Raises
    ------
    CscoreDataError
        If it cannot be had, or is of another length, or labels or digest differ.
    """
    from cscore_data.examples import check_same_examples, load_examples

    name = dataset or scores.attrs.get("dataset")
    if not name:
        raise InvalidInputError("the scores do not say of which data set they are; give it with --dataset")
    examples = load_examples(name)
    label = scores["label"].values if "label" in scores.coords else None
    check_same_examples(examples, scores.sizes["example"], label=label, digest=scores.attrs.get("example_digest"))
    return examples


def _with_images(scores: "xr.Dataset", kind: str, examples: "Examples") -> "Figure":
    from cscore_data import figures
    from cscore_data.reduce import profile_by_score

    if kind == "examples":
        return figures.examples(scores, examples.image, class_names=examples.class_names)
    curves = profile_by_score(scores) if "profile" in scores else None
    return figures.overview(scores, examples.image, curves=curves, class_names=examples.class_names)


def _without_images(scores: "xr.Dataset", kind: str, class_names: Sequence[str]) -> "Figure":
    from cscore_data import compare, figures
    from cscore_data.reduce import profile_by_score

    if kind == "histograms":
        return figures.histograms(scores, class_names=class_names)
    if kind == "classes":
        return figures.classes(scores, compare.class_statistics(scores), class_names=class_names)
    if kind == "ratios":
        return figures.ratios(scores, compare.ratio_correlation(scores))
    return figures.profiles(scores, profile_by_score(scores))


if __name__ == "__main__":
    sys.exit(main())
