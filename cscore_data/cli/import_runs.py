"""``import-runs``: runs of other projects as a cube.

For example::

    import-runs lira experiments/ --out lira.zarr
    import-runs datamodels cifar/data --dataset cifar10 --out datamodels.zarr
    reduce-cscores lira.zarr
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.run import Invocation, run
from cscore_data.importers.formats import FORMATS


def _array(meaning: str, default: str) -> str:
    """The help text of a flag that names an array."""
    return (
        f"arrays: {meaning}: an array of the file or store, or FILE.npy or FILE.npz:KEY in the "
        f"folder, with * for a file per run (default: {default})"
    )


@dataclass
class ImportRunsFlags:
    """Make a cube of models that another project trained on subsets of a data set. The same
    command goes on after an interruption, and adds runs that have come since. Each run is checked;
    those that are not sound are left out and named."""

    format: str = argument(
        "format",
        "; ".join(f"{name}: {meaning}" for name, meaning in FORMATS.items()),
        choices=tuple(FORMATS),
    )
    source: str = argument("source", "where the runs are", type=path)
    out: str = option("imported.zarr", "the cube, a Zarr store: a path or a URL", type=path)
    dataset: Optional[str] = option(
        None,
        "the data set that the runs were trained on, as train-holdout takes it: its labels, names "
        "and digest go into the cube (default: none; labels are enough)",
        type=path,
    )
    labels: Optional[str] = option(
        None,
        "labels of the examples in original order: an npy, npz, csv or pt file, and which of its "
        "arrays or columns (default: the data set's, or the source's own)",
        type=path,
        metavar="FILE[:KEY]",
    )
    test: bool = option(
        False, "import results on the data set's test split, too (default: leave them out)"
    )
    test_labels: Optional[str] = option(
        None,
        "labels of the test examples, if results on them are to be imported without --dataset "
        "(default: none)",
        type=path,
        metavar="FILE[:KEY]",
    )
    ratio: Optional[list[float]] = option(
        None,
        "lira, arrays: the subset ratio, which sizes of the subsets must fit (default: found from "
        "them); other formats: only these ratios (default: all)",
        nargs="+",
        type=float,
        metavar="RATIO",
    )
    runs: Optional[int] = option(None, "only so many runs at each ratio, the first (default: all)")
    order: Optional[str] = option(
        None,
        "order of the examples in the source: original, or tfds, that of TensorFlow Datasets, "
        "which is turned into the original one (default: original; heldout-influence: tfds for "
        "CIFAR and MNIST; lira: found from the labels)",
        choices=("original", "tfds"),
    )
    drawn: bool = option(
        False,
        "arrays: each example was drawn by itself, so that sizes of subsets vary by chance, as "
        "those of lira do (default: all have one size)",
    )
    correct: Optional[str] = option(
        None, _array("what each run gets right", "correct, or from what follows"), metavar="ARRAY"
    )
    held_out: Optional[str] = option(
        None, _array("what each run was not trained on", "held_out"), metavar="ARRAY"
    )
    train_mask: Optional[str] = option(
        None, _array("what it was trained on", "train_mask"), metavar="ARRAY"
    )
    train_index: Optional[str] = option(
        None, _array("the same as indices", "train_index"), metavar="ARRAY"
    )
    margin: Optional[str] = option(
        None, _array("margins log p/(1-p) of the label", "margin"), metavar="ARRAY"
    )
    logits: Optional[str] = option(None, _array("logits of each class", "logits"), metavar="ARRAY")
    prediction: Optional[str] = option(
        None, _array("the label that the run gives", "prediction"), metavar="ARRAY"
    )
    runs_per_chunk: int = option(24, "runs that are stored together in a new cube")
    no_fsync: bool = option(
        False, "do not wait until the data is on the disk itself (default: wait)"
    )
    overwrite: bool = option(False, "throw away the cube that is there and start again")
    progress: bool = option(False, "show the progress bar even when not on a terminal")
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("import-runs", ImportRunsFlags, job, argv, interrupted=after_interruption)


def job(flags: ImportRunsFlags, invocation: Invocation) -> None:
    """Import what the cube lacks."""
    from cscore_data.cli.jobs.import_runs import import_runs

    import_runs(flags, invocation)


def after_interruption(flags: ImportRunsFlags) -> str:
    """What became of the work, and how to continue."""
    same = "the same command without --overwrite" if flags.overwrite else "the same command"
    return f"what was read is in {flags.out}, and {same} goes on"


if __name__ == "__main__":
    sys.exit(main())
