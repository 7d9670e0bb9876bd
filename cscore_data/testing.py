"""Small synthetic cubes, for tests and documentation."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cscore_data.schema import cube_template
from cscore_data.storage.pieces import run_digest


def make_cube(
    *,
    ratios: Sequence[float] = (0.2, 0.5, 0.8),
    runs: int = 6,
    examples: int = 20,
    classes: int = 4,
    seed: int = 0,
) -> xr.Dataset:
    """A small synthetic cube in memory, complete, with easy and hard examples.

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
    template = cube_template(ratios, runs, label, runs_per_chunk=runs)
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
    for index, run in np.ndindex(shape[:2]):
        digest = run_digest(ratios[index], run, correct[index, run], held_out[index, run])
        cube["digest"].values[index, run] = digest
    cube["done"].values[:] = True
    return cube.assign_attrs(title="Synthetic cube", dataset="synthetic", example_order="original")
