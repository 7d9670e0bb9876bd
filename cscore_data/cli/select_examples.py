"""``select-examples``: choose examples by their scores, or put them in an order.

For example::

    select-examples mnist-cscores.zarr --keep 0.5 --end regular --out kept.npy
    select-examples mnist-cscores.zarr --drop-irregular 0.02 --order easy --out curriculum.csv
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.plot_cscores import SCORES_HELP
from cscore_data.cli.run import Invocation, run

#: As `scores.selection.ENDS` and `FIRST`, which importing would take xarray.
_ENDS = ("irregular", "regular", "middle", "stratified")
_FIRST = ("easy", "hard")


@dataclass
class SelectExamplesFlags:
    """Choose examples by their C-scores, put them in an order, or cut them into bins; writes their
    indices in the data set's original order. Ties are broken by the margin, then by the index."""

    scores: str = argument("scores", SCORES_HELP, type=path)
    out: Optional[str] = option(
        None,
        "the indices: FILE.npy, FILE.csv, FILE.json or FILE.txt; all but npy also say what they "
        "were chosen from (default: selected.npy, unless that is there with others)",
        type=path,
        metavar="FILE",
    )
    keep: Optional[float] = option(
        None, "share of the examples to keep (default: all that have a score)", metavar="SHARE"
    )
    count: Optional[int] = option(
        None, "number of examples to keep, in place of --keep (default: as --keep)", metavar="N"
    )
    end: str = option(
        "irregular",
        "which to keep: irregular: the lowest scores; regular: the highest; middle: those around "
        "the median; stratified: the same share of every part of the ranking",
        choices=_ENDS,
    )
    per_class: bool = option(False, "keep the same share of each class")
    drop_irregular: float = option(
        0.0,
        "first leave out this share, the lowest by margin (by C-score where there is none), which "
        "are probably mislabelled",
        metavar="SHARE",
    )
    order: Optional[str] = option(
        None,
        "order of the indices: easy: the most regular first; hard: the most irregular first "
        "(default: ascending)",
        choices=_FIRST,
    )
    interleave_classes: bool = option(
        False, "with --order: every stretch of the order has about the same share of each class"
    )
    bins: Optional[int] = option(
        None,
        "cut what is kept into so many bins of equal size, and write the bin of each example, 0 "
        "the most irregular (default: do not)",
        metavar="N",
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("select-examples", SelectExamplesFlags, job, argv)


def job(flags: SelectExamplesFlags, invocation: Invocation) -> None:
    """Choose the examples that the flags describe, and write their indices."""
    from cscore_data.cli.jobs.select_examples import select_examples

    select_examples(flags, invocation)


if __name__ == "__main__":
    sys.exit(main())
