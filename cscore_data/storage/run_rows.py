"""What runs have for each example and test example, as it is stored: checked, packed, summed up."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import CELL_VARIABLES, CUBE_VARIABLES
from cscore_data.storage.margins import check_predictions, stored_margin, stored_prediction
from cscore_data.storage.pieces import Piece, run_digest

#: Kinds of dtype that a row may have, and what to call them, by what the variable holds.
_KINDS = {
    "correct": ("b", "bool"),
    "held_out": ("b", "bool"),
    "margin": ("f", "float"),
    "prediction": ("iu", "int"),
}

#: Rows that a cube may lack.
_OPTIONAL = tuple(name for name in CELL_VARIABLES if name not in ("correct", "held_out"))


def stored_rows(
    dataset: xr.Dataset,
    arrays: Mapping[str, zarr.Array[Any]],
    given: Mapping[str, np.ndarray | None],
    valid: np.ndarray,
) -> dict[str, np.ndarray]:
    """The rows of runs as a cube stores them, in the order of writing.

    Parameters
    ----------
    dataset : xarray.Dataset
        The cube.
    arrays : mapping of str to zarr.Array
        Of the cube's variables.
    given : mapping of str to array (run, example) or (run, test_example), or None
        By names of `CELL_VARIABLES`; None is as good as nothing.
    valid : bool (run,)
        Runs that count; nothing is kept of the others.

    Raises
    ------
    InvalidInputError
        If the cube has no such variable, or another one as well, or a value is not possible.
    """
    check_names(arrays, given)
    rows = {}
    for name in CELL_VARIABLES:
        values = given.get(name)
        if values is None:
            continue
        match _quantity(name):
            case "margin":
                rows[name] = stored_margin(values, valid, name=name)
            case "prediction":
                classes = dataset.sizes["class"]
                dtype = arrays[name].dtype
                rows[name] = stored_prediction(
                    values, valid, classes=classes, dtype=dtype, name=name
                )
            case _:
                rows[name] = values & valid[:, np.newaxis]
    return rows


def one_run(
    dataset: xr.Dataset,
    arrays: Mapping[str, zarr.Array[Any]],
    given: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """Check what a single run is said to have, and make a row of each array.

    Parameters
    ----------
    dataset : xarray.Dataset
        The cube.
    arrays : mapping of str to zarr.Array
        Of the cube's variables.
    given : mapping of str to array (example,) or (test_example,), or None
        By names of `CELL_VARIABLES`.

    Returns
    -------
    dict of str to array (1, example) or (1, test_example)

    Raises
    ------
    InvalidInputError
        If the cube has no such variable, an array is of another dtype or shape, or predictions
        contradict what is correct.
    """
    check_names(arrays, given)
    for test in ("", "test_"):
        prediction = given.get(f"{test}prediction")
        if prediction is not None and "class" in dataset.coords:
            check_predictions(
                np.asarray(given[f"{test}correct"]),
                np.asarray(prediction),
                label=dataset[f"{test}label"].values,
                classes=dataset["class"].values,
                name=f"{test}prediction",
            )
    rows = {}
    for name, values in given.items():
        if values is not None or name not in _OPTIONAL:
            rows[name] = _row(dataset, name, values)
    return rows


def check_names(arrays: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise `InvalidInputError` unless just the variables that a cube has are given."""
    wanted = [name for name in _OPTIONAL if name in arrays]
    found = [name for name in _OPTIONAL if given.get(name) is not None]
    if found == wanted:
        return
    expected = [f"no {name}" for name in found if name not in wanted]
    if not set(wanted) <= set(found):
        expected = [*wanted, *expected]
    raise InvalidInputError(f"expected {' and '.join(expected)}, as the cube was made for")


def rows_digests(piece: Piece, rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """Checksums of the pending runs of a piece: uint64 (run,).

    Parameters
    ----------
    piece : Piece
    rows : mapping of str to array (run, …)
        As they are stored.
    """
    digests = []
    for place, run in enumerate(piece.pending):
        of_run = {name: values[place] for name, values in rows.items()}
        digests.append(rows_digest(piece.ratio, run, of_run))
    return np.array(digests, np.uint64)


def rows_digest(ratio: float, run: int, rows: Mapping[str, np.ndarray]) -> int:
    """Checksum of one run, from its rows by name, as they are stored; see `pieces.run_digest`.

    Rows that are not in `CELL_VARIABLES` do not count.
    """
    ordered = [rows[name] for name in CELL_VARIABLES if name in rows]
    return run_digest(ratio, run, *ordered)


def _quantity(name: str) -> str:
    """What a variable of examples or test examples holds."""
    return name.removeprefix("test_")


def _row(dataset: xr.Dataset, name: str, values: Any) -> np.ndarray:
    """An array as one row; `InvalidInputError` unless it has a value of the right kind each."""
    array = np.asarray(values)
    dim = CUBE_VARIABLES[name].dims[-1]
    shape = (dataset.sizes[dim],)
    kinds, expected = _KINDS[_quantity(name)]
    if array.dtype.kind not in kinds or array.shape != shape:
        raise InvalidInputError(
            f"{name}: found {array.dtype} {array.shape}, expected {expected} {shape}, one "
            f"value per {dim.replace('_', ' ')}"
        )
    row: np.ndarray = array[np.newaxis]
    return row
