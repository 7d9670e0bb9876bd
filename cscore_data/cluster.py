"""Pieces of a study as tasks on dask.distributed: idempotent, and given to another worker when one dies."""

import functools
import importlib.util
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import fsspec
import xarray as xr

from cscore_data import claims, store
from cscore_data.errors import CscoreDataError, DivergedError, InvalidInputError, MismatchError
from cscore_data.examples import load_examples
from cscore_data.holdout import PieceTrainer, diverged_message, diverged_runs, draw_piece, work
from cscore_data.study import Study
from cscore_data.writer import CubeWriter

#: How often a piece is given out again after dask has given it up, because several workers died with it.
_RETRIES = 10


def check_cluster(scheduler: str | None, workers: int) -> None:
    """Raise `InvalidInputError` if there can be no such cluster, or the package for it is not installed."""
    if workers < 1:
        raise InvalidInputError(f"workers: found {workers}, expected a number >= 1")
    if importlib.util.find_spec("distributed") is None:
        raise InvalidInputError("engine: dask needs the package distributed; pip install distributed")
    if scheduler is None:
        return
    from distributed.comm.addressing import get_address_host_port

    try:  # a client of what is no address would outlive its error, and wait for a minute in the end
        get_address_host_port(scheduler)
    except ValueError as error:
        raise InvalidInputError(
            f"scheduler: found {scheduler!r}, expected an address such as tcp://host:8786 ({error})"
        ) from error


def train_on_cluster(
    study: Study,
    cube: xr.Dataset,
    *,
    scheduler: str | None = None,
    workers: int = 1,
    fsync: bool = True,
    on_progress: Callable[[float, float], Any] | None = None,
) -> int:
    """`holdout.train_pending` by the workers of a cluster, each of which loads the data set and writes what it trained.

    Parameters
    ----------
    study : Study
        Its data set must be one that `load_examples` finds on the workers too, by the same name, and its path one
        that they see.
    cube : xarray.Dataset
        From `study.open_study`.
    scheduler : str, optional
        Address of the cluster's scheduler; by default, a cluster of processes on this machine.
    workers : int
        Processes of a cluster on this machine; on one with GPUs each sees one of them.
    fsync, on_progress
        As in `holdout.train_pending`, but called after each piece.

    Returns
    -------
    int
        Number of models trained.

    Raises
    ------
    DivergedError, StoreError
        As `holdout.train_pending`.
    CscoreDataError
        If the cluster is lost, or workers die again and again.
    """
    if not store.pending_pieces(cube, study.shard):
        return 0
    without_examples = replace(study, examples=None)  # type: ignore[arg-type]
    options = dict(fsspec.config.conf)
    spec = _Spec(without_examples, study.examples.name, study.examples.digest(), fsync, options)
    with claims.shard(study.path, study.shard) as check_claim, _client(scheduler, workers) as client:
        pieces = store.pending_pieces(store.open_cube(study.path), study.shard)
        total = sum(work(study, piece) for piece in pieces)
        diverged = []
        for piece, lost in _results(client, functools.partial(_train_piece, spec, check_claim), pieces):
            diverged += lost
            if on_progress is not None:
                on_progress(len(piece.pending), work(study, piece) / total)
    if diverged:
        raise DivergedError(diverged_message(study, diverged))
    return sum(len(piece.pending) for piece in pieces)


@dataclass(frozen=True)
class _Spec:
    """A study without its examples, small enough to travel with each task."""

    study: Study
    dataset: str
    digest: str
    fsync: bool
    storage_options: dict[str, Any]


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """A client that is not dask's default: this process reads the cube by itself, and still can if it is lost."""
    check_cluster(scheduler, workers)
    import distributed

    if scheduler is not None:
        with distributed.Client(scheduler, set_as_default=False) as client:
            yield client
        return
    import jax

    gpus = [] if jax.default_backend() == "cpu" else _visible_gpus(jax.local_device_count())
    options: dict[str, Any] = {"nthreads": 1, "memory_limit": 0, "host": "127.0.0.1", "dashboard": False}
    options["silence_logs"] = logging.CRITICAL  # a worker that dies is replaced
    specs = {
        index: {
            "cls": distributed.Nanny,
            "options": options | {"env": {"CUDA_VISIBLE_DEVICES": gpus[index % len(gpus)]} if gpus else {}},
        }
        for index in range(workers)
    }
    # Any free port: that of the scheduler's status page is the same for all studies of a machine by default.
    local_options = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    local = {"cls": distributed.Scheduler, "options": local_options}
    with (
        distributed.SpecCluster(specs, local, silence_logs=logging.CRITICAL) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _visible_gpus(count: int) -> list[str]:
    """Names of the GPUs that this process was given, which need not be the machine's first."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    return given.split(",") if given else [str(index) for index in range(count)]


def _results(
    client: Any, task: Callable[[store.Piece], Any], pieces: list[store.Piece]
) -> Iterator[tuple[store.Piece, Any]]:
    """Each piece when it is in the cube, with the runs of it that diverged."""
    import distributed

    piece_of = dict(zip(client.map(task, pieces, pure=False), pieces, strict=True))
    completed = distributed.as_completed(piece_of, loop=client.loop)
    retries = dict.fromkeys(piece_of, 0)
    for future in completed:
        if future.status == "finished":
            yield piece_of[future], future.result()
            continue
        error = future.exception() if future.status == "error" else None
        if isinstance(error, distributed.KilledWorker) and retries[future] < _RETRIES:
            retries[future] += 1
            future.retry()
            completed.add(future)
        elif error is None or isinstance(error, distributed.KilledWorker):
            raise CscoreDataError(
                f"the cluster was lost, or its workers die ({error or future.status}); see their logs"
            )
        else:
            raise error


#: A worker may have several threads, a device has room for one training.
_TRAINING = threading.Lock()


def _train_piece(spec: _Spec, check_claim: Callable[[], None], piece: store.Piece) -> list[tuple[float, int]]:
    """Train a piece and write it, on a worker; nothing is written after the process that gave the task has gone."""
    with _TRAINING:
        study, trainer, writer = _prepared(spec)
        result = trainer.train(draw_piece(study, piece))
        check_claim()
        writer.write(piece, *result)
    return diverged_runs(study, piece, result)


_PREPARED: dict[str, tuple[Study, PieceTrainer, CubeWriter]] = {}


def _prepared(spec: _Spec) -> tuple[Study, PieceTrainer, CubeWriter]:
    """What tasks of one study share on a worker; that of another study is forgotten."""
    if repr(spec) not in _PREPARED:
        fsspec.config.conf.update(spec.storage_options)
        examples = load_examples(spec.dataset)
        if examples.digest() != spec.digest:
            raise MismatchError(
                f"{spec.dataset}: the worker has other examples by that name (digest {examples.digest()}, expected "
                f"{spec.digest}); give all machines the same data"
            )
        study = replace(spec.study, examples=examples)
        trainer = PieceTrainer(study, store.runs_per_chunk(store.open_cube(study.path)))
        _PREPARED.clear()
        _PREPARED[repr(spec)] = study, trainer, CubeWriter(study.path, fsync=spec.fsync)
    return _PREPARED[repr(spec)]
