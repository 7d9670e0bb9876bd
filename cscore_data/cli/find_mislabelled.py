"""``find-mislabelled``: rank the examples of a data set by how probably their label is wrong.

For example::

    find-mislabelled train.csv --text question --label category
    find-mislabelled digits --sheet suspects.png
    find-mislabelled mnist.zarr --out suspects.parquet --top 500
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.recipe_flags import with_recipe_flags
from cscore_data.cli.run import Invocation, run
from cscore_data.cli.source_flags import with_source_flags
from cscore_data.data.sources import describe_sources
from cscore_data.training.named_recipes import RECIPES


@dataclass
@with_recipe_flags
@with_source_flags
class FindMislabelledFlags:
    """Rank the examples of a data set by how probably their label is wrong, with the label that
    models suggest which were not trained on them. Of a data set, trains a few models first; the
    same command resumes after an interruption."""

    source: str = argument(
        "source",
        "a data set; or a cube written by train-holdout, or scores written by reduce-cscores. Data "
        f"sets: {describe_sources()}",
        type=path,
    )
    out: Optional[str] = option(
        None,
        "the ranked examples: FILE.csv, FILE.parquet or FILE.jsonl (default: suspects.csv, unless "
        "that is there with other examples)",
        type=path,
        metavar="FILE",
    )
    top: Optional[int] = option(
        None, "write the most suspicious so many only (default: all examples)", metavar="N"
    )
    sheet: Optional[str] = option(
        None,
        "also draw the most suspicious with given and suggested label, to FILE.png, FILE.pdf or "
        "FILE.svg (default: do not)",
        type=path,
        metavar="FILE",
    )
    truth: Optional[str] = option(
        None,
        "labels that are known to be right, or a mask of the wrong ones (npy, npz, csv or pt): "
        "prints how well the score finds them (default: unknown)",
        type=path,
        metavar="FILE[:KEY]",
    )
    cube: Optional[str] = option(
        None,
        "where the models that are trained are recorded (default: NAME-mislabelled.zarr here, NAME "
        "the data set's)",
        type=path,
    )
    ratios: list[float] = option(
        [0.7],
        "subset ratios of the models that are trained, each between 0 and 1",
        nargs="+",
        type=float,
        metavar="RATIO",
    )
    runs: int = option(10, "models at each ratio")
    seed: int = option(0, "seed of subsets, initial weights and batch order")
    group_duplicates: bool = option(
        False,
        "train on exact copies together or hold them out together (default: what the cube has)",
    )
    recipe: Optional[str] = option(
        None,
        "how a model is trained, as of train-holdout; the flags below change parts of it (default: "
        "that of the data set; with label smoothing and a cosine schedule if it has neither)",
        choices=RECIPES,
    )

    # Here `with_recipe_flags` adds a flag for each hyperparameter.

    storage_option: Optional[list[str]] = storage_option()
    overwrite: bool = option(False, "throw away the cube that is there and train again")
    progress: bool = option(False, "show the progress bar even when not on a terminal")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("find-mislabelled", FindMislabelledFlags, job, argv, interrupted=after_interruption)


def job(flags: FindMislabelledFlags, invocation: Invocation) -> None:
    """Find the mislabelled examples of what the flags name."""
    from cscore_data.cli.jobs.find_mislabelled import write_suspects

    write_suspects(flags, invocation)


def after_interruption(flags: FindMislabelledFlags) -> str:
    """What became of the work, and how to continue."""
    same = "the same command without --overwrite" if flags.overwrite else "the same command"
    return f"models that were trained, if any, are in a cube, and {same} resumes"


if __name__ == "__main__":
    sys.exit(main())
