"""Small synthetic cubes, for tests and documentation."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cscore_data.schema import MARGIN_STEP, cube_template
from cscore_data.storage.margins import MARGINS
from cscore_data.storage.run_rows import rows_digest


def make_cube(
    *,
    ratios: Sequence[float] = (0.2, 0.5, 0.8),
    runs: int = 6,
    examples: int = 20,
    classes: int = 4,
    seed: int = 0,
    record: str = "correct",
    test_examples: int = 0,
) -> xr.Dataset:
    """A small synthetic cube in memory, complete, with easy and hard examples.

    Parameters
    ----------
    ratios, runs, examples, classes, seed
    record : {"correct", "margin"}
        As in `cube_template`; margins agree with `correct`.
    test_examples : int
        If it is not 0, the cube has results on a test split of so many examples.

    Returns
    -------
    xarray.Dataset
        Examples become harder with their index; a larger ratio makes every example easier.

    Examples
    --------
    >>> cube = make_cube(runs=10, examples=5)
    >>> dict(cube.sizes)
    {'ratio': 3, 'run': 10, 'example': 5}
    >>> bool(cube["done"].all())
    True
    """
    random = np.random.default_rng(seed)
    label = np.arange(examples) % classes
    test_label = np.arange(test_examples) % classes if test_examples else None
    template = cube_template(
        ratios, runs, label, runs_per_chunk=runs, record=record, test_label=test_label
    )
    # A deep copy, as dask gives equal zeros the same memory.
    cube = template.compute().copy(deep=True)

    # As they are stored: margins are numbers of steps.
    shape = cube["correct"].shape
    held_out = random.random(shape) >= np.asarray(ratios)[:, None, None]
    stored = {"held_out": held_out, **_outcomes(cube, "", classes, random)}
    if test_examples:
        stored |= _outcomes(cube, "test_", classes, random)
    for name, values in stored.items():
        step = MARGIN_STEP if name in MARGINS else 1
        cube[name].values[:] = values * step
    for index, run in np.ndindex(shape[:2]):
        rows = {name: values[index, run] for name, values in stored.items()}
        cube["digest"].values[index, run] = rows_digest(ratios[index], run, rows)
    cube["done"].values[:] = True
    return cube.assign_attrs(title="Synthetic cube", dataset="synthetic", example_order="original")


def _outcomes(
    cube: xr.Dataset, prefix: str, classes: int, random: np.random.Generator
) -> dict[str, np.ndarray]:
    """What models make of the examples of a cube, or with ``test_`` of its test examples."""
    label = cube[f"{prefix}label"].values
    shape = cube[f"{prefix}correct"].shape
    column = cube["ratio"].values[:, None, None]
    chance = np.clip(1.1 - np.linspace(0, 1, len(label)) * (1.2 - column), 0, 1)
    correct = random.random(shape) < chance
    found = {f"{prefix}correct": correct}
    if "margin" in cube:
        margin = random.exponential(2, shape) * np.where(correct, 1, -1)
        steps = np.clip(np.rint(margin / MARGIN_STEP), -127, 127)
        wrong = (label + random.integers(1, classes, shape)) % classes
        dtype = cube["prediction"].dtype
        found[f"{prefix}margin"] = steps.astype(np.int8)
        found[f"{prefix}prediction"] = np.where(correct, label, wrong).astype(dtype)
    return found
