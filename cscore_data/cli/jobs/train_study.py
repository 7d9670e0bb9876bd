"""Train a study with a progress bar, and report what its models reached; needs jax."""

import time

import numpy as np
import xarray as xr

from cscore_data.cli.invocation import Invocation
from cscore_data.cli.jobs.describe_study import describe_study
from cscore_data.cli.progress import progress_bar
from cscore_data.cli.report import table
from cscore_data.cli.train_holdout import Config
from cscore_data.scores.reduce import held_out_accuracy
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import WHOLE, Shard
from cscore_data.studies.cluster import check_cluster, train_on_cluster
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study


def train_study(study: Study, config: Config, invocation: Invocation) -> None:
    """Train what the study's cube lacks."""
    # An impossible cluster is refused before there is a cube.
    if config.engine == "dask":
        check_cluster(config.scheduler, config.workers)
    cube = open_study(study, command=invocation.history_line(), overwrite=config.overwrite)
    pending = missing_runs(cube, study.shard)
    describe_study(study, pending)

    began = time.perf_counter()
    trained = train_models(study, cube, config, pending)
    seconds = time.perf_counter() - began

    print(accuracy_table(cube.dataset))
    print_end(cube, trained, seconds, invocation)


def train_models(study: Study, cube: Cube, config: Config, pending: int) -> int:
    """Train by the engine that the flags name; returns the number of models trained."""
    fsync = not config.no_fsync
    with progress_bar(pending, shown=config.progress) as report:
        if config.engine == "local":
            return train_pending(study, cube, fsync=fsync, on_progress=report)
        return train_on_cluster(
            study,
            cube,
            scheduler=config.scheduler,
            workers=config.workers,
            fsync=fsync,
            on_progress=report,
        )


def missing_runs(cube: Cube, shard: Shard) -> int:
    """The number of runs, over all ratios, that a shard of the cube lacks."""
    return sum(len(piece.pending) for piece in cube.pieces(shard))


def accuracy_table(cube: xr.Dataset) -> str:
    """Held-out accuracy at each ratio, with a remark where it is near chance."""
    _, class_sizes = np.unique(cube["label"].values, return_counts=True)
    chance = class_sizes.max() / cube.sizes["example"]
    # A tenth of the way from chance to 1: 0.19 for ten classes, 0.55 for two.
    near_chance = chance + 0.1 * (1 - chance)

    rows = []
    runs = cube["done"].sum("run").values
    accuracies = held_out_accuracy(cube).values
    for ratio, count, accuracy in zip(cube["ratio"].values, runs, accuracies, strict=True):
        text = f"{accuracy:.4f}"
        if accuracy < near_chance:
            text += f"  near chance ({chance:.2f}): try more --steps, or another --learning-rate"
        rows.append([f"{ratio:g}", str(count), text])
    return table(["ratio", " runs", "held-out accuracy"], rows, align="<><")


def print_end(cube: Cube, trained: int, seconds: float, invocation: Invocation) -> None:
    """Print the last line: what was written, and what to do next."""
    if trained:
        outcome = f"{trained} models trained, {trained / seconds:.3g} per second"
    else:
        outcome = "it was complete already"
    missing = missing_runs(cube, WHOLE)
    if missing:
        following = f"{missing} runs of other shards are still missing"
    else:
        following = f"Next: {invocation.typed('reduce-cscores')} {cube.path}"
    print(f"Cube: {cube.path} ({outcome}). {following}")
