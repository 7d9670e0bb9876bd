"""The formats of other projects' runs that can be imported as cubes."""

import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.importers.arrays import open_arrays
from cscore_data.importers.datamodels import open_datamodels
from cscore_data.importers.filling import fill, open_destination, verify_imported
from cscore_data.importers.heldout_influence import open_heldout_influence
from cscore_data.importers.lira import open_lira
from cscore_data.importers.memory import cube_in_memory
from cscore_data.importers.runs import KnownExamples, Runs
from cscore_data.schema import validate_cube
from cscore_data.storage.provenance import history_line

#: Called with a source, the `KnownExamples` and, by keyword, options; returns `Runs`, or raises
#: `InvalidInputError` if the source is not in its format.
Importer = Callable[..., Runs]


#: Importers by the name of their format. To add a format, write a module next to this one with an
#: importer, and add an entry here and in `formats.FORMATS`.
IMPORTERS: dict[str, Importer] = {
    "heldout-influence": open_heldout_influence,
    "datamodels": open_datamodels,
    "lira": open_lira,
    "arrays": open_arrays,
}


def open_runs(format: str, source: Any, examples: KnownExamples, **options: Any) -> Runs:
    """Open other projects' runs, examples in original order; little is read.

    Parameters
    ----------
    format : str
        A key of `IMPORTERS`.
    source : any
        A path or whatever else the importer reads.
    examples : KnownExamples
    **options
        Options of the importer.

    Raises
    ------
    InvalidInputError
        If the format or an option is unknown, or the source is not in this format.
    """
    if format not in IMPORTERS:
        raise InvalidInputError(
            f"format of runs: found {format!r}, expected one of {', '.join(IMPORTERS)}"
        )
    importer = IMPORTERS[format]
    known = list(inspect.signature(importer).parameters)[2:]
    for name in options:
        if name not in known:
            raise InvalidInputError(
                f"options of {format}: found {name!r}, expected {', '.join(known)}"
            )
    runs = importer(source, examples, **options)
    imported = json.dumps({"format": format, "name": source_name(source)})
    return replace(runs, attrs={**runs.attrs, "imported": imported}).in_original_order()


def source_name(source: Any) -> str:
    """The name of a source without its folder and suffixes, as it may be moved or packed.

    Examples
    --------
    >>> source_name("http://example.org/cifar10-inception.tar.gz?x=1")
    'cifar10-inception'
    """
    if not isinstance(source, str | PurePath):
        return "arrays"
    name = PurePath(str(source).partition("?")[0]).name
    for suffix in (".gz", ".tgz", ".tar", ".npz", ".zarr"):
        name = name.removesuffix(suffix)
    return name


def import_runs(
    format: str,
    source: Any,
    *,
    out: str | Path | None = None,
    label: np.ndarray | None = None,
    test_label: np.ndarray | None = None,
    dataset: str | None = None,
    **options: Any,
) -> xr.Dataset:
    """Import other projects' runs as a cube.

    Parameters
    ----------
    format : str
        ``heldout-influence``, ``datamodels``, ``lira`` or ``arrays``.
    source : any
        A path or whatever else the importer reads.
    out : path or URL, optional
        The cube, a new store or one that an earlier call began; by default it is made in memory.
    label, test_label : int (example,) and (test_example,), optional
        Labels of the training and test examples, where the source has none.
    dataset : str, optional
        Name of the data set, as `load_examples` knows it, if the examples are in its order.
    **options
        Options of the importer, such as `ratio` and `runs`.

    Returns
    -------
    xarray.Dataset
        A cube that `reduce_cube` reduces, in memory or lazy.

    Raises
    ------
    InvalidInputError
        If the format or an option is unknown, the source is not in this format, or a run is not
        sound. The other runs are in `out` then.

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
    attrs = {}
    if dataset is not None:
        attrs = {"title": f"Imported runs on {dataset}", "dataset": dataset}
        attrs["example_order"] = "original"
    examples = KnownExamples(_as_array(label), _as_array(test_label), attrs=attrs)
    runs = open_runs(format, source, examples, **options)
    history = history_line("import_runs", [format])
    if out is None:
        return validate_cube(cube_in_memory(runs).assign_attrs(history=history))
    imported = fill(runs, open_destination(runs, out, history=history))
    verify_imported(imported.cube)
    imported.raise_refused()
    return imported.cube.dataset


def _as_array(label: Any) -> np.ndarray | None:
    return None if label is None else np.asarray(label)
