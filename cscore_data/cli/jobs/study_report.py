"""What ``train-holdout`` prints: the size of a study before it, and what it reached after it."""

import bisect
import math

import numpy as np
import xarray as xr

from cscore_data.cli.output import table
from cscore_data.cli.run import Invocation
from cscore_data.design.plan import Plan
from cscore_data.scores.reduce import held_out_accuracy
from cscore_data.scores.reliability import runs_for
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import WHOLE, Shard
from cscore_data.studies.study import Study
from cscore_data.studies.until import Reached

#: The share of examples without a C-score from which on it is worth a line.
_NOTABLE_SHARE = 0.005

#: Nobody trains more models than this at each ratio.
_MOST_RUNS = 10**9


def count_missing_runs(cube: Cube, shard: Shard) -> int:
    """The number of runs, over all ratios, that a shard of the cube lacks."""
    return sum(len(piece.pending) for piece in cube.pieces(shard))


def print_study(study: Study, models_to_train: int) -> None:
    """Print the size of the study, and whether its runs are enough for a C-score of each example.

    Parameters
    ----------
    study : Study
    models_to_train : int
        Over all ratios.
    """
    examples = study.examples
    print(
        f"{examples.name}: {len(examples)} examples, {len(examples.classes)} classes; "
        f"{len(study.plan.ratios)} ratios x {study.runs} runs, {models_to_train} models to train"
    )
    without_score = study.plan.share_never_held_out(study.runs)
    if without_score >= _NOTABLE_SHARE:
        print(
            f"with {study.runs} runs about {without_score:.0%} of the examples are held out by "
            f"none of them at some ratio, and get no C-score; {advice(study.plan, study.runs)}"
        )


def advice(plan: Plan, runs: int) -> str:
    """The clause that says how many runs would give almost every example a C-score.

    Examples
    --------
    >>> advice(Plan(1000, ratios=(0.5,)), runs=2)
    '8 runs would do'
    """
    enough = enough_runs(plan, runs)
    if enough is None:
        return f"not even {_MOST_RUNS:,} runs would do, so use smaller --ratios"
    return f"{enough} runs would do"


def enough_runs(plan: Plan, runs: int) -> int | None:
    """The smallest number of runs, from `runs` on, that leaves few examples without a C-score.

    Returns
    -------
    int or None
        None if no number of runs is enough.
    """
    candidates = range(runs, _MOST_RUNS + 1)
    # With more runs, fewer examples are never held out. So the numbers of runs that are too small
    # come first, and along the candidates the answers are False, …, False, True, …, True: sorted,
    # as bisection needs them. It finds the place of the first True, which is the end if none is.
    place = bisect.bisect_left(
        candidates,
        True,
        key=lambda count: plan.share_never_held_out(count) < _NOTABLE_SHARE,
    )
    if place == len(candidates):
        return None
    return candidates[place]


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


def aim_report(reached: Reached, aim: float) -> str:
    """Whether the reliability that was aimed at is reached, or what it would take."""
    runs = reached.cube.dataset.sizes["run"]
    found = reached.reliability
    if math.isnan(found):
        return f"reliability: cannot be told yet from {runs} runs of this shard"
    line = f"reliability: {found:.3f} with {runs} runs at each ratio, aim {aim:g}"
    if found >= aim:
        return f"{line}: reached"
    if found > 0:
        return f"{line}; by extrapolation about {runs_for(found, runs, aim)} runs would do"
    return f"{line}; these scores are mostly chance"


def print_end(cube: Cube, models_trained: int, seconds: float, invocation: Invocation) -> None:
    """Print the last line: what was written, and what to do next."""
    if models_trained:
        rate = models_trained / seconds
        outcome = f"{models_trained} models trained, {rate:.3g} per second"
    else:
        outcome = "it was complete already"
    missing_runs = count_missing_runs(cube, WHOLE)
    if missing_runs:
        # Of one shard alone, too: another process may be training them at this moment.
        following = (
            f"{missing_runs} runs are still missing: other shards or processes train them, or they "
            "diverged"
        )
    else:
        following = f"Next: {invocation.typed('reduce-cscores')} {cube.path}"
    print(f"Cube: {cube.path} ({outcome}). {following}")
