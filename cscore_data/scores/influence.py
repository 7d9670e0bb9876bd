"""Influence of training examples on others: how much better models are that trained on one."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import dask.array
import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.cells import as_flags, as_margins
from cscore_data.scores.influence_blocks import block_influence, block_stderr
from cscore_data.storage.margins import unpacked

#: Examples along each side of a block: 64 MiB in float32.
BLOCK = 4096

#: What there is influence on, and the dim of these targets.
TARGETS = {"test": "test_example", "train": "target"}

#: What of a target is compared.
OUTCOMES = ("correct", "margin")


class Runs(NamedTuple):
    """What the done runs at one ratio have for influence; arrays are in memory or lazy.

    Attributes
    ----------
    trained_on : bool (run, example)
    value : bool, int or float (run, target)
    counted : bool (run, target), optional
        The runs that count for a target; None if all do.
    """

    trained_on: Any
    value: Any
    counted: Any = None


def influence(
    cube: xr.Dataset, ratio: float, *, on: str = "test", outcome: str = "correct"
) -> xr.Dataset:
    r"""Influence of each training example on each test example, or on each training example.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube; may be incomplete. For test examples, one that was trained with ``--test``.
    ratio : float
        One of the cube's subset ratios.
    on : {"test", "train"}
        What the influence is on. Of a training example, only runs count that held it out.
    outcome : {"correct", "margin"}
        What is compared: whether a model is right, or its margin.

    Returns
    -------
    xarray.Dataset
        `influence` and `influence_stderr` float32 (example, test_example), or (example, target) for
        training examples, with their labels; lazy, in blocks of 4,096 x 4,096. In -1..1, or in
        units of the margin; positive where training on the example helps. NaN where all runs
        trained on the example, or none did: also on itself.

    Raises
    ------
    InvalidInputError
        If the cube has no such ratio, no test examples or no margins.

    Notes
    -----
    :math:`P(j \text{ right} \mid i \text{ trained on}) - P(j \text{ right} \mid i \text{ not})`,
    estimated over all runs at the ratio. The standard error is that of a pair without influence:
    the standard deviation of the difference when the runs of the target are shuffled.

    A block is a product over runs, or two on training examples. Besides the blocks that are being
    computed, `trained_on` and the outcomes are in memory, of all runs: 1 byte a cell. To choose
    pairs, `influential_pairs` goes through all blocks once.

    References
    ----------
    Feldman and Zhang, NeurIPS 2020, "What Neural Networks Memorize and Why", section 2.1.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> cube = make_cube(runs=200, test_examples=5)
    >>> found = influence(cube, 0.5)
    >>> dict(found.sizes)
    {'example': 20, 'test_example': 5}
    >>> within = abs(found["influence"]) <= 4 * found["influence_stderr"]
    >>> bool(within.all())  # its models do not care what they trained on
    True
    """
    runs = influence_runs(cube, ratio, on=on, outcome=outcome)
    sides = (runs.trained_on, runs.value) if runs.counted is None else tuple(runs)
    operands: list[Any] = []
    for array, axes in zip(sides, ("ri", "rj", "rj"), strict=False):
        operands += [_whole_runs(array), axes]
    functions = {"influence": block_influence, "influence_stderr": block_stderr}
    meanings = {
        "influence": f"influence on {on} examples: mean {outcome} if trained on minus if not",
        "influence_stderr": "standard error of influence where there is none",
    }
    dims = ("example", TARGETS[on])
    variables = {}
    for name, function in functions.items():
        blocks = dask.array.blockwise(
            partial(of_block, function),
            "ij",
            *operands,
            concatenate=True,
            dtype=np.float32,
            meta=np.empty((0, 0), np.float32),
        )
        variables[name] = (dims, blocks, {"long_name": meanings[name]})
    attrs = {"ratio": float(ratio), "on": on, "outcome": outcome}
    return xr.Dataset(variables, pair_coordinates(cube, on), attrs)


def influence_runs(cube: xr.Dataset, ratio: float, *, on: str, outcome: str) -> Runs:
    """What the runs of a cube at one ratio have for influence; lazy if the cube is.

    Raises
    ------
    InvalidInputError
        As `influence`.
    """
    if on not in TARGETS:
        raise InvalidInputError(f"on: found {on!r}, expected {' or '.join(TARGETS)}")
    if outcome not in OUTCOMES:
        raise InvalidInputError(f"outcome: found {outcome!r}, expected {' or '.join(OUTCOMES)}")
    name = f"test_{outcome}" if on == "test" else outcome
    if name not in cube:
        remedy = "train the cube with --record margin"
        if on == "test" and "test_correct" not in cube:
            remedy = "train the cube with --test, or ask for the influence on training examples"
        raise InvalidInputError(f"influence: found no {name} in the cube; {remedy}")
    at_ratio = cube.isel(ratio=_place_of_ratio(cube, ratio))
    done = np.flatnonzero(as_flags(at_ratio["done"]).values)
    at_ratio = at_ratio.isel(run=done)

    held_out = as_flags(at_ratio["held_out"]).transpose("run", "example").data
    counted = held_out if on == "train" else None
    variable = at_ratio[name].transpose("run", ...)
    if outcome == "correct":
        return Runs(~held_out, as_flags(variable).data, counted)
    margin, packing = as_margins(variable)
    value = margin.data
    if packing is not None:
        value = dask.array.asarray(value).map_blocks(unpacked, packing, dtype=np.float32)
    known = np.isfinite(value)
    return Runs(~held_out, value, known if counted is None else known & counted)


def pair_coordinates(cube: xr.Dataset, on: str) -> dict[str, Any]:
    """Coordinates of the examples, and of what they have an influence on."""
    coords = {}
    for name in ("example", "label", "filename"):
        if name in cube.coords:
            coords[name] = ("example", cube[name].data)
    if on == "test":
        for name in ("test_example", "test_label"):
            coords[name] = ("test_example", cube[name].data)
        return coords
    of_targets = {"target": "example", "target_label": "label", "target_filename": "filename"}
    for name, source in of_targets.items():
        if source in cube.coords:
            coords[name] = ("target", cube[source].data)
    return coords


def _place_of_ratio(cube: xr.Dataset, ratio: float) -> int:
    known = cube["ratio"].values
    places = np.flatnonzero(np.isclose(known, ratio, rtol=0, atol=1e-9))
    if not places.size:
        shown = ", ".join(f"{one:g}" for one in known)
        raise InvalidInputError(f"ratio: found {ratio:g}, expected one of the cube's, {shown}")
    return int(places[0])


def _whole_runs(array: Any) -> dask.array.Array:
    """An array (run, example) in blocks of all runs."""
    # Of an array in memory, the name would be a hash of all cells.
    whole: dask.array.Array = dask.array.asarray(array, name=False).rechunk({0: -1, 1: BLOCK})
    return whole


def of_block(
    function: Callable[..., np.ndarray],
    trained_on: np.ndarray,
    value: np.ndarray,
    counted: np.ndarray | None = None,
) -> np.ndarray:
    """A function of `influence_blocks` of the arrays of a block of `Runs`."""
    if counted is not None and counted.all():
        counted = None  # saves a product
    return function(trained_on, value.astype(np.float32, copy=False), counted)
