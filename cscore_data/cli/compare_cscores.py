"""``compare-cscores``: how far do two sets of scores agree?

For example::

    compare-cscores cifar10 cifar10-cscores.zarr
    compare-cscores cifar10 scores.npz --figure comparison.png --dataset cifar10
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.plot_cscores import SCORES_HELP
from cscore_data.cli.run import Invocation, run


@dataclass
class CompareCscoresFlags:
    """Compare two sets of scores of the same examples: rank correlations, differences, and the
    overlap of the lowest and of the highest scores, over all examples and within each class.
    Examples are matched by file name if both sides have them, else by their position in the data
    set; labels that differ are refused."""

    a: str = argument("a", f"A: {SCORES_HELP}", type=path)
    b: str = argument("b", "B: the same", type=path)
    ascending: bool = option(
        False,
        "in B, lower means more regular: compare 1 - score, or -score if B's scores are not all in "
        "0..1",
    )
    figure: Optional[str] = option(
        None,
        "draw B against A, and the images on which they disagree most, to FILE.pdf, FILE.png or "
        "FILE.svg (default: do not)",
        type=path,
        metavar="FILE",
    )
    dataset: Optional[str] = option(
        None,
        "the data set with the images for the figure (default: the one that the scores name, if it "
        "is available)",
        type=path,
    )
    json: bool = option(False, "print one JSON document instead of tables")
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("compare-cscores", CompareCscoresFlags, job, argv)


def job(flags: CompareCscoresFlags, invocation: Invocation) -> None:
    """Compare the two sets of scores that the flags name."""
    from cscore_data.cli.jobs.compare_cscores import compare_cscores

    compare_cscores(flags, invocation)


if __name__ == "__main__":
    sys.exit(main())
