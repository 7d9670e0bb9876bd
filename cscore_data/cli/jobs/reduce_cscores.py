"""What ``reduce-cscores`` does: reduce a cube, write the scores, print a summary."""

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from cscore_data.cli.jobs.plot_cscores import draw
from cscore_data.cli.output import table
from cscore_data.cli.run import Invocation
from cscore_data.errors import IncompleteCubeError, InvalidInputError, StoreError, reason
from cscore_data.figures.files import check_suffix as check_figure_suffix
from cscore_data.scores.bootstrap import bootstrap
from cscore_data.scores.files import check_suffix, export_scores, save_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.scores.reliability import reliability
from cscore_data.scores.votes import held_out_probability
from cscore_data.storage.cube import Cube
from cscore_data.storage.folder import require_local, set_storage_options

if TYPE_CHECKING:
    from cscore_data.cli.reduce_cscores import ReduceCscoresFlags

#: How many of the lowest scores the summary shows.
_LOWEST = 10


def reduce_cscores(flags: "ReduceCscoresFlags", invocation: Invocation) -> None:
    """Reduce a cube to scores, and write them in the forms that the flags name."""
    name = PurePath(flags.cube).stem or "cube"
    out = flags.out or f"{name}-cscores.zarr"
    set_storage_options(flags.storage_option or [], [flags.cube, out])
    cube = Cube.open(flags.cube)
    if flags.export:
        check_suffix(flags.export)
    if flags.figure:
        check_figure_suffix(flags.figure)
    if flags.export_pred_probs:
        check_pred_probs_suffix(flags.export_pred_probs)

    # Reduce.
    dataset = cube.dataset
    if flags.allow_incomplete:
        dataset = begun_ratios(dataset)
    else:
        cube.require_complete()
    scores = reduce_cube(dataset, statistics=flags.statistics).load()
    if flags.bootstrap is not None:
        intervals = bootstrap(dataset, resamples=flags.bootstrap)
        scores = scores.assign(intervals.data_vars)
    add_history(scores, invocation.history_line())

    # Write.
    if flags.figure:
        draw(scores, "overview", None, flags.figure)
    if flags.export:
        export_scores(scores, flags.export)
    if flags.export_pred_probs:
        export_pred_probs(dataset, flags.export_pred_probs)
    save_scores(scores, out)

    # Report.
    print_summary(dataset, scores)
    if "margin" in dataset:
        print(reliability_line(dataset))
    files = (out, flags.export, flags.figure, flags.export_pred_probs)
    written = [file for file in files if file]
    picture = PurePath(out).with_suffix(".png").name
    plot = invocation.typed("plot-cscores")
    print(f"Scores: {', '.join(written)}. Next: {plot} {out} --out {picture}")


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


def check_pred_probs_suffix(path: str) -> None:
    """Raise `InvalidInputError` unless predicted probabilities can be written to this file."""
    require_local(path, "export-pred-probs")
    if PurePath(path).suffix != ".npy":
        raise InvalidInputError(f"export-pred-probs: found {path!r}, expected FILE.npy")


def export_pred_probs(dataset: xr.Dataset, path: str) -> None:
    """Write the held-out votes as shares, float64 (example, class), and the classes beside them."""
    shares = held_out_probability(dataset).transpose("example", "class")
    names = dataset["class_name"] if "class_name" in dataset.coords else dataset["class"]
    try:
        np.save(path, shares.values, allow_pickle=False)
        classes = "\n".join(map(str, names.values))
        Path(path).with_suffix(".classes.txt").write_text(f"{classes}\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({reason(error)})") from error


def reliability_line(dataset: xr.Dataset) -> str:
    """How reliable the C-scores are, as far as halves of the runs can tell."""
    try:
        found = reliability(dataset)
    except InvalidInputError:
        return "reliability: too few runs to tell"
    return (
        f"reliability: scores of a repeated study would correlate with these {found.pearson:.3f} "
        f"(Spearman {found.spearman:.3f}), the truth {found.pearson_with_truth:.3f}"
    )


def add_history(scores: xr.Dataset, line: str) -> None:
    """Add a line to what the cube says of its own making."""
    before = scores.attrs.get("history")
    scores.attrs["history"] = f"{before}\n{line}" if before else line


def print_summary(dataset: xr.Dataset, scores: xr.Dataset) -> None:
    """Print how many scores there are, their mean, and the lowest."""
    score = scores["cscore"]
    known = score.dropna("example")
    name = dataset.attrs.get("dataset", "data set")
    runs = int(dataset["done"].sum())
    print(f"{name}: {score.size} examples, {runs} runs at {dataset.sizes['ratio']} ratios")

    unknown = score.size - known.size
    if unknown:
        print(
            f"no C-score: {unknown} examples, never held out at some ratio; more runs would fix "
            "that"
        )
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

    header = ["the ten lowest: example", "label", "C-score", "+- standard error"]
    if ties:
        header[-1] += f"  ({ties} more tie with the last of them)"
    rows = []
    for place in range(lowest.sizes["example"]):
        row = lowest.isel(example=place)
        example = str(int(row["example"]))
        label = str(int(row["label"]))
        stderr = f"+- {float(row['cscore_stderr']):.4f}"
        rows.append([example, label, f"{float(row['cscore']):.4f}", stderr])
    return table(header, rows, align=">>><")
