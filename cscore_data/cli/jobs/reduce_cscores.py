"""What ``reduce-cscores`` does: reduce a cube, write the scores, print a summary."""

from pathlib import Path
from typing import TYPE_CHECKING

import dask
import dask.threaded
import numpy as np
import xarray as xr

from cscore_data.cli.jobs.class_labels import label_texts, names_by_label
from cscore_data.cli.jobs.destinations import (
    check_new_folder,
    check_outside,
    check_writable,
    name_of_store,
)
from cscore_data.cli.jobs.influence_report import check_choice, parse_influence, write_influence
from cscore_data.cli.jobs.plot_cscores import draw
from cscore_data.cli.jobs.pred_probs import (
    check_pred_probs,
    classes_file,
    export_pred_probs,
)
from cscore_data.cli.jobs.reduction_notes import missing_lines, reliability_line
from cscore_data.cli.output import printable, table
from cscore_data.cli.run import Invocation
from cscore_data.data.plurals import counted
from cscore_data.errors import IncompleteCubeError, InvalidInputError
from cscore_data.figures.files import check_suffix as check_figure_suffix
from cscore_data.scores.bootstrap import bootstrap
from cscore_data.scores.data_card import check_card, write_card
from cscore_data.scores.exports import check_suffix, export_scores
from cscore_data.scores.files import check_destination, save_scores
from cscore_data.scores.influence_files import check_place
from cscore_data.scores.reduce import inherited_attrs, reduce_cube
from cscore_data.storage.cube import Cube
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.metadata_checks import metadata_remark

if TYPE_CHECKING:
    from cscore_data.cli.reduce_cscores import ReduceCscoresFlags

#: How many of the lowest scores the summary shows.
_LOWEST = 10


def reduce_cscores(flags: "ReduceCscoresFlags", invocation: Invocation) -> None:
    """Reduce a cube to scores, and write them in the forms that the flags name."""
    # Else dask imports distributed, where it is installed, to look for a cluster: 0.4 s.
    with dask.config.set(scheduler=dask.threaded.get):
        reduce_with_threads(flags, invocation)


def reduce_with_threads(flags: "ReduceCscoresFlags", invocation: Invocation) -> None:
    """Reduce a cube with the scheduler that is set."""
    out = flags.out or f"{name_of_store(flags.cube)}-cscores.zarr"
    set_storage_options(flags.storage_option or [], [flags.cube, out])
    cube = Cube.open(flags.cube)
    cube.require_consistent()
    check_flags(flags, out)
    dataset = cube.packed
    if flags.allow_incomplete:
        dataset = begun_ratios(dataset)
    else:
        cube.require_complete()
    scores = reduce_cube(dataset, statistics=flags.statistics)
    check_destination(scores, out, overwrite=flags.overwrite)
    if flags.export_pred_probs:
        check_pred_probs(flags.export_pred_probs, dataset)
    if flags.influence is not None:
        choice = parse_influence(flags.influence)
        check_choice(choice, dataset)
        study = None if flags.overwrite else inherited_attrs(dataset)
        check_place(influence_place(out), study)

    # Reduce.
    scores = scores.load()
    if flags.bootstrap is not None:
        intervals = bootstrap(dataset, resamples=flags.bootstrap)
        scores = scores.assign(intervals.data_vars)
    add_history(scores, invocation.history_line())

    # Write; the picture comes last, as it may need a data set that is elsewhere.
    save_scores(scores, out, overwrite=flags.overwrite)
    written = [out]
    if flags.export:
        written += write_exports(with_label_names(scores, dataset), flags)
    if flags.export_pred_probs:
        export_pred_probs(dataset, flags.export_pred_probs)
        written.append(flags.export_pred_probs)

    # Report.
    if flags.influence is not None:
        write_influence(dataset, choice, influence_place(out))
        written.append(influence_place(out))
    remark = metadata_remark(cube.folder, cube.dataset)
    if remark:
        print(remark)
    print_summary(dataset, scores)
    print(reliability_line(dataset))
    try:
        if flags.figure:
            draw(scores, "overview", None, flags.figure)
            written.append(flags.figure)
    finally:
        plot = invocation.line("plot-cscores", out, "--out", f"{name_of_store(out)}.png")
        print(printable(f"Scores: {', '.join(written)}. Next: {plot}"))


def write_exports(scores: xr.Dataset, flags: "ReduceCscoresFlags") -> list[str]:
    """Write the scores for other programs, and a data card if asked for; the files written."""
    export = str(flags.export)
    export_scores(scores, export)
    if not flags.card:
        return [export]
    return [export, str(write_card(scores, export, overwrite=flags.overwrite))]


def influence_place(out: str) -> str:
    """Where influences are written, next to the scores."""
    return f"{out.rstrip('/').removesuffix('.zarr').removesuffix('-cscores')}-influence.zarr"


def check_flags(flags: "ReduceCscoresFlags", out: str) -> None:
    """Check the names of all outputs, and numbers, before anything is computed."""
    if flags.bootstrap is not None and flags.bootstrap < 2:
        raise InvalidInputError(f"bootstrap: found {flags.bootstrap}, expected at least 2")
    if flags.export:
        check_suffix(flags.export)
    if flags.figure:
        check_figure_suffix(flags.figure)
    files = [flags.export, flags.figure, flags.export_pred_probs]
    wanted = [file for file in files if file]
    if flags.card:
        wanted.append(str(check_card(flags.export, overwrite=flags.overwrite)))
    if flags.export_pred_probs:
        wanted.append(str(classes_file(Path(flags.export_pred_probs))))
    check_outside(flags.cube, [out, *wanted])
    check_new_folder(out)
    for file in wanted:
        check_writable(file)


def with_label_names(scores: xr.Dataset, cube: xr.Dataset) -> xr.Dataset:
    """The scores with the name of each example's class, for tables, if the cube knows it."""
    if "class_name" not in cube.coords:
        return scores
    place = np.searchsorted(cube["class"].values, scores["label"].values)
    return scores.assign_coords(label_name=("example", cube["class_name"].values[place]))


def begun_ratios(dataset: xr.Dataset) -> xr.Dataset:
    """A cube's dataset without ratios at which no run is done: no example would have a C-score.

    Raises
    ------
    IncompleteCubeError
        If no run is done at all.
    """
    begun = dataset["done"].any("run").values
    if not begun.any():
        raise IncompleteCubeError(
            "the cube has no run that is done; run train-holdout again with the same flags"
        )
    if not begun.all():
        left_out = ", ".join(map(str, dataset["ratio"].values[~begun]))
        print(f"left out, no run is done: ratio {left_out}")
    return dataset.isel(ratio=begun)


def add_history(scores: xr.Dataset, line: str) -> None:
    """Add a line to what the cube says of its own making."""
    before = scores.attrs.get("history")
    scores.attrs["history"] = f"{before}\n{line}" if before else line


def print_summary(dataset: xr.Dataset, scores: xr.Dataset) -> None:
    """Print how many scores there are, their mean, and the lowest."""
    score = scores["cscore"]
    known = score.dropna("example")
    name = dataset.attrs.get("dataset", "data set")
    runs = counted(int(dataset["done"].sum()), "run")
    ratios = counted(dataset.sizes["ratio"], "ratio")
    print(printable(f"{name}: {score.size} examples, {runs} at {ratios}"))

    for line in missing_lines(scores):
        print(line)
    if known.size:
        mean = float(known.mean())
        below = float((known < 0.5).mean())
        print(f"C-score: mean {mean:.4f}, {below:.2%} below 0.5")
        print(lowest_table(scores.isel(example=score.notnull().values)))


def lowest_table(scores: xr.Dataset) -> str:
    """The examples with the lowest scores, and how many more have the score of the last of them."""
    lowest = scores.sortby("cscore").isel(example=slice(_LOWEST))
    last = lowest["cscore"].values[-1]
    ties = np.count_nonzero(scores["cscore"] == last) - np.count_nonzero(lowest["cscore"] == last)

    labels = label_texts(lowest["label"].values, names_by_label(scores))
    header = ["the ten lowest: example", "label", "C-score", "+- standard error"]
    if ties:
        header[-1] += f"  ({ties} more tie with the last of them)"
    rows = []
    for place in range(lowest.sizes["example"]):
        row = lowest.isel(example=place)
        example = str(int(row["example"]))
        stderr = ""
        if "cscore_stderr" in row:
            error = float(row["cscore_stderr"])
            stderr = "unknown" if np.isnan(error) else f"+- {error:.4f}"
        rows.append([example, labels[place], f"{float(row['cscore']):.4f}", stderr])
    return table(header, rows, align=">>><")
