"""What ``train-holdout`` prints: the size of a study before it, and what it reached after it."""

import bisect
import math

import numpy as np
import xarray as xr

from cscore_data.cli.output import printable, table
from cscore_data.cli.run import Invocation
from cscore_data.data.plurals import counted
from cscore_data.design.plan import Plan
from cscore_data.scores.counts import COUNTS, counts
from cscore_data.scores.reliability import runs_for
from cscore_data.scores.run_blocks import block_length
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece
from cscore_data.studies.study import MOST_RUNS, Study
from cscore_data.studies.until import Reached

#: The share of examples without a C-score from which on it is worth a line.
_NOTABLE_SHARE = 0.005

#: Shares below this one come from rounding.
_NO_SHARE = 1e-9

#: Reliabilities for which the output says how many runs they would take.
_HIGHER_AIMS = (0.9, 0.95, 0.98, 0.99, 0.999)


def count_runs(pieces: list[Piece]) -> int:
    """The number of runs that are missing in these pieces."""
    return sum(len(piece.pending) for piece in pieces)


def print_study(study: Study, models_to_train: int, *, at_most: bool = False) -> None:
    """Print the size of the study, and whether its runs are enough for a C-score of each example.

    Parameters
    ----------
    study : Study
    models_to_train : int
        Over all ratios.
    at_most : bool
        Training may end before all of them are trained.
    """
    examples = study.examples
    limit = "at most " if at_most else ""
    tested = f"{counted(study.test_size, 'test example')}; " if study.test is not None else ""
    ratios = counted(len(study.plan.ratios), "ratio")
    runs = counted(study.runs, "run")
    models = counted(models_to_train, "model")
    print(
        f"{printable(examples.name)}: {len(examples)} examples, {len(examples.classes)} classes; "
        f"{tested}{ratios} x {limit}{runs}, {limit}{models} to train"
    )
    without_score = study.plan.share_never_held_out(study.runs)
    if without_score >= _NOTABLE_SHARE:
        print(
            f"with {runs} at each ratio, about {without_score:.0%} of the examples are never held "
            f"out at some ratio and get no C-score; {advice(study.plan, study.runs)}"
        )


def advice(plan: Plan, runs: int) -> str:
    """The clause that says how many runs would give almost every example a C-score.

    Examples
    --------
    >>> advice(Plan(1000, ratios=(0.5,)), runs=2)
    '8 runs give one to more than 99.5% of them'
    >>> advice(Plan(1000, ratios=(0.5, 0.9), subsets="balanced"), runs=2)
    '10 runs give one to every example'
    """
    enough = enough_runs(plan, runs)
    if enough is None:
        return f"not even {MOST_RUNS:,} runs give one to almost all, so use smaller --ratios"
    if plan.share_never_held_out(enough) < _NO_SHARE:
        return f"{enough} runs give one to every example"
    return f"{enough} runs give one to more than {1 - _NOTABLE_SHARE:.1%} of them"


def enough_runs(plan: Plan, runs: int) -> int | None:
    """The smallest number of runs, from `runs` on, that leaves few examples without a C-score.

    Returns
    -------
    int or None
        None if no number of runs is enough.
    """
    candidates = range(runs, MOST_RUNS + 1)
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
    """Accuracy at each ratio of a cube, held out, trained on and tested; a remark near chance."""
    _, class_sizes = np.unique(dataset["label"].values, return_counts=True)
    chance = class_sizes.max() / dataset.sizes["example"]
    # A tenth of the way from chance to 1: 0.19 for ten classes, 0.55 for two.
    near_chance = chance + 0.1 * (1 - chance)

    runs = dataset["done"].sum("run").values
    # All from one pass over the cube.
    total = counts(dataset, names=list(COUNTS)).sum("example").compute()
    held_out = total["held_out_correct"] / total["held_out"].where(total["held_out"] > 0)
    trained_on = total["trained_on_correct"] / total["trained_on"].where(total["trained_on"] > 0)

    accuracies = {"held-out accuracy": held_out, "training accuracy": trained_on}
    if "test_correct" in dataset:
        accuracies["test accuracy"] = test_accuracy(dataset)

    rows = []
    for index, ratio in enumerate(dataset["ratio"].values):
        remark = ""
        if held_out[index] < near_chance:
            remark = f"near chance ({chance:.2f}): try more --steps, or another --learning-rate"
        shown = [f"{float(values[index]):.4f}" for values in accuracies.values()]
        rows.append([f"{ratio:g}", str(runs[index]), *shown, remark])
    header = ["ratio", " runs", *accuracies, ""]
    return table(header, rows, align=f"<>{'>' * len(accuracies)}<")


def test_accuracy(dataset: xr.Dataset) -> xr.DataArray:
    """Mean accuracy on the test split of the runs that are done: float (ratio,), NaN without any.

    Parameters
    ----------
    dataset : xarray.Dataset
        A cube with `test_correct`.
    """
    correct = dataset["test_correct"].sum(["run", "test_example"])
    cells = dataset["done"].sum("run") * dataset.sizes["test_example"]
    return (correct / cells.where(cells > 0)).compute()


def aim_report(reached: Reached, aim: float, score: str) -> str:
    """Whether the reliability that was aimed at is reached, and what a higher one would take.

    Parameters
    ----------
    reached : Reached
    aim : float
        The reliability that was aimed at.
    score : str
        The score that it is about.
    """
    runs = reached.runs
    if reached.missing:
        return (
            f"reliability: to be found by the shard that completes the first {runs} runs at each "
            f"ratio, of which {reached.missing} in all are left to others"
        )
    found = reached.reliability
    if math.isnan(found):
        return f"reliability: cannot be told from {runs} runs at each ratio{_needed(reached)}"
    line = (
        f"reliability (Pearson correlation of {score} expected with a repetition of the study): "
        f"{found:.3f} with {runs} runs at each ratio, aim {aim:g}"
    )
    if found >= aim:
        return f"{line}: reached{_next_aim(found, runs)}"
    if found > 0:
        return f"{line}; by extrapolation about {runs_for(found, runs, aim)} runs would do"
    return f"{line}; these scores are mostly chance"


def _needed(reached: Reached) -> str:
    """The clause that says from how many runs on reliability can be told, if that is the matter."""
    needed = 2 * block_length(reached.cube.dataset, runs=reached.runs)
    if reached.runs < needed:
        return f", expected at least {needed} to compare two halves"
    return ""


def _next_aim(found: float, runs: int) -> str:
    """The clause that says how many runs the next higher aim takes; empty if there is none."""
    for aim in _HIGHER_AIMS:
        if max(found, 0) < aim and found > 0:
            return f"; by extrapolation {aim:g} takes about {runs_for(found, runs, aim)} runs"
    return ""


def print_end(cube: Cube, models_trained: int, seconds: float, invocation: Invocation) -> None:
    """Print the last line: what was written, and what to do next."""
    if models_trained:
        rate = models_trained / seconds
        outcome = f"{counted(models_trained, 'model')} trained, {rate:.3g} per second"
    else:
        outcome = "it was complete already"
    missing_runs = count_runs(cube.pieces())
    if missing_runs:
        following = (
            f"{counted(missing_runs, 'run')} of the cube still missing: those of other shards or "
            "processes, beyond --runs, or that diverged"
        )
    else:
        following = f"Next: {invocation.line('reduce-cscores', cube.path)}"
    print(printable(f"Cube: {cube.path} ({outcome}). {following}"))
