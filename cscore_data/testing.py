"""Small synthetic cubes, for tests and documentation."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cscore_data.schema import MARGIN_STEP, cube_template
from cscore_data.storage.pieces import run_digest


def make_cube(
    *,
    ratios: Sequence[float] = (0.2, 0.5, 0.8),
    runs: int = 6,
    examples: int = 20,
    classes: int = 4,
    seed: int = 0,
    record: str = "correct",
) -> xr.Dataset:
    """A small synthetic cube in memory, complete, with easy and hard examples.

    Parameters
    ----------
    ratios, runs, examples, classes, seed
    record : {"correct", "margin"}
        As in `cube_template`; margins agree with `correct`.

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
    template = cube_template(ratios, runs, label, runs_per_chunk=runs, record=record)
    # A deep copy, as dask gives equal zeros the same memory.
    cube = template.compute().copy(deep=True)

    shape = cube["correct"].shape
    column = np.asarray(ratios)[:, None, None]
    difficulty = np.linspace(0, 1, examples)
    chance = np.clip(1.1 - difficulty * (1.2 - column), 0, 1)
    held_out = random.random(shape) >= column
    correct = random.random(shape) < chance

    cube["held_out"].values[:] = held_out
    cube["correct"].values[:] = correct
    others = []
    if record == "margin":
        margin = random.exponential(2, shape) * np.where(correct, 1, -1)
        steps = np.clip(np.rint(margin / MARGIN_STEP), -127, 127)
        wrong = (label + random.integers(1, classes, shape)) % classes
        cube["margin"].values[:] = steps * MARGIN_STEP
        cube["prediction"].values[:] = np.where(correct, label, wrong)
        others = [steps.astype(np.int8), cube["prediction"].values]
    for index, run in np.ndindex(shape[:2]):
        rows = [array[index, run] for array in (correct, held_out, *others)]
        cube["digest"].values[index, run] = run_digest(ratios[index], run, *rows)
    cube["done"].values[:] = True
    return cube.assign_attrs(title="Synthetic cube", dataset="synthetic", example_order="original")
