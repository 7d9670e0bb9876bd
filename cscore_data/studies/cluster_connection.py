"""The connection to a dask cluster: made when there is work, and given up if no worker comes."""

import asyncio
import importlib.util
import logging
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from cscore_data.errors import CscoreDataError, InvalidInputError, reason
from cscore_data.studies.local_cluster import local_client

#: Default for the seconds to wait for a worker.
WORKER_TIMEOUT = 600

#: Seconds without a worker until it is said that one is awaited.
SAID_AFTER = 10.0

#: Seconds between two looks at a task or at results, and between two at the list of workers.
LOOK = 0.1
LOOK_AT_WORKERS = 2.0

#: The first task is done before the tasks of other studies on the same cluster.
_FIRST = 100

log = logging.getLogger(__name__)


class Cluster:
    """A dask cluster: one that is there, or one of processes on this machine.

    It is a context manager, and connects, or starts its processes, at the first call of `client`.

    Parameters
    ----------
    scheduler : str, optional
        Address of the cluster's scheduler; by default, a cluster of processes on this machine.
    workers : int
        Processes of a cluster on this machine; each sees one of its GPUs, if there are any.
    worker_timeout : float
        Seconds to wait for a worker when there is none, at the beginning and later, and at most for
        the scheduler.

    Raises
    ------
    InvalidInputError
        If there can be no such cluster, or its package is missing.
    """

    def __init__(
        self,
        scheduler: str | None = None,
        *,
        workers: int = 1,
        worker_timeout: float = WORKER_TIMEOUT,
    ):
        if workers < 1:
            raise InvalidInputError(f"workers: found {workers}, expected a number >= 1")
        if not worker_timeout > 0:
            raise InvalidInputError(
                f"worker-timeout: found {worker_timeout:g}, expected a number of seconds > 0"
            )
        _check_package()
        if scheduler is not None:
            _check_address(scheduler)
        self.worker_timeout = worker_timeout
        self._scheduler = scheduler
        self._workers = workers
        self._client: Any = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client = None
        self._opened.__exit__(kind, error, traceback)

    def __str__(self) -> str:
        if self._scheduler is None:
            return "the cluster on this machine"
        return f"the cluster at {self._scheduler}"

    def client(self) -> Any:
        """A `distributed.Client` of the cluster, which had a worker when this was first called.

        Raises
        ------
        CscoreDataError
            If no scheduler answers, no worker does a first task in time, or it cannot.
        """
        if self._client is None:
            client = self._opened.enter_context(self._connection())
            self._wait_for_first_task(client)
            self._client = client
        return self._client

    def watch(self) -> "WorkerWatch":
        """A watch for the time in which there is work, but no worker."""
        return WorkerWatch(self)

    def _connection(self) -> Any:
        """A client, not yet entered.

        It is not dask's default client: this process reads the cube by itself, and still can if
        the cluster is lost.
        """
        import dask
        import distributed

        if self._scheduler is None:
            return local_client(self._workers)
        usual = dask.utils.parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))
        seconds = min(usual, self.worker_timeout)
        try:
            asyncio.run(_greet(self._scheduler, seconds))
            return distributed.Client(self._scheduler, timeout=seconds, set_as_default=False)
        except OSError as error:
            raise CscoreDataError(
                f"scheduler: none answers at {self._scheduler} within {seconds:g} s "
                f"({reason(error)}); start one there, or give the address of one"
            ) from error

    def _wait_for_first_task(self, client: Any) -> None:
        """Have some worker do a task: adaptive clusters start workers only for tasks."""
        task = client.submit(_first_task, pure=False, priority=_FIRST)
        waiting = _Waiting(self)
        while not task.done():
            waiting.look()
            time.sleep(LOOK)
        if task.status != "finished":
            error = task.exception() if task.status == "error" else task.status
            why = reason(error) if isinstance(error, BaseException) else str(error)
            raise CscoreDataError(
                f"a worker of {self} cannot run cscore_data ({why}); install the same version for "
                "all of them"
            )


class WorkerWatch:
    """Finds out that a cluster has had no worker for too long.

    Parameters
    ----------
    cluster : Cluster
    """

    def __init__(self, cluster: Cluster):
        self._cluster = cluster
        self._waiting: _Waiting | None = None
        self._next_look = time.monotonic() + LOOK_AT_WORKERS

    def look(self) -> None:
        """Look whether there is a worker, unless that was done a moment ago.

        Raises
        ------
        CscoreDataError
            If there has been none for longer than the cluster's limit, or no scheduler answers.
        """
        if time.monotonic() < self._next_look:
            return
        if self._has_worker():
            self._waiting = None
        else:
            self._waiting = self._waiting or _Waiting(self._cluster)
            self._waiting.look()
        self._next_look = time.monotonic() + LOOK_AT_WORKERS

    def _has_worker(self) -> bool:
        try:
            return bool(self._cluster.client().nthreads())
        except OSError as error:
            raise CscoreDataError(
                f"the scheduler of {self._cluster} does not answer any more ({reason(error)}); see "
                "its logs"
            ) from error


class _Waiting:
    """How long a worker has been awaited; this is said once, and there is a limit."""

    def __init__(self, cluster: Cluster):
        self._cluster = cluster
        self._began = time.monotonic()
        self._is_said = False

    def look(self) -> None:
        """Say that a worker is awaited, or raise `CscoreDataError`, if it is time to."""
        seconds = time.monotonic() - self._began
        limit = self._cluster.worker_timeout
        if seconds > limit:
            raise CscoreDataError(
                f"no worker of {self._cluster} has begun to work within {limit:g} s; see whether "
                "its jobs wait in a queue or fail, perhaps without cscore_data, or wait longer "
                "with --worker-timeout"
            )
        if seconds > SAID_AFTER and not self._is_said:
            log.warning(
                "waiting for a worker of %s, at most %g s (--worker-timeout)",
                self._cluster,
                limit,
            )
            self._is_said = True


async def _greet(scheduler: str, seconds: float) -> None:
    """Connect to a scheduler and leave again; `OSError` unless it has answered by then.

    The client itself waits for ever if something accepts the connection, but never says a word,
    such as a tunnel to a machine that is gone.
    """
    import distributed
    from distributed.comm.core import connect

    security = distributed.Security().get_connection_args("client")
    connection = await asyncio.wait_for(connect(scheduler, timeout=seconds, **security), seconds)
    await connection.close()


def _first_task() -> None:
    """Do nothing; a worker finds it only if it has this package."""


def _check_package() -> None:
    if importlib.util.find_spec("distributed") is None:
        raise InvalidInputError(
            "engine: dask needs the package distributed; pip install distributed"
        )


def _check_address(scheduler: str) -> None:
    from distributed.comm.addressing import get_address_host_port

    # A client of something that is not an address would outlive its error, and wait for a minute.
    try:
        get_address_host_port(scheduler)
    except ValueError as error:
        raise InvalidInputError(
            f"scheduler: found {scheduler!r}, expected an address such as tcp://host:8786 ({error})"
        ) from error
