"""The format of cubes: names, dims, dtypes and chunks, the template of a new one, validation.

A *cube* holds what every trained model did on every example (ratio, run, example). *Scores* are
what is left when runs are averaged away; `scores.statistics` describes them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError

SCHEMA_VERSION = 1

#: Maximum number of examples in a chunk: 128 KiB per run, with bool.
EXAMPLES_PER_CHUNK = 131_072


class Variable(NamedTuple):
    """What a variable or coordinate of a format must be.

    Attributes
    ----------
    dims : tuple of str
    kinds : str
        Kinds of dtype that it may have, as in `numpy.dtype.kind`.
    meaning : str
        Its `long_name`.
    """

    dims: tuple[str, ...]
    kinds: str
    meaning: str


_CELL = ("ratio", "run", "example")
_TEST_CELL = ("ratio", "run", "test_example")

#: The variables that make a cube, in the order of writing; readers ignore any others.
#:
#: `held_out` is False both for "trained on" and for "not run yet": what needs the first asks for
#: ``done & ~held_out``.
CUBE_VARIABLES = {
    "correct": Variable(_CELL, "b", "the trained model classifies the example correctly"),
    "held_out": Variable(_CELL, "b", "the example was not in this run's training subset"),
    "margin": Variable(_CELL, "f", "log p/(1-p) of the labelled class's probability p"),
    "prediction": Variable(_CELL, "i", "class that the model gives, an index into class"),
    "test_correct": Variable(_TEST_CELL, "b", "the model classifies the test example correctly"),
    "test_margin": Variable(_TEST_CELL, "f", "log p/(1-p) of the test label's probability p"),
    "test_prediction": Variable(_TEST_CELL, "i", "class of the test example that the model gives"),
    "digest": Variable(
        ("ratio", "run"), "u", "checksum of the run's correct and held_out; 0 where it is not done"
    ),
    "done": Variable(("ratio", "run"), "b", "the run is complete in this cube"),
}

#: Variables with a value for each example, or test example, of a run, in the order of writing.
CELL_VARIABLES = tuple(name for name, known in CUBE_VARIABLES.items() if len(known.dims) == 3)

#: What all cubes have: older ones have no digest, and others are recorded on request.
_REQUIRED = ("correct", "held_out", "done", "ratio", "run", "example", "label")

#: What a cube records of each trained model: whether it is right, or its margins as well.
RECORDS = ("correct", "margin")

#: On disk a margin is a whole number of these steps in int8, so within ±31.75. That is half the
#: space of float16, for a loss of 2e-5 in rank correlations of mean margins
#: (benchmarks/README.md).
MARGIN_STEP = 0.25
MARGIN_MISSING = -128

#: The value of a prediction that is missing.
PREDICTION_MISSING = -1

COORDINATES = {
    "ratio": Variable(("ratio",), "f", "subset ratio n/N"),
    "run": Variable(("run",), "iu", "number of the run"),
    "example": Variable(("example",), "iu", "index in the data set's original order"),
    "label": Variable(("example",), "iu", "class"),
    "filename": Variable(("example",), "UOT", "file name of the example"),
    "test_example": Variable(("test_example",), "iu", "index in the test split's original order"),
    "test_label": Variable(("test_example",), "iu", "class of the test example"),
    "class": Variable(("class",), "iu", "label of the class"),
    "class_name": Variable(("class",), "UOT", "name of the class"),
}


def cube_template(
    ratios: Sequence[float],
    runs: int,
    label: np.ndarray,
    *,
    runs_per_chunk: int,
    filename: np.ndarray | None = None,
    example: np.ndarray | None = None,
    record: str = "correct",
    class_names: Sequence[str] = (),
    test_label: np.ndarray | None = None,
    test_example: np.ndarray | None = None,
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """An empty cube: nothing is right, held out or done; lazy, with the chunks that a store has.

    Parameters
    ----------
    ratios : sequence of float
    runs : int
        Number of runs at each ratio.
    label : int (example,)
        Classes, in the data set's original order.
    runs_per_chunk : int
        Runs in a piece.
    filename : str (example,), optional
    example : int64 (example,), optional
        Index of each example in its source, where some were left out; by default they are counted.
    record : {"correct", "margin"}
        With ``margin``, the cube also has room for margins and predictions.
    class_names : sequence of str
        Names of classes 0, 1, …; with them, a cube of either kind has the coordinates `class` and
        `class_name` (class,).
    test_label : int (test_example,), optional
        Classes of a test split; with them, the cube also has room for results on it.
    test_example : int64 (test_example,), optional
        As `example`.
    attrs : mapping, optional
        Root attributes besides `schema_version`.

    Returns
    -------
    xarray.Dataset
        `correct` and `held_out` bool (ratio, run, example), `digest` uint64 and `done` bool
        (ratio, run), all lazy; takes no memory. With margins, also `margin` float32, NaN, and
        `prediction`, -1, int8 or wider (ratio, run, example), and the coordinate `class`, the
        distinct labels. With test labels, also `test_correct` and, with margins, `test_margin` and
        `test_prediction` (ratio, run, test_example).

    Raises
    ------
    InvalidInputError
        If there is no such record, or the labels are not 1-d.

    Examples
    --------
    >>> import numpy as np
    >>> template = cube_template([0.2, 0.8], 50, np.zeros(1000, int), runs_per_chunk=10)
    >>> dict(template.sizes)
    {'ratio': 2, 'run': 50, 'example': 1000}
    >>> template["correct"].data.chunksize
    (1, 10, 1000)
    """
    import dask.array

    if record not in RECORDS:
        raise InvalidInputError(f"record: found {record!r}, expected {' or '.join(RECORDS)}")
    coords = {
        "ratio": coordinate("ratio", np.asarray(ratios, np.float64)),
        "run": coordinate("run", np.arange(runs, dtype=np.int32)),
        **_labelled("example", label, example),
    }
    if test_label is not None:
        coords |= _labelled("test_example", test_label, test_example)
    if filename is not None:
        coords["filename"] = coordinate("filename", np.asarray(filename, np.dtypes.StringDType()))
    classes = np.unique(label)
    if record == "margin" or class_names:
        coords["class"] = coordinate("class", classes.astype(np.int64))
    if class_names:
        names = np.array([class_names[index] for index in classes], np.dtypes.StringDType())
        coords["class_name"] = coordinate("class_name", names)

    # Lazy variables of these sizes.
    sizes = {name: variable.size for name, variable in coords.items()}
    chunks = {name: min(size, EXAMPLES_PER_CHUNK) for name, size in sizes.items()}
    chunks |= {"ratio": 1, "run": runs_per_chunk}
    variables = {}
    empty_values = _empty_values(record, len(classes), with_test=test_label is not None)
    for name, empty in empty_values.items():
        known = CUBE_VARIABLES[name]
        data = dask.array.full(
            shape=tuple(sizes[dim] for dim in known.dims),
            fill_value=empty,
            dtype=empty.dtype,
            chunks=tuple(chunks[dim] for dim in known.dims),
        )
        variables[name] = (known.dims, data, {"long_name": known.meaning})
    return xr.Dataset(variables, coords, {"schema_version": SCHEMA_VERSION, **(attrs or {})})


def _labelled(dim: str, label: Any, index: np.ndarray | None) -> dict[str, xr.Variable]:
    """Index and label of the examples, or test examples, that are the dim."""
    name = dim.replace("example", "label")
    label = np.asarray(label)
    if label.ndim != 1:
        raise InvalidInputError(
            f"{name}: found shape {label.shape}, expected ({dim},); {name}.ravel() may be it"
        )
    index = np.arange(label.size) if index is None else np.asarray(index)
    return {dim: coordinate(dim, index.astype(np.int64)), name: coordinate(name, label)}


def _empty_values(record: str, classes: int, *, with_test: bool) -> dict[str, np.generic]:
    """What each variable of a cube holds where nothing is written, in the order of writing."""
    outcomes: dict[str, np.generic] = {"correct": np.False_}
    if record == "margin":
        outcomes["margin"] = np.float32(np.nan)
        # The narrowest signed type that can hold all classes.
        outcomes["prediction"] = np.min_scalar_type(-max(classes, 1)).type(PREDICTION_MISSING)
    values = {**outcomes, "held_out": np.False_, "digest": np.uint64(0), "done": np.False_}
    if with_test:
        values |= {f"test_{name}": empty for name, empty in outcomes.items()}
    return {name: values[name] for name in CUBE_VARIABLES if name in values}


def coordinate(name: str, values: np.ndarray) -> xr.Variable:
    """A coordinate of the format, with its dims and `long_name`."""
    known = COORDINATES[name]
    return xr.Variable(known.dims, values, {"long_name": known.meaning})


def validate_cube(cube: xr.Dataset) -> xr.Dataset:
    """Return `cube` unchanged if it is one; reads names, dims, dtypes and version, never the data.

    Raises
    ------
    InvalidInputError
        Naming the first thing that is missing or of another form, found and expected.
    """
    version = cube.attrs.get("schema_version")
    if "cscore" in cube and "correct" not in cube:
        raise InvalidInputError(
            "these are scores, not a cube of runs; give the cube that they were made from"
        )
    if version is None:
        raise InvalidInputError(
            "this is not a cube, as it has no schema_version; give one that train-holdout has made"
        )
    if version != SCHEMA_VERSION:
        raise InvalidInputError(
            f"schema_version: found {version}, expected {SCHEMA_VERSION}; read it with the version "
            "of cscore_data that wrote it"
        )
    check_variables(cube, {**CUBE_VARIABLES, **COORDINATES}, _REQUIRED)
    return cube


def check_variables(
    dataset: xr.Dataset, known: Mapping[str, Variable], required: Sequence[str]
) -> None:
    """Raise `InvalidInputError` at the first variable that is missing or of another form.

    Parameters
    ----------
    dataset : xarray.Dataset
    known : mapping of str to Variable
        What variables of these names must be, if they are there.
    required : sequence of str
        Names that must be there.
    """
    if not isinstance(dataset, xr.Dataset):
        raise InvalidInputError(
            f"found {type(dataset).__name__}, expected xarray.Dataset with {', '.join(required)}"
        )
    missing = [name for name in required if name not in dataset.variables]
    if missing:
        found = ", ".join(map(str, dataset.variables)) or "nothing"
        raise InvalidInputError(f"missing {', '.join(missing)}; found {found}")
    for name, expected in known.items():
        if name not in dataset.variables:
            continue
        variable = dataset[name]
        if variable.dims != expected.dims:
            raise InvalidInputError(f"{name}: found dims {variable.dims}, expected {expected.dims}")
        if variable.dtype.kind not in expected.kinds:
            raise InvalidInputError(
                f"{name}: found dtype {variable.dtype}, expected a dtype of kind {expected.kinds!r}"
            )
