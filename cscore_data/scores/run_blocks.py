"""Blocks of runs that stay together, and random groups of these.

Runs of a balanced plan hold out all examples equally often in blocks.
"""

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.scores.cells import as_flags


def is_balanced(cube: xr.Dataset) -> bool:
    """Whether the plan of a cube has balanced subsets."""
    return bool(plan_of(cube).get("subsets") == "balanced")


def block_length(cube: xr.Dataset, *, runs: int) -> int:
    """The number of consecutive runs that are to stay together when so many runs are split.

    Parameters
    ----------
    cube : xarray.Dataset
    runs : int
        Number of runs to be split.

    Returns
    -------
    int
        1 unless subsets are balanced. With these, the smallest number of runs in which all examples
        are held out equally often, 10 at ratios of tenths, if that leaves at least two blocks; else
        the smallest number in which all are held out at all.

    Examples
    --------
    >>> plan = '{"subsets": "balanced", "ratios": [0.5, 0.8]}'
    >>> block_length(xr.Dataset(attrs={"plan": plan}), runs=40)
    10
    >>> block_length(xr.Dataset(attrs={"plan": plan}), runs=16)
    5
    """
    if not is_balanced(cube):
        return 1
    ratios = plan_of(cube)["ratios"]
    even = math.lcm(*(Fraction(repr(ratio)).denominator for ratio in ratios))
    if runs >= 2 * even:
        return even
    held_out_share = 1 - Fraction(repr(max(ratios)))
    return max(2, math.ceil(1 / held_out_share))


def runs_done(cube: xr.Dataset) -> np.ndarray:
    """Positions of the runs that are done at some ratio: int (run,)."""
    if "done" not in cube:
        return np.arange(cube.sizes["run"])
    return np.flatnonzero(as_flags(cube["done"]).any("ratio").values)


def pairs_of_groups(
    runs: np.ndarray, *, length: int, size: int, splits: int, random: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw pairs of groups that share no run.

    Parameters
    ----------
    runs : int (run,)
        The runs to draw from.
    length : int
        Number of consecutive ones that stay together.
    size : int
        Number of runs in a group, a multiple of `length`.
    splits : int
        Number of draws; pairs that are the same count once, so there may be fewer.

    Returns
    -------
    list of pairs of int (size,)

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> pairs_of_groups(np.arange(4), length=2, size=2, splits=10, random=random)
    [(array([2, 3]), array([0, 1]))]
    """
    blocks = len(runs) // length
    members = runs[: blocks * length].reshape(blocks, length)
    found = {}
    for _ in range(splits):
        order = random.permutation(blocks)
        first = np.sort(order[: size // length])
        second = np.sort(order[size // length : 2 * size // length])
        # Two blocks, for one, can be split in one way only.
        pair = tuple(sorted([tuple(first.tolist()), tuple(second.tolist())]))
        found[pair] = (members[first].ravel(), members[second].ravel())
    return list(found.values())


def plan_of(cube: xr.Dataset) -> dict[str, Any]:
    """The plan of a cube as its attributes give it; empty if they give none that is readable."""
    try:
        plan = json.loads(cube.attrs.get("plan", "{}"))
    except ValueError:
        return {}
    return plan if isinstance(plan, dict) else {}
