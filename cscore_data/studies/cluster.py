"""The loop over a study on dask.distributed: a piece is a task, repeated where a worker dies."""

import functools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import fsspec

from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples
from cscore_data.data.split import load_test_split
from cscore_data.errors import CscoreDataError, DivergedError, MismatchError
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece
from cscore_data.storage.workers import Worker
from cscore_data.storage.writer import CubeWriter
from cscore_data.studies.cluster_connection import LOOK, Cluster
from cscore_data.studies.loop import OnProgress, Progress
from cscore_data.studies.queue import PieceQueue
from cscore_data.studies.study import Study, study_pieces
from cscore_data.studies.trainer import (
    PieceTrainer,
    diverged_message,
    diverged_runs,
    draw_piece,
)

#: How often a piece is tried again after dask has given it up because several workers died with it.
_RETRIES = 10

#: Held while training: a dask worker may have several threads, but a device has room for one study.
_device = threading.Lock()

#: What tasks of one study share on a worker; only the last study is kept.
_prepared: "dict[str, _Prepared]" = {}


def train_on_cluster(
    study: Study,
    cube: Cube,
    cluster: Cluster,
    *,
    fsync: bool = True,
    on_progress: OnProgress | None = None,
) -> int:
    """As `loop.train_pending`, but workers of a cluster load the data set, train and write.

    Parameters
    ----------
    study : Study
        Workers must find its data set by the same name, and its cube by the same path.
    cube : Cube
        From `study.open_study`.
    cluster : cluster_connection.Cluster
    fsync, on_progress
        As in `loop.train_pending`, but `on_progress` is called after each piece.

    Returns
    -------
    int
        Number of models trained.

    Raises
    ------
    DivergedError, StoreError
        As `loop.train_pending`.
    CscoreDataError
        If the cluster is lost or has no worker for too long, or workers die again and again.
    """
    pieces = study_pieces(study, cube)
    if not pieces:
        return 0
    progress = Progress(study, pieces, on_progress)
    task = functools.partial(_train_piece, _portable(study, fsync=fsync))
    models = 0
    diverged: list[tuple[float, int]] = []
    cluster.client()
    with Worker(cube.folder) as worker:
        queue = PieceQueue(cube, worker, pieces, on_skipped=progress.skipped)
        while batch := _next_pieces(queue):
            for piece, lost in _results(cluster, task, batch):
                queue.finish(piece)
                models += len(piece.pending)
                diverged += lost
                progress.finished(piece)
    if diverged:
        raise DivergedError(diverged_message(study, diverged))
    return models


def _next_pieces(queue: PieceQueue) -> list[Piece]:
    """All pieces that are free; if none is, the next one that others leave."""
    batch = []
    while piece := queue.take():
        batch.append(piece)
    if not batch:
        piece = queue.wait()
        if piece is not None:
            batch.append(piece)
    return batch


def _results(
    cluster: Cluster, task: Callable[[Piece], Any], pieces: list[Piece]
) -> Iterator[tuple[Piece, Any]]:
    """Each piece when it is in the cube, with its runs that diverged."""
    import distributed

    client = cluster.client()
    futures = client.map(task, pieces, pure=False)
    piece_of = dict(zip(futures, pieces, strict=True))
    retries = dict.fromkeys(futures, 0)
    completed = distributed.as_completed(futures, loop=client.loop)
    for future in _one_by_one(cluster, completed):
        if future.status == "finished":
            yield piece_of[future], _result(cluster, future)
            continue
        # Only what killed its workers is worth another try.
        error = future.exception() if future.status == "error" else None
        was_killed = isinstance(error, distributed.KilledWorker)
        if was_killed and retries[future] < _RETRIES:
            retries[future] += 1
            future.retry()
            completed.add(future)
        elif was_killed or error is None:
            raise CscoreDataError(
                f"the cluster was lost, or its workers die ({error or future.status}); see their "
                "logs"
            )
        else:
            raise error


def _result(cluster: Cluster, future: Any) -> Any:
    """The result of a task that has ended, as long as the cluster has workers.

    If the worker that holds it leaves first, the task is done again by another.
    """
    watch = cluster.watch()
    while True:
        try:
            return future.result(timeout=1)
        except TimeoutError:
            watch.look()


def _one_by_one(cluster: Cluster, completed: Any) -> Iterator[Any]:
    """Tasks as they end, as long as the cluster has workers."""
    watch = cluster.watch()
    while not completed.is_empty():
        batch = completed.next_batch(block=False)
        yield from batch
        if not batch:
            watch.look()
            time.sleep(LOOK)


@dataclass(frozen=True)
class _PortableStudy:
    """A study without its examples, small enough to travel with each task."""

    study: Study
    dataset: str
    options: LoadOptions
    digest: str
    test_digest: str | None
    fsync: bool
    storage_options: dict[str, Any]


@dataclass
class _Prepared:
    """A study on a worker, ready to train."""

    study: Study
    trainer: PieceTrainer
    writer: CubeWriter


def _portable(study: Study, *, fsync: bool) -> _PortableStudy:
    without_examples = replace(study, examples=None, test=None)  # type: ignore[arg-type]
    examples = study.examples
    return _PortableStudy(
        without_examples,
        dataset=examples.name,
        options=examples.options,
        digest=examples.digest(),
        test_digest=None if study.test is None else study.test.digest(),
        fsync=fsync,
        storage_options=dict(fsspec.config.conf),
    )


def _train_piece(portable: _PortableStudy, piece: Piece) -> list[tuple[float, int]]:
    """Train a piece and write it, on a worker; returns its runs that diverged."""
    with _device:
        prepared = _prepare(portable)
        result = prepared.trainer.train(draw_piece(prepared.study, piece))
        prepared.writer.write(piece, *result)
    return diverged_runs(piece, result)


def _prepare(portable: _PortableStudy) -> _Prepared:
    """The study on this worker, loaded once."""
    key = repr(portable)
    if key in _prepared:
        return _prepared[key]
    fsspec.config.conf.update(portable.storage_options)
    examples = load_examples(portable.dataset, portable.options)
    _check_digest(portable.dataset, examples.digest(), portable.digest)
    test = None
    if portable.test_digest is not None:
        test = load_test_split(examples)
        _check_digest(f"test split of {portable.dataset}", test.digest(), portable.test_digest)
    study = replace(portable.study, examples=examples, test=test)
    cube = Cube.open(study.path)
    trainer = PieceTrainer(study, cube.runs_per_chunk, with_margins=cube.records_margins)
    _prepared.clear()
    _prepared[key] = _Prepared(study, trainer, CubeWriter(cube, fsync=portable.fsync))
    return _prepared[key]


def _check_digest(name: str, digest: str, expected: str) -> None:
    """Raise `MismatchError` if a worker has loaded other examples."""
    if digest != expected:
        raise MismatchError(
            f"{name}: the worker has other examples by that name (digest {digest}, expected "
            f"{expected}); give all machines the same data"
        )
