"""What ``reduce-cscores`` does: reduce a cube, write the scores, print a summary."""

from pathlib import PurePath

import numpy as np
import xarray as xr

from cscore_data.cli.invocation import Invocation
from cscore_data.cli.jobs.plot_cscores import draw
from cscore_data.cli.reduce_cscores import Config
from cscore_data.cli.report import table
from cscore_data.errors import IncompleteCubeError
from cscore_data.figures.files import check_suffix as check_figure_suffix
from cscore_data.scores.files import check_suffix, export_scores, save_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.cube import open_cube
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.pieces import require_complete

#: How many of the lowest scores the summary shows.
_LOWEST = 10


def job(config: Config, invocation: Invocation) -> None:
    """Reduce a cube to scores, and write them in the forms that the flags name."""
    name = PurePath(config.cube).with_suffix("").name
    out = config.out or f"{name}-cscores.zarr"
    set_storage_options(config.storage_option or [], [config.cube, out])
    cube = open_cube(config.cube)
    if config.export:
        check_suffix(config.export)
    if config.figure:
        check_figure_suffix(config.figure)

    # Reduce.
    if config.allow_incomplete:
        cube = begun_ratios(cube)
    else:
        require_complete(cube)
    scores = reduce_cube(cube).load()
    add_history(scores, invocation.history_line())

    # Write.
    if config.figure:
        draw(scores, "overview", None, config.figure)
    if config.export:
        export_scores(scores, config.export)
    save_scores(scores, out)

    # Report.
    print_summary(cube, scores)
    written = [file for file in (out, config.export, config.figure) if file]
    picture = PurePath(out).with_suffix(".png").name
    plot = invocation.typed("plot-cscores")
    print(f"Scores: {', '.join(written)}. Next: {plot} {out} --out {picture}")


def begun_ratios(cube: xr.Dataset) -> xr.Dataset:
    """The cube without ratios at which no run is done, where no example would have a C-score.

    Raises
    ------
    IncompleteCubeError
        If no run is done at all.
    """
    begun = cube["done"].any("run").values
    if not begun.any():
        raise IncompleteCubeError(
            "the cube has no run that is done; run train-holdout again with the same flags"
        )
    if not begun.all():
        left_out = ", ".join(map(str, cube["ratio"].values[~begun]))
        print(f"left out, no run is done: ratio {left_out}")
    return cube.isel(ratio=begun)


def add_history(scores: xr.Dataset, line: str) -> None:
    """Add a line to what the cube says of its own making."""
    before = scores.attrs.get("history")
    scores.attrs["history"] = f"{before}\n{line}" if before else line


def print_summary(cube: xr.Dataset, scores: xr.Dataset) -> None:
    """Print how many scores there are, their mean, and the lowest."""
    score = scores["cscore"]
    known = score.dropna("example")
    dataset = cube.attrs.get("dataset", "data set")
    runs = int(cube["done"].sum())
    print(f"{dataset}: {score.size} examples, {runs} runs at {cube.sizes['ratio']} ratios")

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
