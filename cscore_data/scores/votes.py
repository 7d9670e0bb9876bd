"""Votes: how often held-out models give each class."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.block_sums import check_weights, count, dtype_of_sums
from cscore_data.scores.counts import remaining_coordinates
from cscore_data.scores.run_sums import sum_over_runs

#: With up to so many classes, one comparison for each is faster than sorting cells into bins.
_FEW_CLASSES = 32

#: Cells that are sorted at a time, so that all intermediate results stay in the cache.
_TILE_CELLS = 65_536


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
    Needs a few times classes x examples per chunk in memory, 4 bytes each.

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
    weights = None if weight is None else check_weights(weight, runs=cube.sizes["run"])
    by_ratio = sum_over_runs(
        block_votes,
        [cube["prediction"], cube["held_out"]],
        weights,
        number=cube.sizes["class"],
        dtype=dtype_of_sums(weights),
        classes=cube.sizes["class"],
    )
    dims: list[Hashable] = (
        ["class", "example"] if weights is None else ["class", "group", "example"]
    )
    coords = remaining_coordinates(cube, weights)
    coords.pop("ratio", None)
    for name in ("class", "class_name"):
        if name in cube.coords:
            coords[name] = cube[name]
    total = by_ratio.sum(axis=-2, dtype=by_ratio.dtype)
    attrs = {"long_name": "held-out models that give the class", "units": "1"}
    found = xr.DataArray(total, coords, dims, "votes", attrs)
    return found.transpose(..., "example", "class")


def has_votes(cube: xr.Dataset) -> bool:
    """Whether a cube has what `votes` needs."""
    return "prediction" in cube and "class" in cube.dims


def block_votes(
    prediction: np.ndarray, held_out: np.ndarray, weight: np.ndarray | None = None, *, classes: int
) -> np.ndarray:
    """Count the held-out runs of one block in which each class is predicted.

    Parameters
    ----------
    prediction : int (ratio, run, example)
        Anything but 0..classes-1 is no vote.
    held_out : bool (ratio, run, example)
    weight : int64 or float64 (group, run), optional
    classes : int

    Returns
    -------
    uint (class, ratio, 1, example), or float (class, group, ratio, 1, example) with weights
    """
    # By bits, -1 where the example was trained on and else the prediction: faster than `where`.
    given = prediction | (held_out.astype(prediction.dtype) - prediction.dtype.type(1))
    if weight is None and classes > _FEW_CLASSES:
        return _sorted_votes(given, classes)
    return np.stack([count(given == number, weight) for number in range(classes)])


def _sorted_votes(given: np.ndarray, classes: int) -> np.ndarray:
    """As `block_votes`, by sorting the cells of each example into bins."""
    ratios, runs, examples = given.shape
    found = np.empty((ratios, examples, classes), np.min_scalar_type(runs))
    step = max(1, _TILE_CELLS // max(1, runs))
    for ratio in range(ratios):
        for start in range(0, examples, step):
            tile = given[ratio, :, start : start + step].astype(np.int64)
            tile[(tile < 0) | (tile >= classes)] = classes
            # The bins of an example are one for each class and a last one for no vote.
            columns = tile.shape[1]
            first_bin = np.arange(columns) * (classes + 1)
            bins = np.bincount((tile + first_bin).ravel(), minlength=columns * (classes + 1))
            found[ratio, start : start + step] = bins.reshape(columns, classes + 1)[:, :classes]
    return np.moveaxis(found, -1, 0)[:, :, np.newaxis]


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
