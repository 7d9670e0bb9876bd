"""How long the training loop waits for what goes on next to it: drawing subsets, and writing."""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import numpy as np

from cscore_data import Examples, Plan, load_examples
from cscore_data.studies import loop, trainer
from cscore_data.studies.study import Study, open_study
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.outcome import Outcome
from helpers.cubes import CLASSES, random_outcomes
from helpers.measure import seconds

#: Of the studies that are trained: small, middle and large subsets.
THREE_RATIOS = (0.1, 0.5, 0.9)


def digits_waiting_share(runs: int) -> float:
    """Share of the time in which a study of digits waits, trained on this device."""
    examples = load_examples("digits")
    plan = Plan(len(examples), THREE_RATIOS)
    return waiting_share(lambda path: Study(examples, plan, RECIPES["digits"], runs, path))


def pretended_waiting_share(examples: int, runs_per_chunk: int, models_per_second: float) -> float:
    """The same, of two pieces at each ratio, where a pause takes the place of training."""
    image = np.arange(examples, dtype=np.float32)[:, None]
    pretended = Examples("pretended", image, np.arange(examples) % CLASSES)
    plan = Plan(examples, THREE_RATIOS)
    runs = 2 * runs_per_chunk

    def make_study(path: Path) -> Study:
        return Study(pretended, plan, RECIPES["mnist-demo"], runs, path, runs_per_chunk)

    pause = Pause(runs_per_chunk, examples, models_per_second)
    with patch.object(trainer, "make_trainer", lambda *_, **__: pause):
        return waiting_share(make_study)


class Pause:
    """A trainer that pauses for as long as its device would train, with the same outcome always."""

    def __init__(self, runs: int, examples: int, models_per_second: float):
        self.lanes = runs
        self._seconds = runs / models_per_second
        label = np.arange(examples) % CLASSES
        level = np.full(examples, 5, np.float32)
        trained_on = np.ones((runs, examples), bool)
        margin, prediction = random_outcomes(np.random.default_rng(0), label, level, trained_on)
        finite = np.ones(runs, bool)
        self._outcome = Outcome(prediction == label, finite, margin, prediction)

    def train(self, *_: Any, **__: Any) -> Outcome:
        """Pause."""
        time.sleep(self._seconds)
        return self._outcome


def waiting_share(make_study: Callable[[Path], Study]) -> float:
    """Share of a study's training in which its loop waits for its second thread."""
    waits: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(loop, "ThreadPoolExecutor", lambda *_: WatchedThread(waits)),
    ):
        study = make_study(Path(folder) / "cube.zarr")
        cube = open_study(study, command="benchmark")
        elapsed = seconds(lambda: loop.train_pending(study, cube))
    return sum(waits) / elapsed


class WatchedThread:
    """A second thread that records how long its results are waited for."""

    def __init__(self, waits: list[float]):
        self._pool = ThreadPoolExecutor(1)
        self._waits = waits

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self._pool.shutdown()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "WatchedFuture":
        """Call a function in the thread."""
        return WatchedFuture(self._pool.submit(function, *arguments), self._waits)


class WatchedFuture:
    """A result that records how long it is waited for."""

    def __init__(self, future: Future[Any], waits: list[float]):
        self._future = future
        self._waits = waits

    def result(self) -> Any:
        """Wait for it."""
        self._waits.append(seconds(self._future.result))
        return self._future.result()
