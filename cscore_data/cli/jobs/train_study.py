"""Train a study with a progress bar, and report what its models reached; needs jax."""

import bisect
import time
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from cscore_data.cli.output import progress_bar, table
from cscore_data.cli.run import Invocation
from cscore_data.design.plan import Plan
from cscore_data.scores.reduce import held_out_accuracy
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import WHOLE, Shard
from cscore_data.studies.cluster import check_cluster, train_on_cluster
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study

if TYPE_CHECKING:
    from cscore_data.cli.train_holdout import TrainHoldoutFlags

#: The share of examples without a C-score from which on it is worth a line.
_NOTABLE_SHARE = 0.005


def train_study(study: Study, flags: "TrainHoldoutFlags", invocation: Invocation) -> None:
    """Train what the study's cube lacks."""
    # An impossible cluster is refused before there is a cube.
    if flags.engine == "dask":
        check_cluster(flags.scheduler, flags.workers)
    cube = open_study(study, command=invocation.history_line(), overwrite=flags.overwrite)
    pending = missing_runs(cube, study.shard)
    describe_study(study, pending)

    began = time.perf_counter()
    trained = train_models(study, cube, flags, pending)
    seconds = time.perf_counter() - began

    print(accuracy_table(cube.dataset))
    print_end(cube, trained, seconds, invocation)


def missing_runs(cube: Cube, shard: Shard) -> int:
    """The number of runs, over all ratios, that a shard of the cube lacks."""
    return sum(len(piece.pending) for piece in cube.pieces(shard))


def describe_study(study: Study, pending: int) -> None:
    """Print the size of the study, and whether its runs are enough for a C-score of each example.

    Parameters
    ----------
    study : Study
    pending : int
        The number of models to train.
    """
    examples = study.examples
    print(
        f"{examples.name}: {len(examples)} examples, {len(examples.classes)} classes; "
        f"{len(study.plan.ratios)} ratios x {study.runs} runs, {pending} models to train"
    )
    without_score = study.plan.share_never_held_out(study.runs)
    if without_score >= _NOTABLE_SHARE:
        enough = enough_runs(study.plan, study.runs)
        print(
            f"with {study.runs} runs about {without_score:.0%} of the examples are held out by "
            f"none of them at some ratio, and get no C-score; {enough} runs would do"
        )


def enough_runs(plan: Plan, runs: int) -> int:
    """The smallest number of runs, from `runs` on, that leaves few examples without a C-score."""
    candidates = range(runs, 10**9)
    place = bisect.bisect_left(
        candidates,
        True,
        key=lambda count: plan.share_never_held_out(count) < _NOTABLE_SHARE,
    )
    return candidates[place]


def train_models(study: Study, cube: Cube, flags: "TrainHoldoutFlags", pending: int) -> int:
    """Train by the engine that the flags name; returns the number of models trained."""
    fsync = not flags.no_fsync
    with progress_bar(pending, shown=flags.progress) as report:
        if flags.engine == "local":
            return train_pending(study, cube, fsync=fsync, on_progress=report)
        return train_on_cluster(
            study,
            cube,
            scheduler=flags.scheduler,
            workers=flags.workers,
            fsync=fsync,
            on_progress=report,
        )


def accuracy_table(dataset: xr.Dataset) -> str:
    """Held-out accuracy at each ratio of a cube, with a remark where it is near chance."""
    _, class_sizes = np.unique(dataset["label"].values, return_counts=True)
    chance = class_sizes.max() / dataset.sizes["example"]
    # A tenth of the way from chance to 1: 0.19 for ten classes, 0.55 for two.
    near_chance = chance + 0.1 * (1 - chance)

    rows = []
    runs = dataset["done"].sum("run").values
    accuracies = held_out_accuracy(dataset).values
    for ratio, count, accuracy in zip(dataset["ratio"].values, runs, accuracies, strict=True):
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
        # Of one shard alone, too: another process may be training them at this moment.
        following = (
            f"{missing} runs are still missing: other shards or processes train them, or they "
            "diverged"
        )
    else:
        following = f"Next: {invocation.typed('reduce-cscores')} {cube.path}"
    print(f"Cube: {cube.path} ({outcome}). {following}")
