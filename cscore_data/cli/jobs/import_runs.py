"""What ``import-runs`` does: open the runs, import what the cube lacks, verify it, report."""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from cscore_data.cli.jobs.destinations import check_new_folder
from cscore_data.cli.output import printable, progress_bar, table
from cscore_data.cli.run import Invocation
from cscore_data.cli.source_flags import print_notes
from cscore_data.data.label_files import read_labels
from cscore_data.data.labels import Labels, as_labels
from cscore_data.data.options import LoadOptions
from cscore_data.data.plurals import counted
from cscore_data.data.sources import load_examples
from cscore_data.data.split import load_test_split
from cscore_data.errors import InvalidInputError
from cscore_data.importers.filling import fill, open_destination, verify_imported
from cscore_data.importers.registry import open_runs
from cscore_data.importers.runs import KnownExamples, Runs
from cscore_data.scores.counts import COUNTS, counts
from cscore_data.storage.cube import Cube
from cscore_data.storage.folder import set_storage_options

if TYPE_CHECKING:
    from cscore_data.cli.import_runs import ImportRunsFlags

#: Flags that are options of importers, under the same name.
_OPTIONS = (
    "ratio",
    "runs",
    "order",
    "correct",
    "held_out",
    "train_mask",
    "train_index",
    "margin",
    "logits",
    "prediction",
)


def import_runs(flags: "ImportRunsFlags", invocation: Invocation) -> None:
    """Import the runs that a cube lacks.

    Raises
    ------
    CscoreDataError
        If the source cannot be read, the cube cannot be written, or a run is not sound.
    """
    set_storage_options(flags.storage_option or [], [flags.out])
    check_new_folder(flags.out)
    examples = known_examples(flags)
    runs = open_runs(flags.format, flags.source, examples, **importer_options(flags))
    for note in runs.notes:
        print(printable(f"note: {note}"))
    cube = open_destination(
        runs,
        flags.out,
        history=invocation.history_line(),
        runs_per_chunk=flags.runs_per_chunk,
        overwrite=flags.overwrite,
    )
    pending = pending_runs(cube, runs)
    print(
        f"{flags.format}: {counted(len(runs.ratios), 'ratio')} x {counted(max(runs.counts), 'run')}"
        f", {cube.dataset.sizes['example']} examples; {counted(pending, 'run')} to import"
    )
    with progress_bar(pending, shown=flags.progress, unit="runs") as report:
        imported = fill(
            runs,
            cube,
            fsync=not flags.no_fsync,
            on_progress=lambda count: report(count, count / max(pending, 1)),
        )
    verify_imported(cube)
    print(accuracies(cube.dataset))
    missing = sum(len(piece.pending) for piece in cube.pieces())
    if missing:
        print(
            f"note: {counted(missing, 'run')} missing: ratios have different numbers of runs, or "
            "some are not there; reduce-cscores takes the cube with --allow-incomplete"
        )
    imported.raise_refused()
    done = f"{counted(imported.runs, 'run')} imported, every run verified"
    following = invocation.line("reduce-cscores", flags.out)
    print(printable(f"Cube: {flags.out} ({done}). Next: {following}"))


def known_examples(flags: "ImportRunsFlags") -> KnownExamples:
    """What the flags say of the examples."""
    test_label = None
    if flags.test_labels is not None:
        test_label = labels_of(flags.test_labels).label
    if flags.dataset is None:
        if flags.test:
            raise InvalidInputError(
                "test: found without --dataset, whose test split it means; add that, or give "
                "--test-labels"
            )
        if flags.labels is None:
            return KnownExamples(test_label=test_label)
        labels = labels_of(flags.labels)
        return KnownExamples(labels.label, test_label, class_names=labels.class_names)
    loaded = load_examples(flags.dataset, LoadOptions(labels=flags.labels))
    print_notes(loaded)
    if flags.test and test_label is None:
        test_label = load_test_split(loaded).label
    attrs = {
        "title": f"Imported runs on {loaded.name}",
        "dataset": loaded.name,
        "dataset_options": loaded.options.to_json(),
        "example_order": loaded.order,
        "example_digest": loaded.digest(),
    }
    return KnownExamples(loaded.label, test_label, loaded.filename, loaded.class_names, attrs)


def labels_of(source: str) -> Labels:
    """The labels in a file, in the order of the examples."""
    found = read_labels(source)
    labels = as_labels(source, found.label)
    return labels._replace(label=labels.label[found.rows(len(labels.label))])


def importer_options(flags: "ImportRunsFlags") -> dict[str, Any]:
    """The options of the importer that are given."""
    options = {name: getattr(flags, name) for name in _OPTIONS if getattr(flags, name) is not None}
    if flags.drawn:
        options["is_drawn"] = True
    return options


def pending_runs(cube: Cube, runs: Runs) -> int:
    """How many runs the cube lacks of those that there may be."""
    pending = 0
    for piece in cube.pieces():
        pending += sum(1 for run in piece.pending if run < runs.counts[piece.index])
    return pending


def accuracies(cube: xr.Dataset) -> str:
    """A table of the runs at each ratio, and how much they get right, held out and trained on.

    Labels or masks that do not belong to the runs show here at once.
    """
    total = counts(cube, names=list(COUNTS)).sum("example").compute()
    columns = {}
    for kind in ("held_out", "trained_on"):
        columns[kind] = (total[f"{kind}_correct"] / total[kind].where(total[kind] > 0)).values
    header = ["ratio", " runs", "held-out accuracy", "training accuracy"]
    if "test_correct" in cube:
        columns["test"] = test_accuracy(cube)
        header.append("test accuracy")
    done = cube["done"].sum("run").values
    rows = []
    for index, ratio in enumerate(cube["ratio"].values):
        shown = [f"{column[index]:.4f}" for column in columns.values()]
        rows.append([f"{ratio:g}", str(done[index]), *shown])
    return table(header, rows, align="<" + ">" * (len(header) - 1))


def test_accuracy(cube: xr.Dataset) -> np.ndarray:
    """The share of test examples that runs get right: float (ratio,)."""
    right = cube["test_correct"].sum(("run", "test_example")).values
    runs = cube["done"].sum("run").values
    share: np.ndarray = right / np.where(runs, runs * cube.sizes["test_example"], np.nan)
    return share
