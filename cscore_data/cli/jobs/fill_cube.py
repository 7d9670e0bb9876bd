"""Train what the cube of a study lacks, with a progress bar; needs jax."""

import time
from typing import TYPE_CHECKING

from cscore_data.cli.jobs.study_report import (
    accuracy_table,
    count_missing_runs,
    print_end,
    print_study,
)
from cscore_data.cli.output import progress_bar
from cscore_data.cli.run import Invocation
from cscore_data.storage.cube import Cube
from cscore_data.studies.cluster import check_cluster, train_on_cluster
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study

if TYPE_CHECKING:
    from cscore_data.cli.train_holdout import TrainHoldoutFlags


def fill_cube(study: Study, flags: "TrainHoldoutFlags", invocation: Invocation) -> None:
    """Train the models that the study's cube lacks, and report what they reached."""
    # An impossible cluster is refused before there is a cube.
    if flags.engine == "dask":
        check_cluster(flags.scheduler, flags.workers)
    cube = open_study(study, command=invocation.history_line(), overwrite=flags.overwrite)
    models_to_train = count_missing_runs(cube, study.shard)
    print_study(study, models_to_train)

    began = time.perf_counter()
    models_trained = train_with_engine(study, cube, flags, models_to_train)
    seconds = time.perf_counter() - began

    print(accuracy_table(cube.dataset))
    print_end(cube, models_trained, seconds, invocation)


def train_with_engine(
    study: Study, cube: Cube, flags: "TrainHoldoutFlags", models_to_train: int
) -> int:
    """Train by the engine that the flags name; returns the number of models trained."""
    fsync = not flags.no_fsync
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
