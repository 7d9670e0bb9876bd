"""``plot-cscores``: draw a set of scores.

For example::

    plot-cscores mnist-cscores.zarr --out mnist.png
    plot-cscores cifar10 --dataset cifar10 --kind examples --out cifar10.pdf
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.run import Invocation, run
from cscore_data.cli.source_flags import with_source_flags
from cscore_data.figures.kinds import KINDS

SCORES_HELP = (
    "scores written by reduce-cscores or fetch-published (a path or a URL), a published name "
    "(cifar10, cifar100, imagenet, mnist), or FILE.npz, FILE.npy, FILE.csv or FILE.parquet with an "
    "array or column cscore, score or scores"
)


def kinds_help() -> str:
    """The kinds of figure and what each shows, for the help text."""
    kinds = [f"{name}: {kind.meaning}" for name, kind in KINDS.items()]
    return "what to draw. " + "; ".join(kinds)


@dataclass
@with_source_flags
class PlotCscoresFlags:
    """Draw a set of scores: images, histograms, classes or profiles."""

    scores: str = argument("scores", SCORES_HELP, type=path)
    out: str = option(
        "cscores.png", "the figure: FILE.pdf, FILE.png or FILE.svg", type=path, metavar="FILE"
    )
    kind: str = option("overview", kinds_help(), choices=tuple(KINDS))
    dataset: Optional[str] = option(
        None,
        "the data set with the images and the names of classes (default: the one that the scores "
        "name)",
        type=path,
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("plot-cscores", PlotCscoresFlags, job, argv)


def job(flags: PlotCscoresFlags, invocation: Invocation) -> None:
    """Draw the scores that the flags name."""
    from cscore_data.cli.jobs.plot_cscores import plot_cscores

    plot_cscores(flags, invocation)


if __name__ == "__main__":
    sys.exit(main())
