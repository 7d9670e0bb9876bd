"""Votes: how often held-out models give each class."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import dask.array
import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.block_sums import check_weights, dtype_of_sums
from cscore_data.scores.cells import cell_variable
from cscore_data.scores.counts import (
    as_dataset,
    check_dims,
    checked_names,
    count_sums,
    counts,
    remaining_coordinates,
    totals_by_name,
)
from cscore_data.scores.run_sums import Sums, sums_over_runs
from cscore_data.scores.running_total import running_total
from cscore_data.scores.vote_blocks import added_votes, block_votes

#: With up to so many classes, one comparison for each is the fastest way to count.
_FEW_CLASSES = 32

#: Numbers of votes in a chunk of the result, which bounds the memory of what is computed from them.
_CHUNK_VOTES = 2**20


def votes(cube: xr.Dataset, weight: Any = None) -> xr.DataArray:
    """Count how often each class was given to each example by models that had held it out.

    Parameters
    ----------
    cube : xarray.Dataset
        With `prediction` int (ratio, run, example), an index into the coordinate `class`, and
        `held_out` bool (ratio, run, example); may be incomplete.
    weight : array or xarray.DataArray (group, run), optional
        As in `counts`.

    Returns
    -------
    xarray.DataArray
        `votes` int32 (example, class), or (group, example, class) with `weight`, over the runs at
        all ratios; float64 if the weights are floats. Lazy if the cube is.

    Raises
    ------
    InvalidInputError
        If the cube has no predictions, or the weights do not fit.

    Notes
    -----
    Needs a few times classes x examples per chunk in memory; with many classes, twice as many
    numbers of 2 bytes, or 4 for more than 65,535 runs in all. Then it adds one block to the other,
    so that no more threads are busy than there are chunks of examples.

    Examples
    --------
    >>> cell = ("ratio", "run", "example")
    >>> prediction = (cell, [[[0, 1], [1, 1], [1, 0]]])
    >>> held_out = (cell, [[[True, True], [True, False], [True, False]]])
    >>> cube = xr.Dataset({"prediction": prediction, "held_out": held_out}, {"class": [3, 8]})
    >>> votes(cube).values
    array([[1, 2],
           [0, 1]], dtype=int32)
    """
    if not has_votes(cube):
        raise InvalidInputError(
            "votes: this cube has no predictions; record them with --record margin"
        )
    check_dims(cube)
    weights = check_weights(weight, runs=cube.sizes["run"])
    if cube.sizes["class"] > _FEW_CLASSES:
        return _as_votes(cube, _votes_for_many_classes(cube, weights), weights)
    (by_ratio,) = sums_over_runs(cube, [_vote_sums(cube, weights)], weights)
    return _as_votes(cube, _over_ratios(by_ratio), weights)


def counts_and_votes(
    cube: xr.Dataset, weight: Any, *, names: Sequence[str]
) -> tuple[xr.Dataset, xr.DataArray]:
    """`counts` of these names and `votes`, from one pass over the cube.

    Raises
    ------
    InvalidInputError
        As these.
    """
    if not has_votes(cube) or cube.sizes["class"] > _FEW_CLASSES:
        # Votes for many classes need a pass of their own.
        return counts(cube, weight, names=names), votes(cube, weight)
    names = checked_names(cube, names)
    check_dims(cube)
    weights = check_weights(weight, runs=cube.sizes["run"])
    groups = count_sums(cube, names, weights)
    wanted = [*groups.values(), _vote_sums(cube, weights)]
    *found, by_ratio = sums_over_runs(cube, wanted, weights)
    counted = as_dataset(cube, names, totals_by_name(groups, found), weights)
    return counted, _as_votes(cube, _over_ratios(by_ratio), weights)


def has_votes(cube: xr.Dataset) -> bool:
    """Whether a cube has what `votes` needs."""
    return "prediction" in cube and "class" in cube.dims


def held_out_probability(cube: xr.Dataset) -> xr.DataArray:
    """The share of held-out models that give each class: out-of-sample probabilities.

    Parameters
    ----------
    cube : xarray.Dataset
        With predictions, as for `votes`; may be incomplete.

    Returns
    -------
    xarray.DataArray
        `held_out_probability` float64 (example, class) in 0..1, over the runs at all ratios. Rows
        add up to 1, and are NaN where the example was never held out. Lazy if the cube is.

    Raises
    ------
    InvalidInputError
        If the cube has no predictions.

    Notes
    -----
    This is what cleanlab takes as `pred_probs`, with the labels as indices into the coordinate
    `class`: ``cleanlab.filter.find_label_issues(labels, found.values)``. No row may be NaN there.

    Examples
    --------
    >>> cell = ("ratio", "run", "example")
    >>> prediction = (cell, [[[0, 1], [1, 1]]])
    >>> held_out = (cell, [[[True, True], [True, False]]])
    >>> cube = xr.Dataset({"prediction": prediction, "held_out": held_out}, {"class": [3, 8]})
    >>> held_out_probability(cube).values
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    attrs = {"long_name": "share of held-out models that give the class", "units": "1"}
    return vote_shares(votes(cube)).rename("held_out_probability").assign_attrs(attrs)


def vote_shares(votes: xr.DataArray) -> xr.DataArray:
    """The votes (..., class) as shares, NaN where there are none."""
    total = votes.sum("class")
    return votes / total.where(total > 0)


def _vote_sums(cube: xr.Dataset, weights: xr.DataArray | None) -> Sums:
    """How to count the votes for each class, at each ratio."""
    classes = cube.sizes["class"]
    function = partial(block_votes, classes=classes)
    whole = dtype_of_sums(weights)
    return Sums(function, ("prediction", "held_out"), number=classes, dtype=whole)


def _over_ratios(by_ratio: Any) -> Any:
    """Votes (class, ..., ratio, example) as (..., example, class)."""
    total = by_ratio.sum(axis=-2, dtype=by_ratio.dtype)
    if isinstance(total, np.ndarray):
        return np.moveaxis(total, 0, -1)
    return dask.array.moveaxis(total, 0, -1)


def _votes_for_many_classes(cube: xr.Dataset, weights: xr.DataArray | None) -> Any:
    """Votes (..., example, class) over all ratios."""
    classes = cube.sizes["class"]
    whole = dtype_of_sums(weights)
    # The narrowest type that can hold all runs.
    narrow = np.min_scalar_type(cube.sizes["ratio"] * cube.sizes["run"])
    dtype = narrow if weights is None else whole
    total = running_total(
        partial(added_votes, classes=classes, dtype=dtype),
        [cell_variable(cube, "prediction"), cell_variable(cube, "held_out")],
        weights,
        columns=classes + 1,
        dtype=dtype,
    )
    if not isinstance(total, np.ndarray):
        total = total.rechunk({-2: max(1, _CHUNK_VOTES // classes)})
    # The first column has the cells that are no vote.
    return total[..., 1:].astype(whole)


def _as_votes(cube: xr.Dataset, total: Any, weights: xr.DataArray | None) -> xr.DataArray:
    """Votes with their dims, coordinates and description."""
    dims = ["example", "class"] if weights is None else ["group", "example", "class"]
    coords = remaining_coordinates(cube, weights)
    coords.pop("ratio", None)
    for name in ("class", "class_name"):
        if name in cube.coords:
            coords[name] = cube[name]
    attrs = {"long_name": "held-out models that give the class", "units": "1"}
    return xr.DataArray(total, coords, dims, "votes", attrs)
