"""Train what the cube of a study lacks, with a progress bar; needs jax."""

import time
from typing import TYPE_CHECKING

import xarray as xr

from cscore_data.cli.jobs.study_report import (
    accuracy_table,
    aim_report,
    count_missing_runs,
    print_end,
    print_study,
)
from cscore_data.cli.output import progress_bar
from cscore_data.cli.run import Invocation
from cscore_data.errors import InvalidInputError
from cscore_data.scores.reliability import reliability
from cscore_data.storage.cube import Cube
from cscore_data.studies.cluster import check_cluster, train_on_cluster
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study
from cscore_data.studies.until import Reached, train_until

if TYPE_CHECKING:
    from cscore_data.cli.train_holdout import TrainHoldoutFlags


def fill_cube(study: Study, flags: "TrainHoldoutFlags", invocation: Invocation) -> None:
    """Train the models that the study's cube lacks, and report what they reached."""
    # An impossible cluster is refused before there is a cube.
    if flags.engine == "dask":
        check_cluster(flags.scheduler, flags.workers)
    began = time.perf_counter()
    if flags.until is None:
        cube = open_study(study, command=invocation.history_line(), overwrite=flags.overwrite)
        models_to_train = count_missing_runs(cube, study.shard)
        print_study(study, models_to_train)
        began = time.perf_counter()
        models_trained = train_with_engine(study, cube, flags)
    else:
        print_study(study, len(study.plan.ratios) * study.runs)
        reached = train_to_aim(study, flags, invocation)
        cube, models_trained = reached.cube, reached.models
    seconds = time.perf_counter() - began

    print(accuracy_table(cube.dataset))
    if flags.until is not None:
        print(aim_report(reached, flags.until))
    print_end(cube, models_trained, seconds, invocation)


def train_to_aim(study: Study, flags: "TrainHoldoutFlags", invocation: Invocation) -> Reached:
    """Train in blocks of runs until the C-scores are as reliable as the flags say."""
    return train_until(
        study,
        aim=flags.until or 1.0,
        reliability=reliability_of,
        train=lambda part, cube: train_with_engine(part, cube, flags),
        command=invocation.history_line(),
        overwrite=flags.overwrite,
    )


def reliability_of(dataset: xr.Dataset) -> float:
    """The reliability of a cube's C-scores; NaN if there are too few runs to tell."""
    try:
        return reliability(dataset).pearson
    except InvalidInputError:
        return float("nan")


def train_with_engine(study: Study, cube: Cube, flags: "TrainHoldoutFlags") -> int:
    """Train by the engine that the flags name; returns the number of models trained."""
    fsync = not flags.no_fsync
    models_to_train = count_missing_runs(cube, study.shard)
    with progress_bar(models_to_train, shown=flags.progress) as report:
        if flags.engine == "local":
            return train_pending(study, cube, fsync=fsync, on_progress=report)
        return train_on_cluster(
            study,
            cube,
            scheduler=flags.scheduler,
            workers=flags.workers,
            fsync=fsync,
            on_progress=report,
        )
