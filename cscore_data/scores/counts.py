"""Counts and sums over the runs of a cube: the one pass from which all statistics follow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.block_sums import block_sums, check_weights, dtype_of_sums
from cscore_data.scores.margin_sums import MARGIN_SUMS, Packing, block_margin_sums
from cscore_data.scores.run_sums import sum_over_runs

#: Name and meaning of each count; `MARGIN_SUMS` has the sums that need margins.
COUNTS = {
    "held_out": "runs in which the example was held out",
    "held_out_correct": "runs in which the example was held out and classified correctly",
    "trained_on": "runs in which the example was trained on",
    "trained_on_correct": "runs in which the example was trained on and classified correctly",
}

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
        are missing, and only the counts of held-out runs are returned.
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
        does not have what a count needs.

    Notes
    -----
    "Trained on" means ``done & ~held_out``: `held_out` is False in runs that are missing, too.

    Every chunk of the cube is read once, also when all counts are computed together. Needs a few
    chunks of the cube in memory at a time; with weights, also a few times groups x examples per
    chunk. The sums that need margins are computed together, in float32 within a chunk; a relative
    error is below 1e-6. Margins may also be packed whole numbers, with `scale_factor` and
    `_FillValue` among their attributes, as xarray opens them with ``mask_and_scale=False``; that
    is the fastest way.

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
    names = _checked_names(cube, names)
    weights = None if weight is None else check_weights(weight, runs=cube.sizes["run"])

    # In a lazy cube, counts that nobody asks for are never computed.
    totals: dict[str, Any] = {}
    for kind in ("held_out", "trained_on"):
        pair = [kind, f"{kind}_correct"]
        if not set(pair).isdisjoint(names):
            totals |= zip(pair, _pair_of_counts(cube, kind, weights), strict=True)
    of_margins = [name for name in names if name in MARGIN_SUMS]
    if of_margins:
        totals |= zip(of_margins, _margin_sums(cube, of_margins, weights), strict=True)

    dims = ["ratio", "example"] if weights is None else ["group", "ratio", "example"]
    variables = {}
    for name in names:
        attrs = {"long_name": _MEANINGS[name], "units": "1"}
        variables[name] = xr.Variable(dims, totals[name], attrs)
    return xr.Dataset(variables, remaining_coordinates(cube, weights))


def as_counts(data: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """Return `data` itself if it holds counts, else these counts of the cube that it is."""
    if "correct" in data:
        return counts(data, names=names)
    return data


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


def _checked_names(cube: xr.Dataset, names: Sequence[str] | None) -> tuple[str, ...]:
    available = available_counts(cube)
    if names is None:
        return available
    for name in names:
        if name not in available:
            raise InvalidInputError(
                f"counts: found {name!r}, expected some of {', '.join(available)}, which this cube "
                "has"
            )
    return tuple(name for name in available if name in names)


def _pair_of_counts(cube: xr.Dataset, kind: str, weights: xr.DataArray | None) -> Any:
    """The runs of a kind, and those of them that are correct."""
    done = _ledger(cube) if kind == "trained_on" else None
    variables = [cube["correct"], cube["held_out"], done]
    return sum_over_runs(block_sums, variables, weights, number=2, dtype=dtype_of_sums(weights))


def _margin_sums(cube: xr.Dataset, names: list[str], weights: xr.DataArray | None) -> Any:
    """Those of the sums in `MARGIN_SUMS` that have these names."""
    needs_ledger = any(MARGIN_SUMS[name].mask == "trained_on" for name in names)
    done = _ledger(cube) if needs_ledger else None
    return sum_over_runs(
        block_margin_sums,
        [cube["margin"], cube["held_out"], done],
        weights,
        number=len(names),
        dtype=np.dtype(np.float64),
        names=names,
        packing=_packing(cube["margin"]),
    )


def _ledger(cube: xr.Dataset) -> xr.DataArray:
    """`done` with an axis for examples.

    The step that adds it keeps dask from reading the ledger again for each chunk of examples.
    """
    return cube["done"].expand_dims("example", axis=-1)


def _packing(margin: xr.DataArray) -> Packing | None:
    """How margins that are whole numbers are to be read; None if they are floats."""
    if margin.dtype.kind == "f":
        return None
    attrs = margin.attrs
    if "scale_factor" not in attrs or "_FillValue" not in attrs:
        raise InvalidInputError(
            f"margin: found dtype {margin.dtype} without scale_factor and _FillValue among its "
            "attributes, expected floats"
        )
    return Packing(float(attrs["scale_factor"]), int(attrs["_FillValue"]))
