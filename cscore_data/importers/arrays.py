"""Importer of plain arrays: which examples each run trained on, and which it got right."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from cscore_data.data.npz import read_npz_arrays
from cscore_data.errors import InvalidInputError
from cscore_data.importers.cube import complete_cube, subset_ratio

_NAMES = {name: (name,) for name in ("correct", "held_out", "train_mask", "label")}


def import_arrays(
    source: str | Path | Mapping[str, np.ndarray],
    *,
    ratio: float | None = None,
    dataset: str | None = None,
) -> xr.Dataset:
    """Import runs from an npz file or a mapping of arrays.

    Parameters
    ----------
    source : path or mapping of str to array
        Arrays `correct` bool (run, example): the run's model classifies the example correctly;
        `held_out` or its opposite `train_mask` bool (run, example); `label` int (example,).
        Others are ignored.
    ratio : float, optional
        Subset ratio n/N; by default the share of the examples that a run trained on.
    dataset : str, optional
        Name of the data set, as `load_examples` knows it, if the examples are in its order.

    Returns
    -------
    xarray.Dataset
        A complete cube in memory, with one ratio.

    Raises
    ------
    InvalidInputError
        If an array is missing or of another shape or dtype, or if runs trained on subsets of
        different sizes.
    """
    if isinstance(source, Mapping):
        arrays = source
    else:
        arrays = read_npz_arrays(source, _NAMES, optional=_NAMES)
    correct = _array(arrays, "correct", kinds="b", ndim=2)
    label = _array(arrays, "label", kinds="iu", ndim=1)
    held_out = _held_out(arrays)
    if correct.shape != held_out.shape or correct.shape[1:] != label.shape or not correct.size:
        raise InvalidInputError(
            f"runs: found correct of shape {correct.shape}, masks of shape {held_out.shape} and "
            f"label of shape {label.shape}, expected (run, example) twice and (example,)"
        )

    attrs = {"title": "Imported runs"}
    if dataset is not None:
        attrs = {"title": f"Imported runs on {dataset}", "dataset": dataset}
        attrs["example_order"] = "original"
    ratio = subset_ratio(held_out, ratio)
    return complete_cube(correct, held_out, label, ratio=ratio, attrs=attrs)


def _array(arrays: Mapping[str, np.ndarray], name: str, *, kinds: str, ndim: int) -> np.ndarray:
    if name not in arrays:
        raise InvalidInputError(f"runs: found no array {name}")
    array = np.asarray(arrays[name])
    if array.dtype.kind not in kinds or array.ndim != ndim:
        raise InvalidInputError(
            f"runs: {name} has shape {array.shape} and dtype {array.dtype}, expected {ndim} dims "
            f"and a dtype of kind {kinds!r}"
        )
    return array


def _held_out(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    if ("held_out" in arrays) == ("train_mask" in arrays):
        raise InvalidInputError("runs: expected one of the arrays held_out and train_mask")
    if "held_out" in arrays:
        return _array(arrays, "held_out", kinds="b", ndim=2)
    return ~_array(arrays, "train_mask", kinds="b", ndim=2)
