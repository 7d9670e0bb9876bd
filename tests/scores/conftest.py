"""Means to watch what dask computes."""

import dask
import pytest


@pytest.fixture
def forbidden_scheduler():
    """A scheduler that fails as soon as anything is computed."""

    def fail(*_, **__):
        raise AssertionError("something was computed")

    return fail


class LargestTask(dask.callbacks.Callback):
    """The size of the largest result of a task, in bytes."""

    def __init__(self):
        super().__init__()
        self.nbytes = 0

    def _posttask(self, key, result, dsk, state, worker_id):
        self.nbytes = max(self.nbytes, getattr(result, "nbytes", 0))


@pytest.fixture
def largest_task():
    """Watches the tasks that run while it is entered; then `largest_task.nbytes` is known."""
    return LargestTask()
