"""``train-holdout``: train many models on random subsets and record what each gets right.

For example::

    train-holdout --dataset mnist --runs 200 --dry-run
    train-holdout --dataset mnist --runs 200
    reduce-cscores mnist.zarr
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import option, path, storage_option
from cscore_data.cli.recipe_flags import with_recipe_flags
from cscore_data.cli.run import Invocation, run
from cscore_data.cli.source_flags import with_source_flags
from cscore_data.data.sources import describe_sources
from cscore_data.design.subsets import DESIGNS
from cscore_data.storage.local_files import is_local, plain_path
from cscore_data.training.named_recipes import RECIPES


@dataclass
@with_recipe_flags
@with_source_flags
class TrainHoldoutFlags:
    """Train models on random subsets of a data set and write a cube (ratio x run x example) of what
    each of them gets right. The same command resumes training after an interruption; with more
    --runs, it adds to what is there."""

    dataset: str = option("digits", f"data set: {describe_sources()}", type=path)
    out: Optional[str] = option(
        None,
        "the cube, a Zarr store: a path or a URL such as s3://... (default: NAME.zarr, NAME the "
        "data set's)",
        type=path,
    )
    ratios: list[float] = option(
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        "subset ratios, each between 0 and 1",
        nargs="+",
        type=float,
        metavar="RATIO",
    )
    runs: int = option(
        200, "models at each ratio; of a cube that has more, the first so many are trained"
    )
    runs_per_chunk: Optional[int] = option(
        None,
        "runs that are stored together, and lost together in a crash (default: 24, with "
        "--until 12, or --lanes if that is more)",
    )
    seed: int = option(0, "seed of subsets, initial weights and batch order")
    subsets: Optional[str] = option(
        None,
        "; ".join(f"{name}: {design.meaning}" for name, design in DESIGNS.items())
        + " (default: balanced, or what the cube has)",
        choices=tuple(DESIGNS),
    )
    group_duplicates: bool = option(
        False,
        "train on exact copies together or hold them out together: a model that was trained on the "
        "copy of an example knows the example (default: what the cube has)",
    )
    record: Optional[str] = option(
        None,
        "what the cube keeps of each model and example: correct: whether the model is right; "
        "margin: also log p/(1-p) of the label's probability p, and the class that the model gives "
        "(default: margin, or what the cube has)",
        choices=("correct", "margin"),
    )
    test: bool = option(
        False,
        "also record what each model makes of the data set's test split, from which follow test "
        "accuracies and influences: of the named sets besides digits, x_test and y_test of an npz "
        "file, test next to train in a folder (default: what the cube has)",
    )
    until: Optional[float] = option(
        None,
        "stop when C-scores are this reliable, such as 0.95: the Pearson correlation expected with "
        "those of a repetition of the study; --runs is then the most, and a block of "
        "--runs-per-chunk is added at a time; balanced subsets at the default ratios take two "
        "blocks of 12 at the least (default: train all --runs)",
        metavar="RELIABILITY",
    )
    until_score: Optional[str] = option(
        None,
        "the score that --until is about: a statistic of examples such as margin or soft_cscore "
        "(default: cscore)",
        metavar="SCORE",
    )
    recipe: Optional[str] = option(
        None,
        "how a model is trained; the flags below change parts of it: digits; mnist-demo: the "
        "authors' demo; mnist-paper, cifar10-paper, cifar100-paper: the paper's settings; "
        "cifar-fast: a small convolutional network for colour images, a few seconds per model on a "
        "GPU; features: for rows of numbers, such as tables, embeddings and texts (default: digits "
        "for digits, cifar-fast for cifar10 and cifar100, features for rows of numbers, mnist-demo "
        "for other images; --dry-run shows it in full)",
        choices=RECIPES,
    )

    # Here `with_recipe_flags` adds a flag for each field of `training.recipe.Recipe`: --model,
    # --hidden, --learning-rate, … --precision. `changed_recipe` reads them.

    lanes: Optional[int] = option(
        None,
        "models trained side by side (default: 100 per GPU, 6 per core of a CPU, or one "
        "per core for large and for convolutional networks; at most the runs stored together)",
    )
    shard: str = option(
        "1/1", "fill part K of M of the cube, while other processes fill the others", metavar="K/M"
    )
    engine: str = option(
        "local",
        "local: this process trains; dask: the workers of a dask.distributed cluster do",
        choices=("local", "dask"),
    )
    scheduler: Optional[str] = option(
        None,
        "address of the cluster's scheduler (default: a cluster of processes on this machine)",
        metavar="ADDRESS",
    )
    workers: Optional[int] = option(
        None,
        "processes of a cluster on this machine, each with one of the GPUs if there are any "
        "(default: 2)",
    )
    worker_timeout: Optional[int] = option(
        None,
        "with --engine dask: when the cluster has no worker, stop after waiting this long for one; "
        "nothing is written before the first is there (default: 600)",
        metavar="SECONDS",
    )
    no_fsync: bool = option(
        False,
        "do not wait until the data is on the disk itself: faster, and safe as long as the machine "
        "keeps running; after a power cut, run verify-cube --repair first (default: wait)",
    )
    storage_option: Optional[list[str]] = storage_option()
    overwrite: bool = option(
        False,
        "throw away the cube that is there and start again, each time that the command is run",
    )
    dry_run: bool = option(
        False,
        "print what would be trained, its size on disk and how long it takes; write nothing",
    )
    progress: bool = option(False, "show the progress bar even when not on a terminal")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run(
        "train-holdout",
        TrainHoldoutFlags,
        job,
        argv,
        interrupted=after_interruption,
    )


def job(flags: TrainHoldoutFlags, invocation: Invocation) -> None:
    """Train the study that the flags describe, or print what that would take."""
    from cscore_data.cli.jobs.train_holdout import train_or_estimate

    train_or_estimate(flags, invocation)


def after_interruption(flags: TrainHoldoutFlags) -> str:
    """What became of the work, and how to continue."""
    if flags.dry_run:
        return "nothing was written"
    if not may_have_cube(flags):
        return "nothing was trained yet, and no cube was made"
    same = "the same command without --overwrite" if flags.overwrite else "the same command"
    return f"what was trained is in the cube, and {same} resumes"


def may_have_cube(flags: TrainHoldoutFlags) -> bool:
    """Whether there is a cube by now; of one at a URL, which may not answer, this is not asked."""
    from cscore_data.cli.jobs.train_holdout import default_path

    path = flags.out or default_path(flags.dataset)
    return not is_local(path) or plain_path(path).exists()


if __name__ == "__main__":
    sys.exit(main())
