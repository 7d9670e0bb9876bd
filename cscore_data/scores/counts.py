"""Counts and sums over the runs of a cube: the one pass from which all statistics follow."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.block_sums import block_counts, block_sums, check_weights, dtype_of_sums
from cscore_data.scores.cells import as_margins
from cscore_data.scores.margin_sums import block_margin_sums
from cscore_data.scores.margin_terms import MARGIN_SUMS
from cscore_data.scores.run_sums import Sums, sums_over_runs

#: Name and meaning of each count; `MARGIN_SUMS` has the sums that need margins.
COUNTS = {
    "held_out": "runs in which the example was held out",
    "held_out_correct": "runs in which the example was held out and classified correctly",
    "trained_on": "runs in which the example was trained on",
    "trained_on_correct": "runs in which the example was trained on and classified correctly",
}

#: Counts that are computed together.
_HELD_OUT = ("held_out", "held_out_correct")
_TRAINED_ON = ("trained_on", "trained_on_correct")
_PAIRS = (_HELD_OUT, _TRAINED_ON)

_MEANINGS = {**COUNTS, **{name: wanted.meaning for name, wanted in MARGIN_SUMS.items()}}


def counts(
    cube: xr.Dataset, weight: Any = None, *, names: Sequence[str] | None = None
) -> xr.Dataset:
    """Count the runs in which each example was held out or trained on, and classified correctly.

    Of a cube with margins, also sum up the margins and the probabilities of the label.

    Parameters
    ----------
    cube : xarray.Dataset
        With `correct` and `held_out` bool (ratio, run, example), `done` bool (ratio, run) and,
        where it was recorded, `margin` float (ratio, run, example), NaN where missing; may be
        incomplete. Without `done`, runs that trained on an example cannot be told from runs that
        are missing, and only the counts of held-out runs are returned. In place of booleans there
        may be 1 and 0, and NaN where `where` has masked them, which count as False.
    weight : array or xarray.DataArray (group, run), optional
        How often each run counts, at every ratio, in each group of runs. Two rows of 0 and 1 split
        the runs in halves; rows of multinomial numbers are bootstrap samples. By default every run
        counts once and there are no groups.
    names : sequence of str, optional
        Which counts to return; by default all that the cube has.

    Returns
    -------
    xarray.Dataset
        (ratio, example), or (group, ratio, example) with `weight`; lazy if the cube is.
        `held_out`, `held_out_correct`, `trained_on` and `trained_on_correct`: int32, float64 if the
        weights are floats. With margins, all float64: `held_out_with_margin` and
        `trained_on_with_margin`, the numbers of runs behind the sums; over held-out runs,
        `held_out_margin_sum`, `held_out_squared_margin_sum`, `held_out_probability_sum`,
        `held_out_squared_probability_sum` and `held_out_surprise_sum`; over trained-on runs,
        `trained_on_probability_sum`.

    Raises
    ------
    InvalidInputError
        If the weights do not fit the runs, or are too large to be counted in int32, or the cube
        does not have what a count needs, or has it in a dtype that means nothing. A value that is
        none of those above is found when it is read.

    Notes
    -----
    "Trained on" means ``done & ~held_out``: `held_out` is False in runs that are missing, too.

    Every chunk of the cube is read once, also when all counts are computed together. Needs a few
    chunks of the cube in memory at a time; with weights, also a few times groups x examples per
    chunk. The sums that need margins are computed together, in float32 for up to 128 runs: an
    error is below 1e-6 of the sum of absolute values. Margins may also be packed whole numbers,
    with `scale_factor` and `_FillValue` among their attributes, as `open_cube` gives them with
    ``mask_and_scale=False``: the sums are the same, and take less time.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> cube = make_cube(runs=6)
    >>> found = counts(cube)
    >>> found["held_out"].dims
    ('ratio', 'example')
    >>> bool((found["held_out"] + found["trained_on"] == 6).all())
    True

    The same for the first and the second half of the runs:

    >>> halves = counts(cube, weight=[[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    >>> halves["held_out"].dims
    ('group', 'ratio', 'example')
    >>> bool((halves["held_out"].sum("group") == found["held_out"]).all())
    True
    """
    check_dims(cube)
    weights = check_weights(weight, runs=cube.sizes["run"])
    if names is None:
        names = available_counts(cube)
        # In a lazy cube, counts that nobody asks for are never computed.
        passes = [*_PAIRS, tuple(MARGIN_SUMS)]
    else:
        names = checked_names(cube, names)
        passes = [names]
    totals: dict[str, Any] = {}
    for together in passes:
        wanted = [name for name in names if name in together]
        groups = count_sums(cube, wanted, weights)
        found = sums_over_runs(cube, list(groups.values()), weights)
        totals |= totals_by_name(groups, found)
    return as_dataset(cube, names, totals, weights)


def count_sums(
    cube: xr.Dataset, names: Sequence[str], weights: xr.DataArray | None
) -> dict[tuple[str, ...], Sums]:
    """How to compute these counts: for each group of names, the sums that give them."""
    found: dict[tuple[str, ...], Sums] = {}
    whole = dtype_of_sums(weights)
    cell = ("correct", "held_out")
    pairs = [pair for pair in _PAIRS if not set(pair).isdisjoint(names)]
    if len(pairs) == 2:
        found[(*pairs[0], *pairs[1])] = Sums(block_counts, (*cell, "done"), 4, whole)
    elif pairs == [_HELD_OUT]:
        found[_HELD_OUT] = Sums(block_sums, cell, 2, whole)
    elif pairs:
        found[_TRAINED_ON] = Sums(block_sums, (*cell, "done"), 2, whole)

    of_margins = tuple(name for name in names if name in MARGIN_SUMS)
    if of_margins:
        masks = {MARGIN_SUMS[name].mask for name in of_margins}
        ledger = ("done",) if "trained_on" in masks else ()
        _, packing = as_margins(cube["margin"])
        function = partial(block_margin_sums, names=of_margins, packing=packing)
        real = np.dtype(np.float64)
        found[of_margins] = Sums(function, ("margin", "held_out", *ledger), len(of_margins), real)
    return found


def totals_by_name(groups: Iterable[tuple[str, ...]], found: Iterable[Any]) -> dict[str, Any]:
    """The sums of each group by the names of the group."""
    totals: dict[str, Any] = {}
    for group, total in zip(groups, found, strict=True):
        totals |= zip(group, total, strict=True)
    return totals


def as_dataset(
    cube: xr.Dataset,
    names: Sequence[str],
    totals: Mapping[str, Any],
    weights: xr.DataArray | None,
) -> xr.Dataset:
    """Counts with their dims, coordinates and descriptions."""
    dims = ["ratio", "example"] if weights is None else ["group", "ratio", "example"]
    variables = {}
    for name in names:
        attrs = {"long_name": _MEANINGS[name], "units": "1"}
        variables[name] = xr.Variable(dims, totals[name], attrs)
    return xr.Dataset(variables, remaining_coordinates(cube, weights))


def check_dims(cube: xr.Dataset) -> None:
    """Raise `InvalidInputError` unless the cube has its three dims: `sel` may have dropped one."""
    for dim in ("ratio", "run", "example"):
        if dim not in cube["held_out"].dims:
            raise InvalidInputError(
                f"cube: found dims {', '.join(map(str, cube['held_out'].dims))}, expected ratio, "
                f"run and example; select a single {dim} by a list, as in sel({dim}=[...])"
            )


def as_counts(data: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """Return `data` itself if it holds counts, else these counts of the cube that it is."""
    if "correct" in data:
        return counts(data, names=names)
    return data


def mean_over_runs(total: xr.DataArray, runs: xr.DataArray) -> xr.DataArray:
    """A sum over runs divided by their number.

    Examples
    --------
    >>> mean_over_runs(xr.DataArray([1, 0]), xr.DataArray([4, 0])).values
    array([0.25,  nan])
    """
    # NaN, not 0, where there are none.
    return total / runs.where(runs > 0)


def available_counts(cube: xr.Dataset) -> tuple[str, ...]:
    """Names of the counts and sums that a cube has all variables for."""
    found = []
    for name in _MEANINGS:
        has_ledger = "done" in cube or not name.startswith("trained_on")
        has_margin = "margin" in cube or name not in MARGIN_SUMS
        if has_ledger and has_margin:
            found.append(name)
    return tuple(found)


def remaining_coordinates(
    cube: xr.Dataset, weights: xr.DataArray | None
) -> dict[str, xr.DataArray]:
    """Coordinates of the cube and of the weights that still make sense without runs."""
    coords = {}
    for name, coord in cube.coords.items():
        if set(coord.dims) <= {"ratio", "example"}:
            coords[str(name)] = coord
    if weights is not None and "group" in weights.coords:
        coords["group"] = weights["group"]
    return coords


def checked_names(cube: xr.Dataset, names: Sequence[str]) -> tuple[str, ...]:
    """These names in the order of a cube's counts.

    Raises
    ------
    InvalidInputError
        If the cube does not have one of them.
    """
    available = available_counts(cube)
    for name in names:
        if name not in available:
            raise InvalidInputError(
                f"counts: found {name!r}, expected some of {', '.join(available)}, which this cube "
                "has"
            )
    return tuple(name for name in available if name in names)
