"""``reduce-cscores``: from a cube to C-scores, other statistics and standard errors.

For example::

    reduce-cscores mnist.zarr --export mnist.csv
    plot-cscores mnist-cscores.zarr
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.run import Invocation, run


@dataclass
class ReduceCscoresFlags:
    """Average over the runs of a cube: held-out accuracy of each example at each ratio (its
    profile), the mean over ratios (its C-score), its standard error, memorization and, of a cube
    with margins, the mean margin, probability and vote. Writes a small Zarr store and prints a
    summary."""

    cube: str = argument("cube", "cube written by train-holdout: a path or a URL", type=path)
    out: Optional[str] = option(
        None,
        "the scores, a Zarr store: a path or a URL (default: NAME-cscores.zarr here, for a cube "
        "NAME.zarr anywhere)",
        type=path,
    )
    export: Optional[str] = option(
        None,
        "write the scores also as FILE.npz (labels and scores, as the published files), FILE.npy "
        "(scores alone), FILE.csv or FILE.parquet (a table) (default: do not)",
        type=path,
        metavar="FILE",
    )
    card: bool = option(
        False,
        "write a data card for the Hugging Face hub, README.md, next to the --export, which must "
        "be FILE.csv or FILE.parquet",
    )
    figure: Optional[str] = option(
        None,
        "draw the overview, as plot-cscores does, to FILE.pdf, FILE.png or FILE.svg (default: do "
        "not)",
        type=path,
        metavar="FILE",
    )
    statistics: Optional[list[str]] = option(
        None,
        "which statistics to write besides cscore, such as profile, margin or memorization "
        "(default: all that the cube can carry)",
        nargs="+",
        type=str,
        metavar="NAME",
    )
    bootstrap: Optional[int] = option(
        None,
        "add 95% intervals of the C-score from so many resamples of the runs, as cscore_low and "
        "cscore_high, which are equal where all runs agree (default: none)",
        metavar="RESAMPLES",
    )
    export_pred_probs: Optional[str] = option(
        None,
        "write the share of held-out models that give each class to FILE.npy (example, class), as "
        "cleanlab takes it, and the classes in that order to FILE.classes.txt (default: do not)",
        type=path,
        metavar="FILE",
    )
    influence: Optional[list[str]] = option(
        None,
        "write the training examples that help each test example most, and those that hurt it, to "
        "NAME-influence.zarr: how many (top=20); on=test, or on=train for other training examples "
        "(default: test, if the cube has a test split); ratio=RATIO (default: the one closest to "
        "0.7); outcome=correct, or outcome=margin for margins in place of right and wrong "
        "(default: do not)",
        nargs="*",
        type=str,
        metavar="KEY=VALUE",
    )
    allow_incomplete: bool = option(
        False,
        "reduce a cube in which runs are missing over those that are there, leaving out ratios "
        "that have none at all (default: refuse it)",
    )
    overwrite: bool = option(
        False,
        "replace scores of another study, and a data card (default: replace only scores of the "
        "same study, and each FILE)",
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("reduce-cscores", ReduceCscoresFlags, job, argv)


def job(flags: ReduceCscoresFlags, invocation: Invocation) -> None:
    """Reduce a cube to scores, and write them in the forms that the flags name."""
    from cscore_data.cli.jobs.reduce_cscores import reduce_cscores

    reduce_cscores(flags, invocation)


if __name__ == "__main__":
    sys.exit(main())
