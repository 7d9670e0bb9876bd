"""Margins and predictions as they are stored."""

from functools import partial
from typing import NamedTuple

import dask.array
import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import MARGIN_MISSING, MARGIN_STEP, PREDICTION_MISSING

#: Names of the variables of margins, and of predictions.
MARGINS = ("margin", "test_margin")
PREDICTIONS = ("prediction", "test_prediction")

#: The largest number of steps that is stored; larger margins are cut.
_MOST_STEPS = 127


class Packing(NamedTuple):
    """How margins that are whole numbers become real ones, by the CF conventions."""

    scale: float
    missing: int


def packing_of(variable: xr.DataArray) -> Packing | None:
    """The packing of a variable, from its attributes; None if they have none.

    Raises
    ------
    InvalidInputError
        If they are no numbers, or there is an offset, too.
    """
    attrs = variable.attrs
    if "scale_factor" not in attrs or "_FillValue" not in attrs:
        return None
    try:
        has_offset = float(attrs.get("add_offset", 0)) != 0
        scale = float(attrs["scale_factor"])
        missing = int(attrs["_FillValue"])
    except (TypeError, ValueError, OverflowError):
        has_offset = True
    if has_offset:
        given = {name: attrs.get(name) for name in ("scale_factor", "_FillValue", "add_offset")}
        raise InvalidInputError(f"{variable.name}: found {given}, expected numbers and no offset")
    return Packing(scale, missing)


def unpacked(margin: np.ndarray, packing: Packing) -> np.ndarray:
    """Packed margins as float32, NaN where they are missing.

    Examples
    --------
    >>> unpacked(np.array([6, -128], np.int8), Packing(0.25, -128))
    array([1.5, nan], dtype=float32)
    """
    found: np.ndarray = margin.astype(np.float32)
    found *= np.float32(packing.scale)
    is_missing = margin == packing.missing
    np.copyto(found, np.nan, where=is_missing)
    return found


def with_unpacked_margins(cube: xr.Dataset) -> xr.Dataset:
    """A lazy cube with margins as float32, those of test examples, too.

    Not by xarray, which decodes to float64 and takes three times as long.
    """
    unpacked_margins = {}
    for name in MARGINS:
        packing = None
        if name in cube and cube[name].dtype.kind != "f":
            packing = packing_of(cube[name])
        if packing is not None:
            unpacked_margins[name] = _with_packing(cube[name].variable, packing)
    return cube.assign(unpacked_margins)


def _with_packing(variable: xr.Variable, packing: Packing) -> xr.Variable:
    """Packed margins as float32, lazy."""
    unpack = partial(unpacked, packing=packing)
    no_cells = (0,) * variable.ndim
    meta = np.empty(no_cells, np.float32)
    data = dask.array.map_blocks(unpack, variable.data, dtype=np.float32, meta=meta)
    # As xarray has it: what is said about the packing belongs to the encoding.
    attrs = dict(variable.attrs)
    packed = {name: attrs.pop(name) for name in ("scale_factor", "_FillValue")}
    encoding = {**variable.encoding, **packed, "dtype": variable.dtype}
    return xr.Variable(variable.dims, data, attrs, encoding)


def stored_margin(margin: np.ndarray, valid: np.ndarray, *, name: str = "margin") -> np.ndarray:
    """Margins as whole numbers of steps.

    Parameters
    ----------
    margin : float (run, example)
    valid : bool (run,)
        Margins of other runs are missing.
    name : str
        Of the variable, for messages.

    Returns
    -------
    int8 (run, example)

    Raises
    ------
    InvalidInputError
        If a margin of a valid run is NaN.
    """
    if np.isnan(margin[valid]).any():
        raise InvalidInputError(f"{name}: found NaN, expected a number for each example")
    steps = np.rint(margin / MARGIN_STEP)
    steps = np.clip(steps, -_MOST_STEPS, _MOST_STEPS)
    steps[~valid] = MARGIN_MISSING
    return steps.astype(np.int8)


def stored_prediction(
    prediction: np.ndarray,
    valid: np.ndarray,
    *,
    classes: int,
    dtype: np.dtype,
    name: str = "prediction",
) -> np.ndarray:
    """Predictions in the type that a cube has for them.

    Parameters
    ----------
    prediction : int (run, example)
        0..classes-1.
    valid : bool (run,)
        Predictions of other runs are missing.
    classes : int
    dtype : dtype
    name : str
        Of the variable, for messages.

    Raises
    ------
    InvalidInputError
        If a prediction of a valid run is not a class.
    """
    found = prediction[valid]
    is_no_class = (found < 0) | (found >= classes)
    if is_no_class.any():
        raise InvalidInputError(
            f"{name}: found {found.min()}..{found.max()}, expected 0..{classes - 1}"
        )
    stored = prediction.astype(dtype)
    stored[~valid] = PREDICTION_MISSING
    return stored


def check_predictions(
    correct: np.ndarray,
    prediction: np.ndarray,
    *,
    label: np.ndarray,
    classes: np.ndarray,
    name: str = "prediction",
) -> None:
    """Check that what a model gives is its label just where it is correct.

    Parameters
    ----------
    correct : bool (example,)
    prediction : int (example,)
        Index into `classes`.
    label : int (example,)
    classes : int (class,)
        Ascending.
    name : str
        Of the predictions, for messages.

    Raises
    ------
    InvalidInputError
        If they differ, as they do where predictions are labels, or count classes in another order.
    """
    # A test example may have a label that no training example has.
    is_class = np.isin(label, classes)
    expected = np.where(is_class, np.searchsorted(classes, label), -1)

    # Other checks say what is wrong with arrays of another shape, or with what is no class.
    if correct.shape != expected.shape or prediction.shape != expected.shape:
        return
    is_no_class = (prediction < 0) | (prediction >= len(classes))
    if is_no_class.any():
        return

    is_right = prediction == expected
    contradicted = np.flatnonzero(correct != is_right)
    if contradicted.size:
        first = contradicted[0]
        outcome = name.replace("prediction", "correct")
        raise InvalidInputError(
            f"{name}: {contradicted.size} examples contradict {outcome} (the first: {first}, "
            f"prediction {prediction[first]}, correct {correct[first]}, label {label[first]}), "
            "expected indices into the cube's coordinate class"
        )
