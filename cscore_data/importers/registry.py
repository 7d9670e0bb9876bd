"""The formats of other projects' runs that can be imported as cubes."""

import inspect
from collections.abc import Callable
from typing import Any

import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.importers.arrays import import_arrays
from cscore_data.schema import validate_cube
from cscore_data.storage.provenance import history_line

#: Called with a source and, by keyword, options; returns a cube, in memory or lazy, or raises
#: `InvalidInputError` if the source is not in its format.
Importer = Callable[..., xr.Dataset]

#: Importers by the name of their format. To add a format, write a module next to this one with an
#: importer, and add an entry here.
IMPORTERS: dict[str, Importer] = {
    "arrays": import_arrays,
}


def import_runs(format: str, source: Any, **options: Any) -> xr.Dataset:
    """Import other projects' runs as a cube.

    Parameters
    ----------
    format : str
        A key of `IMPORTERS`.
    source : any
        A path or whatever else the importer reads.
    **options
        Options of the importer.

    Returns
    -------
    xarray.Dataset
        A cube that `reduce_cube` reduces, in memory or lazy.

    Raises
    ------
    InvalidInputError
        If the format or an option is unknown, or the source is not in this format.

    Examples
    --------
    Four runs on three examples, two of which each run trained on:

    >>> import numpy as np
    >>> train_mask = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]], bool)
    >>> correct = np.array([[1, 1, 1], [0, 1, 1], [1, 1, 1], [1, 1, 0]], bool)
    >>> source = {"correct": correct, "train_mask": train_mask, "label": np.array([1, 1, 1])}
    >>> cube = import_runs("arrays", source)
    >>> dict(cube.sizes)
    {'ratio': 1, 'run': 4, 'example': 3}

    >>> from cscore_data import reduce_cube
    >>> reduce_cube(cube)["cscore"].values
    array([0. , 1. , 0.5])
    """
    if format not in IMPORTERS:
        raise InvalidInputError(
            f"format of runs: found {format!r}, expected one of {', '.join(IMPORTERS)}"
        )
    importer = IMPORTERS[format]
    try:
        inspect.signature(importer).bind(source, **options)
    except TypeError as error:
        raise InvalidInputError(f"options of {format}: {error}") from error
    cube = importer(source, **options)
    return validate_cube(cube.assign_attrs(history=history_line("import_runs", [format])))
