"""Training until the scores are reliable enough: block by block, at all ratios alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import xarray as xr

from cscore_data.storage.cube import Cube
from cscore_data.storage.zarr_store import is_free
from cscore_data.studies.study import Study, open_study

#: The reliability of the scores of a cube, 0..1; NaN where it cannot be told yet.
Reliability = Callable[[xr.Dataset], float]


@dataclass(frozen=True)
class Reached:
    """How far training came.

    Attributes
    ----------
    cube : Cube
    models : int
        Models trained by this process.
    runs : int
        Runs at each ratio that the cube has room for.
    reliability : float
        Of all runs that are done; NaN if it cannot be told.
    """

    cube: Cube
    models: int
    runs: int
    reliability: float


def train_until(
    study: Study,
    *,
    aim: float,
    reliability: Reliability,
    train: Callable[[Study, Cube], int],
    command: str,
    overwrite: bool = False,
) -> Reached:
    """Add runs in blocks until the reliability of the scores reaches an aim, or all runs are there.

    A block is a piece's number of runs. After each block that is complete at all ratios, whoever
    finds it so looks at the reliability; with several processes or shards that may be any of them.

    Parameters
    ----------
    study : Study
        Its `runs` are the most that are trained.
    aim : float
        The reliability to train for, in (0, 1).
    reliability : callable
        From a cube to the reliability of its scores.
    train : callable
        Trains what a study's cube lacks; returns the number of models.
    command : str
        As in `open_study`.
    overwrite : bool
        As in `open_study`.

    Raises
    ------
    CscoreDataError
        As `open_study` and `train`.
    """
    block = study.runs_per_chunk_or_default()
    first = block if overwrite else max(block, stored_runs(study))
    cube = open_study(
        replace(study, runs=min(first, study.runs)), command=command, overwrite=overwrite
    )
    models = 0
    while True:
        runs = cube.dataset.sizes["run"]
        models += train(replace(study, runs=runs), cube)
        # With several shards, this one may be done before the block is complete.
        is_complete = not cube.pieces()
        found = reliability(cube.dataset) if is_complete else float("nan")
        if found >= aim or runs >= study.runs:
            return Reached(cube, models, runs, found)
        cube.extend(min(study.runs, runs + block), history="")


def stored_runs(study: Study) -> int:
    """Number of runs at each ratio that the study's cube has; 0 if there is none."""
    if is_free(study.path):
        return 0
    return int(Cube.open(study.path).dataset.sizes["run"])
