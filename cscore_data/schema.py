"""The vocabulary: names, dims, dtypes and chunks of cubes and scores, their validation, and small synthetic ones.

A *cube* holds what every trained model did on every example (ratio, run, example). *Scores* are what is left when runs
are averaged away; reduced, published and foreign scores share that one format.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dask.array
import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError

SCHEMA_VERSION = 1


class Variable(NamedTuple):
    """What a variable or coordinate of a format must be.

    Attributes
    ----------
    dims : tuple of str
    kinds : str
        The kinds of dtype that it may have, as in `numpy.dtype.kind`.
    meaning : str
        Its `long_name`.
    """

    dims: tuple[str, ...]
    kinds: str
    meaning: str


#: Examples in a chunk at most: with bool, 128 KiB a run.
EXAMPLES_PER_CHUNK = 131_072

#: name: (dims, dtype kinds, meaning) of the variables that make a cube; readers ignore any others.
CUBE_VARIABLES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "correct": (("ratio", "run", "example"), "b", "the trained model classifies the example correctly"),
    "held_out": (("ratio", "run", "example"), "b", "the example was not in this run's training subset"),
    "digest": (("ratio", "run"), "u", "checksum of the run's correct and held_out; 0 where it is not done"),
    "done": (("ratio", "run"), "b", "the run is complete in this cube"),
}

#: Those that a cube may lack.
_OPTIONAL = {"digest"}

#: The same for scores. Only `cscore` must be there: published files carry no profile.
SCORE_VARIABLES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "held_out_count": (("ratio", "example"), "iu", "runs in which the example was held out"),
    "profile": (("ratio", "example"), "f", "held-out accuracy at each subset ratio (consistency profile)"),
    "cscore": (("example",), "f", "consistency score: mean of the profile over subset ratios; higher = more regular"),
    "cscore_stderr": (("example",), "f", "standard error of the consistency score, runs taken as independent"),
}

COORDINATES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "ratio": (("ratio",), "f", "subset ratio n/N"),
    "run": (("run",), "iu", "number of the run"),
    "example": (("example",), "iu", "index in the data set's original order"),
    "label": (("example",), "iu", "class"),
    "filename": (("example",), "UOT", "file name of the example"),
}

#: Root attributes of a cube that its scores inherit: what the scores are scores of.
INHERITED_ATTRS = ("dataset", "example_order", "example_digest", "plan", "plan_digest", "recipe", "device", "history")


def cube_template(
    ratios: Sequence[float],
    runs: int,
    label: np.ndarray,
    *,
    runs_per_chunk: int,
    filename: np.ndarray | None = None,
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """An empty cube: every variable False, lazy, with the chunks that a store has.

    Parameters
    ----------
    ratios : sequence of float
    runs : int
    label : int (example,)
        Classes, in the data set's original order.
    runs_per_chunk : int
        Runs in a piece.
    filename : str (example,), optional
    attrs : mapping, optional
        Root attributes beside `schema_version`.

    Returns
    -------
    xarray.Dataset
        `correct` and `held_out` bool (ratio, run, example), `digest` uint64 and `done` bool (ratio, run), all lazy;
        takes no memory.
    """
    sizes = {"ratio": len(ratios), "run": runs, "example": len(label)}
    chunks = {"ratio": 1, "run": runs_per_chunk, "example": min(len(label), EXAMPLES_PER_CHUNK)}
    variables = {}
    for name, (dims, _, meaning) in CUBE_VARIABLES.items():
        shape = tuple(sizes[dim] for dim in dims)
        dtype = np.uint64 if name == "digest" else np.bool_
        zeros = dask.array.zeros(shape, dtype=dtype, chunks=tuple(chunks[dim] for dim in dims))
        variables[name] = (dims, zeros, {"long_name": meaning})
    coords = {
        "ratio": _coordinate("ratio", np.asarray(ratios, np.float64)),
        "run": _coordinate("run", np.arange(runs, dtype=np.int32)),
        "example": _coordinate("example", np.arange(len(label), dtype=np.int64)),
        "label": _coordinate("label", np.asarray(label)),
    }
    if filename is not None:
        coords["filename"] = _coordinate("filename", np.asarray(filename, np.dtypes.StringDType()))
    return xr.Dataset(variables, coords, {"schema_version": SCHEMA_VERSION, **(attrs or {})})


def validate_cube(cube: xr.Dataset) -> xr.Dataset:
    """Return `cube` unchanged if it is one; reads names, dims, dtypes and the schema version, never the data.

    Raises
    ------
    InvalidInputError
        Naming the first thing that is missing or of another shape or type, found and expected.
    """
    version = cube.attrs.get("schema_version")
    if version != SCHEMA_VERSION:
        reason = "this is not a cube" if version is None else "read it with the version of cscore_data that wrote it"
        if "cscore" in cube:
            reason = "these are scores, made from a cube already"
        raise InvalidInputError(f"schema_version: found {version}, expected {SCHEMA_VERSION}; {reason}")
    required = [name for name in CUBE_VARIABLES if name not in _OPTIONAL]
    _validate(cube, {**CUBE_VARIABLES, **COORDINATES}, [*required, "ratio", "run", "example", "label"])
    return cube


def validate_scores(scores: xr.Dataset) -> xr.Dataset:
    """Return `scores` unchanged if they are some; reads names, dims and dtypes, never the data.

    Raises
    ------
    InvalidInputError
        Naming the first thing that is missing or of another shape or type, found and expected.
    """
    _validate(scores, {**SCORE_VARIABLES, **COORDINATES}, ["cscore", "example"])
    return scores


def make_cube(
    *, ratios: Sequence[float] = (0.2, 0.5, 0.8), runs: int = 6, examples: int = 20, classes: int = 4, seed: int = 0
) -> xr.Dataset:
    """A small synthetic cube in memory, complete, with easy and hard examples; for tests and documentation.

    Returns
    -------
    xarray.Dataset
        Examples become harder with their index; a larger ratio makes every example easier.
    """
    random = np.random.default_rng(seed)
    template = cube_template(ratios, runs, np.arange(examples) % classes, runs_per_chunk=runs)
    cube = template.compute().copy(deep=True)  # dask gives equal zeros the same memory
    shape = cube["correct"].shape
    column = np.asarray(ratios)[:, None, None]
    cube["held_out"].values[:] = random.random(shape) >= column
    chance = np.clip(1.1 - np.linspace(0, 1, examples) * (1.2 - column), 0, 1)
    cube["correct"].values[:] = random.random(shape) < chance
    for ratio, run in np.ndindex(shape[:2]):
        rows = (cube[name].values[ratio, run] for name in ("correct", "held_out"))
        cube["digest"].values[ratio, run] = run_digest(ratios[ratio], run, *rows)
    cube["done"].values[:] = True
    return cube.assign_attrs(title="Synthetic cube", dataset="synthetic", example_order="original")


def objects_per_piece(examples: int) -> int:
    """Chunk files that a piece is made of: those of `correct` and `held_out`, and one each for `digest` and `done`."""
    return 2 * -(-examples // EXAMPLES_PER_CHUNK) + 2


def run_digest(ratio: float, run: int, correct: np.ndarray, held_out: np.ndarray) -> int:
    """Checksum of one run, 64 bits: of its ratio and number too, so that rows that changed places are noticed.

    Parameters
    ----------
    correct, held_out : bool (example,)
    """
    sha = hashlib.blake2b(f"{float(ratio)!r} {run} {len(correct)} ".encode(), digest_size=8)
    for row in (correct, held_out):
        sha.update(np.packbits(row).data)
    return int.from_bytes(sha.digest(), "little")


def describe(name: str) -> dict[str, str]:
    """Attributes of a variable or coordinate of the format: its `long_name`, and `units` where it has one."""
    meaning = {**CUBE_VARIABLES, **SCORE_VARIABLES, **COORDINATES}[name][2]
    return {"long_name": meaning, **({"units": "1"} if name in SCORE_VARIABLES else {})}


def coordinate(name: str, values: np.ndarray) -> xr.Variable:
    """A coordinate of the format, with its dims and `long_name`."""
    return xr.Variable(COORDINATES[name][0], values, {"long_name": COORDINATES[name][2]})


def check_variables(
    dataset: xr.Dataset, known: Mapping[str, Variable], required: Sequence[str]
) -> None:
    """Raise `InvalidInputError` at the first variable that is missing or of another form."""
    _validate(dataset, known, required)


def _coordinate(name: str, values: np.ndarray) -> xr.Variable:
    return xr.Variable(COORDINATES[name][0], values, describe(name))


def _validate(
    dataset: xr.Dataset, known: Mapping[str, tuple[tuple[str, ...], str, str]], required: Sequence[str]
) -> None:
    missing = [name for name in required if name not in dataset.variables]
    if missing:
        found = ", ".join(map(str, dataset.variables)) or "nothing"
        raise InvalidInputError(f"missing {', '.join(missing)}; found {found}")
    for name, (dims, kinds, _) in known.items():
        if name not in dataset.variables:
            continue
        variable = dataset[name]
        if variable.dims != dims:
            raise InvalidInputError(f"{name}: found dims {variable.dims}, expected {dims}")
        if variable.dtype.kind not in kinds:
            raise InvalidInputError(f"{name}: found dtype {variable.dtype}, expected a dtype of kind {kinds!r}")
