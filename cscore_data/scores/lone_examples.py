"""Examples that are the only one of their class: no model that held them out knows the class."""

import numpy as np
import xarray as xr

from cscore_data.scores.run_blocks import plan_of
from cscore_data.scores.vote import NO_VOTE


def lone_examples(cube: xr.Dataset) -> xr.DataArray | None:
    """Which examples are the only one of their class.

    Parameters
    ----------
    cube : xarray.Dataset
        With the coordinate `label`, or without.

    Returns
    -------
    xarray.DataArray or None
        Bool (example,), lazy if the labels are. None if none are known: without labels, or where
        the cube is a selection of the examples that its plan is for, as others of a class may be
        among the rest.

    Examples
    --------
    >>> lone_examples(xr.Dataset(coords={"label": ("example", [3, 5, 3])})).values
    array([False,  True, False])
    """
    if "label" not in cube.coords:
        return None
    examples = cube.sizes["example"]
    if plan_of(cube).get("examples", examples) != examples:
        return None
    label = cube["label"].reset_coords(drop=True)
    if label.chunks is not None:
        label = label.chunk({"example": -1})
    found: xr.DataArray = xr.apply_ufunc(
        _is_alone, label, dask="parallelized", output_dtypes=[np.bool_]
    )
    return found


def without_lone_examples(statistic: xr.DataArray, is_lone: xr.DataArray | None) -> xr.DataArray:
    """A statistic of held-out runs without the examples that `lone_examples` has found.

    They get NaN; a vote, which is a whole number, becomes `NO_VOTE`.
    """
    if is_lone is None or (is_lone.chunks is None and not is_lone.any()):
        return statistic
    if statistic.dtype.kind == "f":
        return statistic.where(~is_lone)
    return statistic.where(~is_lone, NO_VOTE)


def _is_alone(label: np.ndarray) -> np.ndarray:
    _, index, size = np.unique(label, return_inverse=True, return_counts=True)
    alone: np.ndarray = size[index] == 1
    return alone
