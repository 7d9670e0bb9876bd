"""``plot-cscores``: pictures of a set of scores."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from cscore_data.cli import argument, option, run

if TYPE_CHECKING:
    import xarray as xr


@dataclass
class Config:
    """Draw a set of scores: for each class the images with the highest scores on the left and those with the lowest on
    the right, a histogram of the scores, and the profiles of examples by their score."""

    scores: str = argument("scores", "scores written by reduce-cscores")
    out: str = option("cscores.png", "the figure: FILE.pdf, FILE.png or FILE.svg", metavar="FILE")
    dataset: Optional[str] = option(None, "the data set with the images (default: the one that the scores name)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("plot-cscores", Config, _plot_cscores, argv)


def _plot_cscores(config: Config) -> None:
    from cscore_data import scorefile

    draw_overview(scorefile.open_scores(config.scores).load(), config.dataset, config.out)
    print(f"Figure: {config.out}")


def draw_overview(scores: "xr.Dataset", dataset: str | None, out: str) -> None:
    """Write the overview of `scores`, with the images of `dataset` or else of the one that the scores name."""
    from cscore_data import plot
    from cscore_data.examples import check_same_examples, load_examples
    from cscore_data.reduce import profile_by_score

    plot.check_suffix(out)
    examples = load_examples(dataset or scores.attrs.get("dataset", ""))
    check_same_examples(examples, label=scores["label"].values, digest=scores.attrs.get("example_digest"))
    curves = profile_by_score(scores) if "profile" in scores else None
    plot.save(plot.overview(scores, examples.image, curves=curves, class_names=examples.class_names), out)


if __name__ == "__main__":
    sys.exit(main())
