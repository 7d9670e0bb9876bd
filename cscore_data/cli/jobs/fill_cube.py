"""Train what the cube of a study lacks, with a progress bar; needs jax."""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from cscore_data.cli.jobs.study_report import (
    accuracy_table,
    aim_report,
    count_runs,
    print_end,
    print_study,
)
from cscore_data.cli.output import progress_bar
from cscore_data.cli.run import Invocation
from cscore_data.data.plurals import counted
from cscore_data.errors import IncompleteCubeError, InvalidInputError
from cscore_data.scores.reduce import available_statistics
from cscore_data.scores.reliability import reliability
from cscore_data.scores.statistics import STATISTICS
from cscore_data.storage.cube import Cube
from cscore_data.storage.zarr_store import stored_attrs
from cscore_data.studies.cluster import train_on_cluster
from cscore_data.studies.cluster_connection import WORKER_TIMEOUT, Cluster
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import (
    Study,
    open_study,
    planned_pieces,
    stored_record,
    study_pieces,
)
from cscore_data.studies.until import Reached, first_runs, train_until

if TYPE_CHECKING:
    from cscore_data.cli.train_holdout import TrainHoldoutFlags

#: Processes of a cluster on this machine, if no flag says otherwise.
_WORKERS = 2


def fill_cube(study: Study, flags: "TrainHoldoutFlags", invocation: Invocation) -> None:
    """Train the models that the study's cube lacks, and report what they reached.

    Raises
    ------
    IncompleteCubeError
        If runs of this study and shard are missing at the end, for whatever reason.
    CscoreDataError
        As `open_study` and the training.
    """
    if flags.until is not None:
        check_score(study, score_of(flags), overwrite=flags.overwrite)
    if not flags.overwrite:
        print_note_on_power_cuts(study.path, invocation)

    with cluster_of(flags) as cluster:
        # No cube is made, extended or overwritten before there is a worker.
        if cluster is not None and planned_pieces(study, overwrite=flags.overwrite)[0]:
            cluster.client()
        began = time.perf_counter()
        if flags.until is None:
            cube = open_study(study, command=invocation.history_line(), overwrite=flags.overwrite)
            print_study(study, count_runs(study_pieces(study, cube)))
            print_note_on_more_runs(study, cube)
            began = time.perf_counter()
            models_trained = train_with_engine(study, cube, flags, cluster)
        else:
            print_study(study, len(study.plan.ratios) * study.runs, at_most=True)
            reached = train_to_aim(study, flags, invocation, cluster)
            cube, models_trained = reached.cube, reached.models
            study = first_runs(study, reached.runs)
    seconds = time.perf_counter() - began

    print(accuracy_table(cube.dataset))
    if flags.until is not None:
        print(aim_report(reached, flags.until, score_of(flags)))
    print_end(cube, models_trained, seconds, invocation)
    check_nothing_is_missing(study, cube)


def print_note_on_power_cuts(path: str | Path, invocation: Invocation) -> None:
    """Say what to do after a power cut, if there is a cube for which that may be needed."""
    history = str(stored_attrs(path).get("history", ""))
    if "--no-fsync" in history.split():
        verify = f"{invocation.typed('verify-cube')} {path} --repair"
        print(f"note: {path} was written with --no-fsync; after a power cut, run {verify} first")


def print_note_on_more_runs(study: Study, cube: Cube) -> None:
    """Say so if the cube has more runs than the study."""
    runs = cube.dataset.sizes["run"]
    if runs > study.runs:
        print(f"note: {cube.path} has {runs} runs at each ratio; these are its first {study.runs}")


def check_nothing_is_missing(study: Study, cube: Cube) -> None:
    """Raise `IncompleteCubeError` if runs of a study and its shard are not in the cube."""
    missing = count_runs(study_pieces(study, cube))
    if missing:
        raise IncompleteCubeError(
            f"{cube.path}: {counted(missing, 'run')} of this process's part were trained, or "
            "finished by another process, and are not there now; find out what removes them, then "
            "run the same command again"
        )


def check_score(study: Study, score: str, *, overwrite: bool) -> None:
    """Raise `InvalidInputError` unless the study's cube will have this score of each example."""
    record = stored_record(study, overwrite=overwrite)
    suitable = []
    for name in available_statistics(replace(study, record=record).template()):
        is_score = STATISTICS[name].dims == ("example",) and STATISTICS[name].kinds == "f"
        if is_score and not name.endswith("_stderr"):
            suitable.append(name)
    if score not in suitable:
        raise InvalidInputError(
            f"until-score: found {score!r}, expected one of {', '.join(suitable)}, which the cube "
            "will carry for each example"
        )


def score_of(flags: "TrainHoldoutFlags") -> str:
    """The score whose reliability is looked at."""
    return flags.until_score or "cscore"


def train_to_aim(
    study: Study, flags: "TrainHoldoutFlags", invocation: Invocation, cluster: Cluster | None
) -> Reached:
    """Train in blocks of runs until a score is as reliable as the flags say."""
    return train_until(
        study,
        aim=flags.until or 1.0,
        reliability=lambda dataset: reliability_of(dataset, score_of(flags)),
        train=lambda part, cube: train_with_engine(part, cube, flags, cluster),
        command=invocation.history_line(),
        overwrite=flags.overwrite,
    )


def reliability_of(dataset: xr.Dataset, score: str) -> float:
    """The reliability of a score; NaN if there are too few runs to tell."""
    try:
        return reliability(dataset, score=score).pearson
    except InvalidInputError:
        return float("nan")


def train_with_engine(
    study: Study, cube: Cube, flags: "TrainHoldoutFlags", cluster: Cluster | None
) -> int:
    """Train on the cluster if there is one, or else here; returns the number of models trained."""
    fsync = not flags.no_fsync
    models_to_train = count_runs(study_pieces(study, cube))
    with progress_bar(models_to_train, shown=flags.progress) as report:
        if cluster is None:
            return train_pending(study, cube, fsync=fsync, on_progress=report)
        return train_on_cluster(study, cube, cluster, fsync=fsync, on_progress=report)


def cluster_of(flags: "TrainHoldoutFlags") -> AbstractContextManager[Cluster | None]:
    """The cluster of the dask engine, not yet connected; None for the local engine."""
    if flags.engine == "local":
        return nullcontext()
    return Cluster(
        flags.scheduler,
        workers=_WORKERS if flags.workers is None else flags.workers,
        worker_timeout=WORKER_TIMEOUT if flags.worker_timeout is None else flags.worker_timeout,
    )
