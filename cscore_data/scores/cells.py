"""The variables of a cube in the types that sums need, also after `where` and `astype`.

`where` turns booleans into objects and whole numbers into floats, NaN where it masks.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import dask.array
import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import PREDICTION_MISSING
from cscore_data.storage.margins import Packing, packing_of, unpacked


def cell_variable(cube: xr.Dataset, name: str) -> xr.DataArray:
    """A variable of a cube in the type that sums need.

    Parameters
    ----------
    cube : xarray.Dataset
    name : {"correct", "held_out", "done", "margin", "prediction"}

    Returns
    -------
    xarray.DataArray
        As `as_flags`, `as_margins` or `as_predictions` give it; `done` with an axis for examples,
        of length 1.

    Raises
    ------
    InvalidInputError
        As these.
    """
    if name == "margin":
        return as_margins(cube[name])[0]
    if name == "prediction":
        return as_predictions(cube[name])
    if name == "done":
        # The step that adds the axis keeps dask from reading the ledger again for each chunk of
        # examples.
        return as_flags(cube[name]).expand_dims("example", axis=-1)
    return as_flags(cube[name])


def as_flags(variable: xr.DataArray) -> xr.DataArray:
    """A variable such as `held_out` as booleans, False where it is missing.

    Parameters
    ----------
    variable : xarray.DataArray
        Bool, or numbers or objects that are 1, 0 or NaN.

    Returns
    -------
    xarray.DataArray
        Bool, of the same shape; lazy if the variable is.

    Raises
    ------
    InvalidInputError
        If it is of another dtype; if a value is none of these, as soon as it is read.

    Examples
    --------
    >>> as_flags(xr.DataArray([1.0, 0.0, np.nan], name="held_out")).values
    array([ True, False, False])
    """
    if variable.dtype.kind == "b":
        return variable
    _check_kind(variable, "iufO", "booleans")
    return _mapped(variable, partial(_flags, name=str(variable.name)), np.dtype(bool))


def as_predictions(variable: xr.DataArray) -> xr.DataArray:
    """Predictions as signed whole numbers, -1 where they are missing; lazy if the variable is.

    Raises
    ------
    InvalidInputError
        If they are of another dtype; if one is not a whole number, as soon as it is read.

    Examples
    --------
    >>> as_predictions(xr.DataArray([2.0, np.nan], name="prediction")).values
    array([ 2, -1], dtype=int32)
    """
    if variable.dtype.kind == "i":
        return variable
    _check_kind(variable, "bufO", "whole numbers")
    return _mapped(variable, partial(_predictions, name=str(variable.name)), np.dtype(np.int32))


def as_margins(variable: xr.DataArray) -> tuple[xr.DataArray, Packing | None]:
    """Margins as floats, NaN where they are missing; or whole numbers, with their packing.

    Parameters
    ----------
    variable : xarray.DataArray
        Floats; or numbers with `scale_factor` and `_FillValue` among the attributes, as xarray
        opens them with ``mask_and_scale=False``.

    Raises
    ------
    InvalidInputError
        If they are of another dtype, or attributes are missing or are no numbers.
    """
    _check_kind(variable, "iuf", "floats")
    packing = packing_of(variable)
    if variable.dtype.kind in "iu":
        if packing is None:
            raise InvalidInputError(
                f"{variable.name}: found dtype {variable.dtype} without scale_factor and "
                "_FillValue among its attributes, expected floats"
            )
        return variable, packing
    if packing is None:
        return variable, None
    # Packed ones that became floats on the way.
    return _mapped(variable, partial(unpacked, packing=packing), np.dtype(np.float32)), None


def _check_kind(variable: xr.DataArray, kinds: str, expected: str) -> None:
    if variable.dtype.kind not in kinds:
        raise InvalidInputError(
            f"{variable.name}: found dtype {variable.dtype}, expected {expected}"
        )


def _mapped(
    variable: xr.DataArray, function: Callable[[Any], np.ndarray], dtype: np.dtype[Any]
) -> xr.DataArray:
    """The function of a variable's values, chunk by chunk if it is lazy."""
    if variable.chunks is None:
        return variable.copy(data=function(variable.values))
    meta = np.empty((0,) * variable.ndim, dtype)
    mapped = dask.array.map_blocks(function, variable.data, dtype=dtype, meta=meta)
    return variable.copy(data=mapped)


def _flags(values: np.ndarray, *, name: str) -> np.ndarray:
    numbers = _numbers(values, name, "booleans")
    is_set: np.ndarray = numbers == 1
    is_other = ~is_set & (numbers != 0) & ~np.isnan(numbers)
    if is_other.any():
        raise InvalidInputError(
            f"{name}: found {numbers[is_other][0]:g}, expected booleans, or 1, 0 and NaN"
        )
    return is_set


def _predictions(values: np.ndarray, *, name: str) -> np.ndarray:
    numbers = _numbers(values, name, "whole numbers")
    filled = np.where(np.isnan(numbers), PREDICTION_MISSING, numbers)
    largest = np.iinfo(np.int32).max
    is_other = (filled != np.rint(filled)) | (np.abs(filled) > largest)
    if is_other.any():
        raise InvalidInputError(f"{name}: found {filled[is_other][0]:g}, expected whole numbers")
    return filled.astype(np.int32)


def _numbers(values: np.ndarray, name: str, expected: str) -> np.ndarray:
    """Values as float64, which holds what a cube's cells can be; None becomes NaN."""
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"{name}: found values that are no numbers, expected {expected}"
        ) from error
