"""A dask cluster of processes on this machine."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def local_client(workers: int) -> Iterator[Any]:
    """A `distributed.Client` of a cluster of new processes, which end with it."""
    import dask
    import distributed

    # A worker that dies is replaced; nobody needs to read about it.
    quiet = logging.CRITICAL
    scheduler_options = {
        "host": "127.0.0.1",
        "dashboard": False,
        # Any free port: the default one of the status page is the same for all studies here.
        "dashboard_address": "127.0.0.1:0",
    }
    local = {"cls": distributed.Scheduler, "options": scheduler_options}
    # A worker that dies is started again by its nanny. dask looks after it some seconds later, and
    # would close the nanny for good if the new worker took longer than that to start.
    patient = {"distributed.deploy.lost-worker-timeout": "10 days"}
    with (
        dask.config.set(patient),
        distributed.SpecCluster(worker_specs(workers), local, silence_logs=quiet) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def worker_specs(workers: int) -> dict[int, dict[str, Any]]:
    """Worker processes for `distributed.SpecCluster`, with the GPUs of this process in turn."""
    import distributed
    import jax

    gpus = []
    if jax.default_backend() != "cpu":
        gpus = visible_gpus(jax.local_device_count())
    specs = {}
    for index in range(workers):
        options: dict[str, Any] = {
            "nthreads": 1,
            "memory_limit": 0,
            "host": "127.0.0.1",
            "dashboard": False,
            "silence_logs": logging.CRITICAL,
        }
        if gpus:
            options["env"] = {"CUDA_VISIBLE_DEVICES": gpus[index % len(gpus)]}
        specs[index] = {"cls": distributed.Nanny, "options": options}
    return specs


def visible_gpus(count: int) -> list[str]:
    """Names of the GPUs that this process was given, which need not be the machine's first."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given:
        return given.split(",")
    return [str(index) for index in range(count)]
