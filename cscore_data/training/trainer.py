"""Train many small models at a time on subsets of one data set.

Runs are spread over all devices of the machine and vmapped on each.
"""

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from cscore_data.errors import InvalidInputError
from cscore_data.training.device import on_every_device, spread_over_devices
from cscore_data.training.networks.lookup import recipe_model
from cscore_data.training.optimization import Learner
from cscore_data.training.programs import Data, Epoch, Run, compiled_programs
from cscore_data.training.recipe import Recipe

#: `Trainer.seconds_per_step` measures for this many seconds.
_MEASURED_SECONDS = 2


class Outcome(NamedTuple):
    """What training gave for some runs.

    Attributes
    ----------
    correct : bool (run, example)
        The trained model classifies the example correctly, trained-on examples too.
    finite : bool (run,)
        False if training diverged: some logit is infinite or NaN, and the run's `correct` is
        meaningless.
    """

    correct: np.ndarray
    finite: np.ndarray


class Trainer:
    """Trains models of one recipe on subsets of one data set, ``lanes`` at a time.

    Parameters
    ----------
    image : (example, ...) uint8 or float
        Stays on the device. uint8 pixels are scaled to 0..1, floats are taken as they are.
    label : int (example,)
        Classes 0..classes-1.
    recipe : Recipe
    lanes : int
        Number of models trained at the same time, rounded up to a multiple of the number of
        devices. A last group of fewer models costs as much as a full one.
    largest_subset : int
        Length that subsets are padded to.
    """

    def __init__(
        self,
        image: np.ndarray,
        label: np.ndarray,
        recipe: Recipe,
        *,
        lanes: int,
        largest_subset: int,
    ):
        devices = jax.device_count()
        self.recipe = recipe
        self.lanes = math.ceil(lanes / devices) * devices
        self._padded_size = math.ceil(largest_subset / recipe.batch_size) * recipe.batch_size
        self._data = Data(
            image=jax.device_put(image, on_every_device()),
            label=jax.device_put(label.astype(np.int32), on_every_device()),
        )
        self._programs = compiled_programs(
            recipe,
            image_shape=image.shape[1:],
            classes=int(label.max()) + 1,
            one_lane_per_device=self.lanes == devices,
        )

    def train(
        self,
        subsets: np.ndarray,
        seeds: np.ndarray,
        *,
        on_epoch: Callable[[int], Any] | None = None,
    ) -> Outcome:
        """Train one model per subset and evaluate it on every example.

        Parameters
        ----------
        subsets : int (run, n)
            Indices of the training examples.
        seeds : uint32 (run, 2)
            Seed of initial weights and batch order, for each subset.
        on_epoch : callable, optional
            Called with the number of models in training after each of their epochs; Ctrl-C is
            noticed there as well.
        """
        outcomes = []
        for start in range(0, len(subsets), self.lanes):
            group = slice(start, start + self.lanes)
            learners = self.fit(subsets[group], seeds[group], on_epoch=on_epoch)
            outcome = self.evaluate(learners)
            runs = len(subsets[group])
            outcomes.append(Outcome(outcome.correct[:runs], outcome.finite[:runs]))
        correct = np.concatenate([outcome.correct for outcome in outcomes])
        finite = np.concatenate([outcome.finite for outcome in outcomes])
        return Outcome(correct, finite)

    def fit(
        self,
        subsets: np.ndarray,
        seeds: np.ndarray,
        *,
        on_epoch: Callable[[int], Any] | None = None,
    ) -> Learner:
        """Train one group of at most `lanes` models.

        Parameters
        ----------
        subsets, seeds, on_epoch
            As of `train`.

        Returns
        -------
        Learner
            The trained models; each array has a leading lane axis. Lanes beyond the number of
            subsets repeat the first models.
        """
        runs, size = subsets.shape
        placed = self._place(subsets, seeds)
        learners = self._programs.start(placed, self._data, size)
        for number in range(math.ceil(self.recipe.epochs_of(size))):
            epoch = self._epoch(number, size, self.recipe.steps_of(size))
            learners = self._train_epoch(learners, placed, epoch)
            if on_epoch is not None:
                on_epoch(runs)
        return learners

    def start(self, subsets: np.ndarray, seeds: np.ndarray) -> Learner:
        """The models that `fit` begins with."""
        placed = self._place(subsets, seeds)
        return self._programs.start(placed, self._data, subsets.shape[1])

    def evaluate(self, learners: Learner) -> Outcome:
        """Classify every example by the models of all lanes."""
        correct, finite = self._programs.evaluate(learners, self._data)
        return Outcome(np.asarray(correct), np.asarray(finite))

    def seconds_per_step(self, subsets: np.ndarray, seeds: np.ndarray) -> float:
        """Measure how long one training step takes with all lanes, without compilation.

        Measured on one step, and then on as many as take two seconds or make an epoch, if that is
        at least two.

        Parameters
        ----------
        subsets, seeds
            As of `train`.
        """
        size = subsets.shape[1]
        placed = self._place(subsets, seeds)
        learners = self._programs.start(placed, self._data, size)

        # The first step compiles.
        one_step = self._epoch(0, size, total_steps=1)
        learners = self._train_epoch(learners, placed, one_step)
        began = time.perf_counter()
        learners = self._train_epoch(learners, placed, one_step)
        seconds = time.perf_counter() - began

        steps = min(int(_MEASURED_SECONDS / seconds), self.recipe.steps_per_epoch(size))
        if steps < 2:
            return seconds
        began = time.perf_counter()
        self._train_epoch(learners, placed, self._epoch(0, size, total_steps=steps))
        return (time.perf_counter() - began) / steps

    def compilations(self) -> int:
        """Number of times the training step of this recipe was compiled in this process."""
        return int(self._programs.epoch._cache_size())  # type: ignore[attr-defined]

    def _place(self, subsets: np.ndarray, seeds: np.ndarray) -> Run:
        """Put the runs of a group on the devices, one per lane."""
        runs, size = subsets.shape
        # Idle lanes repeat the first runs: another shape would need another compilation.
        lane_run = np.arange(self.lanes) % runs
        padded = np.zeros((self.lanes, self._padded_size), np.int32)
        padded[:, :size] = subsets[lane_run]
        return Run(
            seed=jax.device_put(seeds[lane_run], spread_over_devices()),
            subset=jax.device_put(padded, spread_over_devices()),
        )

    def _epoch(self, number: int, size: int, total_steps: int) -> Epoch:
        return Epoch(number, size, self.recipe.steps_per_epoch(size), total_steps)

    def _train_epoch(self, learners: Learner, runs: Run, epoch: Epoch) -> Learner:
        """Train for one epoch; returns when it is done."""
        learners = self._programs.epoch(learners, runs, self._data, epoch)
        jax.block_until_ready(learners)
        return learners


def check_recipe(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> None:
    """Check that images of this shape can be trained on by this recipe.

    Raises
    ------
    InvalidInputError
        If the recipe's network or augmentation does not fit the images.
    """
    recipe_model(recipe, image_shape, classes)
    if (recipe.crop or recipe.flip) and len(image_shape) < 2:
        raise InvalidInputError(
            f"images: found {len(image_shape)} axes, expected height x width to shift and mirror; "
            "choose --crop 0 and --flip no"
        )
