"""The examples that help each target most, and those that hurt it, from one pass over blocks."""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.chance import chance_of_counts, chance_of_deviation
from cscore_data.scores.influence import (
    BLOCK,
    TARGETS,
    Runs,
    influence_runs,
    of_block,
    pair_coordinates,
)
from cscore_data.scores.influence_blocks import block_influence, target_variance
from cscore_data.scores.top_rows import TopRows

#: The two ends of the influences on a target, with the sign that makes their influence large.
SIDES = {"helps": 1, "hurts": -1}

#: What a pair has, besides the example, by the ending of its name.
MEASURES = {
    "influence": "influence of that example on the target",
    "stderr": "standard error of that influence where there is none",
    "chance": "number of examples expected to reach that influence by chance",
}


def influential_pairs(
    cube: xr.Dataset,
    ratio: float,
    *,
    top: int = 20,
    on: str = "test",
    outcome: str = "correct",
) -> xr.Dataset:
    """The training examples with the largest influence on each target, for better and for worse.

    Parameters
    ----------
    cube : xarray.Dataset
    ratio, on, outcome
        As in `influence`.
    top : int
        How many of each kind, at least 1. There are never more than there are examples.

    Returns
    -------
    xarray.Dataset
        (test_example, rank), or (target, rank) for training examples, in memory, the strongest
        first. `helps` int64: the value of the coordinate `example` of the helper, -1 where no
        other has a positive influence; `helps_influence` and `helps_stderr` float32, as
        `influence` has them; `helps_chance` float64: how many of all examples would have so large
        an influence by chance. The same for `hurts`, of negative influences.

    Raises
    ------
    InvalidInputError
        As `influence`, or if `top` is less than 1.

    Notes
    -----
    The chance of right or wrong is that of Fisher's exact test, the chance of margins that of a
    normal variable. Takes the memory of the cube's cells at the ratio, 1 byte each, and some
    blocks.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> pairs = influential_pairs(make_cube(runs=200, test_examples=5), 0.5, top=3)
    >>> dict(pairs.sizes)["test_example"], pairs["helps"].shape
    (5, (5, 3))
    >>> bool((pairs["helps_chance"] < 0.01).any())  # its models do not care what they trained on
    False
    """
    if top < 1:
        raise InvalidInputError(f"top: found {top}, expected at least 1")
    # In memory: chunks with all examples of some runs would be read again for each block.
    lazy = influence_runs(cube, ratio, on=on, outcome=outcome)
    counted = None if lazy.counted is None else np.asarray(lazy.counted)
    runs = Runs(np.asarray(lazy.trained_on), np.asarray(lazy.value), counted)
    parts = []
    for start in range(0, runs.value.shape[1], BLOCK):
        targets = slice(start, start + BLOCK)
        parts.append(_of_targets(runs, targets, top, exact=outcome == "correct"))

    variables: dict[str, Any] = {}
    for side in SIDES:
        of_side = [part[side] for part in parts]
        found = _Pairs(*map(np.concatenate, zip(*of_side, strict=True)))
        variables |= _as_variables(side, found, cube["example"].values, dim=TARGETS[on])
    attrs = {"ratio": float(ratio), "on": on, "outcome": outcome, "runs": len(runs.value)}
    return xr.Dataset(variables, pair_coordinates(cube, on), attrs).load()


class _Pairs(NamedTuple):
    """The strongest examples of some targets on one side, all (target, rank)."""

    rows: np.ndarray
    influence: np.ndarray
    stderr: np.ndarray
    chance: np.ndarray


def _as_variables(side: str, found: _Pairs, example: np.ndarray, *, dim: str) -> dict[str, Any]:
    """The variables of one side, with `example` int64 (example,) in place of rows."""
    names = np.where(found.rows >= 0, example[found.rows], -1).astype(np.int64)
    dims = (dim, "rank")
    variables = {side: (dims, names, {"long_name": f"example that {side} the target"})}
    for measure, meaning in MEASURES.items():
        values = getattr(found, measure)
        variables[f"{side}_{measure}"] = (dims, values, {"long_name": meaning})
    return variables


def _of_targets(runs: Runs, targets: slice, top: int, *, exact: bool) -> dict[str, _Pairs]:
    """The strongest pairs of some targets."""
    examples = runs.trained_on.shape[1]
    value = runs.value[:, targets].astype(np.float32)
    counted = None if runs.counted is None else runs.counted[:, targets]
    top = min(top, examples)
    found = {side: TopRows(value.shape[1], top) for side in SIDES}
    for start in range(0, examples, BLOCK):
        trained_on = runs.trained_on[:, start : start + BLOCK]
        block = of_block(block_influence, trained_on, value, counted)
        for side, sign in SIDES.items():
            found[side].add(block if sign > 0 else -block, first=start)

    part = Runs(runs.trained_on, value, counted)
    measured = {}
    for side, sign in SIDES.items():
        measured[side] = _measured(part, found[side], sign, exact=exact)
    return measured


def _measured(runs: Runs, found: TopRows, sign: int, *, exact: bool) -> _Pairs:
    """Standard errors and chances of the strongest pairs of some targets on one side."""
    is_pair = found.values > 0
    rows = np.where(is_pair, found.rows, -1)
    influence = np.where(is_pair, sign * found.values, np.nan).astype(np.float32)
    numbers = _run_numbers(runs, rows)
    with_example, without = numbers
    # What is not a pair may have no runs.
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = target_variance(runs.value, runs.counted)[:, np.newaxis]
        stderr = np.sqrt(variance * (1 / with_example + 1 / without))
        if exact:
            chance = _chance_of_right(runs, influence, numbers, sign)
        else:
            chance = chance_of_deviation(np.abs(influence) / stderr)
    expected = np.where(is_pair, chance * runs.trained_on.shape[1], np.nan)
    stderr = np.where(is_pair, stderr, np.nan).astype(np.float32)
    return _Pairs(rows, influence, stderr, expected)


def _chance_of_right(
    runs: Runs, influence: np.ndarray, numbers: tuple[np.ndarray, np.ndarray], sign: int
) -> np.ndarray:
    """The chance of influences on right and wrong, NaN or not, by counting runs."""
    with_example, without = numbers
    right = runs.value if runs.counted is None else runs.value * runs.counted
    total = right.sum(axis=0, dtype=np.float64)[:, np.newaxis]
    # The number of right runs with the example, which the influence was made of.
    successes = np.rint((influence + total / without) / (1 / with_example + 1 / without))
    drawn = with_example
    if sign < 0:
        successes, drawn = total - successes, without
    is_pair = np.isfinite(successes)
    counts = np.where(is_pair, successes, 0), np.where(is_pair, drawn, 0)
    return chance_of_counts(*counts, total, with_example + without)


def _run_numbers(runs: Runs, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Runs with and without each example, of those that count: float64 (target, rank)."""
    if runs.counted is None:
        of_example = runs.trained_on.sum(axis=0, dtype=np.float64)
        with_example = of_example[rows]
        return with_example, len(runs.trained_on) - with_example
    with_example = np.empty(rows.shape)
    for target, own in enumerate(rows):
        weight = runs.counted[:, target]
        with_example[target] = np.count_nonzero(runs.trained_on[:, own] & weight[:, None], axis=0)
    return with_example, runs.counted.sum(axis=0, dtype=np.float64)[:, None] - with_example
