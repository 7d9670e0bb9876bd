"""Cubes with margins, and means to watch what dask computes."""

import dask
import numpy as np
import pytest

from cscore_data.testing import make_cube


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


@pytest.fixture(scope="session")
def make_margin_cube():
    """``make_margin_cube(runs=6, examples=20, …)``: a synthetic cube with margins and predictions.

    Margins are whole quarters, as in a store. Training on an example adds 2 to its margin. At the
    end of each ratio, `missing` runs are not done.
    """

    def make(*, missing=0, seed=0, **sizes):
        cube = make_cube(seed=seed, **sizes)
        random = np.random.default_rng(seed + 1)
        classes = np.unique(cube["label"])
        label = np.searchsorted(classes, cube["label"].values)
        level = 4 - 6 * np.linspace(0, 1, len(label)) + 2 * cube["ratio"].values[:, None, None]
        noise = random.normal(0, 2, cube["correct"].shape)
        margin = level + noise + 2 * ~cube["held_out"].values
        margin = np.rint(margin * 4) / 4
        other = (label + random.integers(1, len(classes), margin.shape)) % len(classes)
        correct = margin > 0
        prediction = np.where(correct, label, other)

        done = np.ones(margin.shape[:2], bool)
        done[:, done.shape[1] - missing :] = False
        is_done = done[:, :, None]
        variables = {
            "correct": correct & is_done,
            "held_out": cube["held_out"].values & is_done,
            "margin": np.where(is_done, margin, np.nan).astype(np.float32),
            "prediction": np.where(is_done, prediction, -1).astype(np.int8),
        }
        cells = {name: (("ratio", "run", "example"), data) for name, data in variables.items()}
        cube = cube.assign({**cells, "done": (("ratio", "run"), done)})
        return cube.assign_coords({"class": classes})

    return make
