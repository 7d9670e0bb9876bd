"""How certain scores are after some runs: repeatability, and agreement with a reference.

Scores are computed from arrays here, with a mean over the ratios at which an example was held out,
so that designs can be compared that leave many examples without a value at some ratio.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

#: Reliabilities to reach, and agreements with a reference.
AIMS = (0.8, 0.9, 0.95, 0.98)

#: Pairs of groups of runs, whose mean correlation is taken.
_PAIRS = 6


class Cells(NamedTuple):
    """A cube in memory.

    Attributes
    ----------
    held_out : bool (ratio, run, example)
    value : dict of str to float32 (ratio, run, example)
        What is averaged, by the name of the score.
    block : int
        Runs that hold out all examples equally often.
    """

    held_out: np.ndarray
    value: dict[str, np.ndarray]
    block: int


def read_cells(cube: xr.Dataset, block: int) -> Cells:
    """The runs of a cube that are done at all ratios."""
    runs = np.flatnonzero(cube["done"].values.all(axis=0))
    part = cube.isel(run=runs)
    margin = part["margin"].values
    value = {
        "cscore": part["correct"].values.astype(np.float32),
        "soft_cscore": 1 / (1 + np.exp(-margin)),
        "margin": margin,
    }
    return Cells(part["held_out"].values, value, block)


def scores_of(cells: Cells, ratios: Sequence[int], runs: Sequence[int], score: str) -> np.ndarray:
    """Mean over the given ratios of the mean over held-out runs, float (example,)."""
    examples = cells.held_out.shape[-1]
    value = cells.value[score]
    total = np.zeros(examples)
    known = np.zeros(examples)
    for ratio in ratios:
        is_held_out = cells.held_out[ratio, runs]
        count = is_held_out.sum(axis=0)
        sums = np.where(is_held_out, value[ratio, runs], 0).sum(axis=0)
        has_value = count > 0
        total += np.divide(sums, count, out=np.zeros(examples), where=has_value)
        known += has_value
    nothing = np.full(examples, np.nan)
    return np.divide(total, known, out=nothing, where=known > 0)


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson correlation over the examples that have both."""
    known = np.isfinite(x) & np.isfinite(y)
    return float(np.corrcoef(x[known], y[known])[0, 1])


def pairs_of_groups(cells: Cells, runs: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of groups of so many runs, which share none and begin with whole blocks."""
    whole_blocks = cells.held_out.shape[1] // cells.block
    blocks = np.arange(whole_blocks * cells.block)
    blocks = blocks.reshape(whole_blocks, cells.block)
    random = np.random.default_rng(runs)
    half = whole_blocks // 2
    for _ in range(_PAIRS):
        # Blocks in a random order, and the runs of each as well.
        mixed = random.permutation(blocks)
        mixed = random.permuted(mixed, axis=1)
        first = mixed[:half].ravel()
        second = mixed[half:].ravel()
        yield first[:runs], second[:runs]


def most_runs(cells: Cells) -> int:
    """Largest number of runs whose repeatability can be measured."""
    return cells.held_out.shape[1] // cells.block // 2 * cells.block


def curve_of(
    cells: Cells,
    ratios: Sequence[int],
    score: str,
    *,
    reference: np.ndarray | None = None,
    changed: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """What is known after 1, 2, 3, … runs at each of the ratios.

    Parameters
    ----------
    cells : Cells
    ratios : sequence of int
        Places of the ratios that take part.
    score : str
    reference : float (example,), optional
        C-scores of a long study, to correlate with.
    changed : bool (example,), optional
        Wrong labels, which low scores are to find.
    """
    rows = []
    for runs in numbers_of_runs(most_runs(cells)):
        pairs = list(pairs_of_groups(cells, runs))
        groups = []
        for a, b in pairs:
            first = scores_of(cells, ratios, a, score)
            groups.append((first, scores_of(cells, ratios, b, score)))
        row = {
            "runs": runs,
            "reliability": float(np.mean([correlation(*group) for group in groups])),
        }
        if reference is not None:
            found = [correlation(first, reference) for first, _ in groups]
            row["with_reference"] = float(np.mean(found))
        if changed is not None:
            found = [average_precision(first, changed) for first, _ in groups]
            row["average_precision"] = float(np.mean(found))
        rows.append(row)
    return rows


def numbers_of_runs(most: int) -> list[int]:
    """1, 2, 3, … and further apart where there are many."""
    numbers = {round(1.2**power) for power in range(40)}
    return sorted(number for number in numbers | {most} if number <= most)


def average_precision(score: np.ndarray, changed: np.ndarray) -> float:
    """Of low scores, for finding the changed labels; examples without one come last."""
    from sklearn.metrics import average_precision_score

    suspicion = -np.nan_to_num(score, nan=np.nanmax(score))
    return float(average_precision_score(changed, suspicion))


def runs_until(rows: Sequence[dict[str, Any]], name: str, aim: float) -> float:
    """How many runs it takes until a figure reaches an aim: interpolated in the odds of both.

    A reliability beyond the last row is extrapolated by Spearman and Brown; other figures are NaN
    there.
    """
    before = None
    for row in rows:
        if row[name] >= aim:
            if before is None:
                return float(row["runs"])
            low = _odds(before[name])
            high = _odds(row[name])
            share = (_odds(aim) - low) / (high - low)
            return float(before["runs"] + share * (row["runs"] - before["runs"]))
        before = row
    last = rows[-1]
    if name != "reliability" or last[name] <= 0:
        return math.nan
    return float(last["runs"] * _odds(aim) / _odds(last[name]))


def with_seconds(
    rows: list[dict[str, Any]], models: int, seconds: float, covered: int
) -> dict[str, Any]:
    """A curve with models and seconds, and after how many seconds what is reached.

    Parameters
    ----------
    rows : list of dict
        From `curve_of`.
    models : int
    seconds : float
        Of the models of a run at all ratios.
    covered : int
        Runs until nearly all examples have a C-score.
    """
    for row in rows:
        row |= {"models": models * row["runs"], "seconds": seconds * row["runs"]}
    until = {f"reliability {aim:g}": runs_until(rows, "reliability", aim) for aim in AIMS}
    until["coverage"] = float(covered)
    if "with_reference" in rows[0]:
        for aim in AIMS:
            until[f"agreement {aim:g}"] = runs_until(rows, "with_reference", aim)
    seconds_until = {}
    for name, runs in until.items():
        seconds_until[name] = None if math.isnan(runs) else runs * seconds
    return {"curve": rows, "models_per_run": models, "seconds_until": seconds_until}


def _odds(share: float) -> float:
    return share / max(1 - share, 1e-12)
