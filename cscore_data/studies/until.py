"""Training until the scores are reliable enough: block by block, at all ratios alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import xarray as xr

from cscore_data.storage.cube import Cube
from cscore_data.studies.completion import wait_until_complete
from cscore_data.studies.study import Study, open_study, stored_runs

#: Runs in a block, at least. With ten or more, every example has a C-score. Two blocks can be
#: compared: at the default ratios, reliability can be told from 20 balanced runs on.
_RUNS_PER_BLOCK = 12

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
        Runs at each ratio up to which the study was trained.
    missing : int
        Of these, over all ratios, those that other shards have left.
    reliability : float
        Of these runs; NaN if some are missing or it cannot be told.
    """

    cube: Cube
    models: int
    runs: int
    missing: int
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

    A block is a piece's number of runs. Processes that share the cube all look at its reliability
    once a block is complete at all ratios. They see the same runs, so they come to the same end. A
    shard waits for the others while these train; if none does, it ends, and whichever completes the
    block looks at the reliability.

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
    study = in_blocks(study, overwrite=overwrite)
    stored = 0 if overwrite else stored_runs(study)
    block = study.runs_per_chunk or Cube.open(study.path).runs_per_chunk
    runs = min(max(stored, block), study.runs)
    cube = open_study(first_runs(study, runs), command=command, overwrite=overwrite)
    models = 0
    while True:
        models += train(first_runs(study, runs), cube)
        missing = wait_until_complete(cube, runs)
        if missing:
            return Reached(cube, models, runs, missing, float("nan"))
        # Another command may have made room for more.
        found = reliability(cube.dataset.isel(run=slice(runs)))
        if found >= aim or runs >= study.runs:
            return Reached(cube, models, runs, 0, found)
        runs = min(study.runs, runs + cube.runs_per_chunk)
        cube.extend(runs, history="")


def in_blocks(study: Study, *, overwrite: bool = False) -> Study:
    """The study with few runs in a piece, unless they are given or its cube is there already.

    Training then stops soon after the aim is reached.
    """
    stored = 0 if overwrite else stored_runs(study)
    if stored or study.runs_per_chunk is not None:
        return study
    at_least = max(_RUNS_PER_BLOCK, study.lanes_or_default())
    return replace(study, runs_per_chunk=min(study.runs, at_least))


def first_runs(study: Study, runs: int) -> Study:
    """The study of the first runs of another one."""
    lanes = study.lanes and min(study.lanes, runs)
    runs_per_chunk = study.runs_per_chunk and min(study.runs_per_chunk, runs)
    return replace(study, runs=runs, lanes=lanes, runs_per_chunk=runs_per_chunk)
