"""Train any number of models on subsets of one data set, a group of them at a time.

How one of them is trained is in `training_loop`.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from cscore_data.training.device import spread_over_devices
from cscore_data.training.outcome import Outcome, first_models, joined
from cscore_data.training.placement import LabelledImages, place
from cscore_data.training.programs import compiled_programs
from cscore_data.training.recipe import Recipe
from cscore_data.training.training_loop import Counts, Learner, Run

#: Epochs are trained together in one call of the device for about so long. Of a small network an
#: epoch takes milliseconds, a third of which is the call; Ctrl-C is noticed between calls.
_SECONDS_AT_ONCE = 0.25

#: `Trainer.seconds_per_step` measures for this many seconds.
_MEASURED_SECONDS = 2


class Trainer:
    """Trains models of one recipe on subsets of one data set, ``lanes`` at a time.

    Parameters
    ----------
    image : (example, ...) uint8 or float
        Stays on the device. uint8 pixels are scaled to 0..1, floats are taken as they are, unless
        the recipe standardizes them.
    label : int (example,)
        Classes 0..classes-1.
    recipe : Recipe
    lanes : int
        Number of models trained at the same time, rounded up to a multiple of the number of
        devices. A last group of fewer models costs as much as a full one.
    largest_subset : int
        Length that subsets are padded to.
    with_margins : bool
        Return margins and predictions as well.
    test : LabelledImages, optional
        Evaluate the models on these examples as well.
    """

    def __init__(
        self,
        image: np.ndarray,
        label: np.ndarray,
        recipe: Recipe,
        *,
        lanes: int,
        largest_subset: int,
        with_margins: bool = False,
        test: LabelledImages | None = None,
    ):
        devices = jax.device_count()
        self.recipe = recipe
        self.lanes = math.ceil(lanes / devices) * devices
        # Whole batches, so that a batch cut out at the end of a subset stays within its padding.
        self._padded_size = math.ceil(largest_subset / recipe.batch_size) * recipe.batch_size
        sets = [LabelledImages(image, label)]
        if test is not None:
            sets.append(test)
        self._step_seconds: float | None = None
        placed = place(sets, recipe)
        self._data, *self._test_data = placed.sets
        self._programs = compiled_programs(
            recipe,
            image_shape=image.shape[1:],
            classes=int(label.max()) + 1,
            one_lane_per_device=self.lanes == devices,
            with_margins=with_margins,
            used=placed.used,
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
            Seed of initial weights, batch order and augmentation, for each subset.
        on_epoch : callable, optional
            Called with the number of models in training, once for each of their epochs; short
            epochs are trained several at a time. Ctrl-C is noticed there as well.
        """
        outcomes = []
        for start in range(0, len(subsets), self.lanes):
            group = slice(start, start + self.lanes)
            own = subsets[group]
            learners = self.train_group(own, seeds[group], on_epoch=on_epoch)
            outcome = self.evaluate(learners)
            # Idle lanes of the last group repeat models that are there already.
            outcomes.append(first_models(outcome, len(own)))
        return joined(outcomes)

    def train_group(
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
        models, size = subsets.shape
        runs = self._place(subsets, seeds)
        counts = self._counts(size, self.recipe.steps_of(size))
        learners = self._programs.initialize(runs, self._data, counts)
        epochs = math.ceil(self.recipe.epochs_of(size))
        done = 0
        while done < epochs:
            at_once = self._epochs_at_once(counts.steps_per_epoch, epochs - done)
            began = time.perf_counter()
            learners = self._programs.train_epochs(
                learners, runs, self._data, done, at_once, counts
            )
            # The call returns at once; the epochs are over when its arrays are there.
            jax.block_until_ready(learners)
            elapsed = time.perf_counter() - began
            self._step_seconds = elapsed / (at_once * counts.steps_per_epoch)
            done += at_once
            if on_epoch is not None:
                for _ in range(at_once):
                    on_epoch(models)
        return learners

    def evaluate(self, learners: Learner) -> Outcome:
        """Classify every example, and every test example, by the models of all lanes."""
        found = self._programs.evaluate(learners, self._data)
        outcome = Outcome(*jax.tree.map(np.asarray, found))
        for data in self._test_data:
            test = jax.tree.map(np.asarray, self._programs.evaluate(learners, data))
            outcome = outcome._replace(
                finite=outcome.finite & test.finite,
                test_correct=test.correct,
                test_margin=test.margin,
                test_prediction=test.prediction,
            )
        return outcome

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
        runs = self._place(subsets, seeds)
        counts = self._counts(size, total_steps=1)
        learners = self._programs.initialize(runs, self._data, counts)

        # The first step compiles.
        learners, _ = self._time_steps(learners, runs, size, steps=1)
        learners, seconds = self._time_steps(learners, runs, size, steps=1)

        fitting = int(_MEASURED_SECONDS / seconds)
        steps = min(fitting, self.recipe.steps_per_epoch(size))
        if steps < 2:
            return seconds
        _, seconds = self._time_steps(learners, runs, size, steps)
        return seconds / steps

    def compilations(self) -> int:
        """Number of times the training step of this recipe was compiled in this process."""
        return int(self._programs.train_epochs._cache_size())  # type: ignore[attr-defined]

    def _place(self, subsets: np.ndarray, seeds: np.ndarray) -> Run:
        """Put the runs of a group on the devices, one per lane."""
        models, size = subsets.shape
        # Idle lanes repeat the first models: another shape would need another compilation.
        of_lane = np.arange(self.lanes) % models
        padded = np.zeros((self.lanes, self._padded_size), np.int32)
        padded[:, :size] = subsets[of_lane]
        return Run(
            seed=jax.device_put(seeds[of_lane], spread_over_devices()),
            subset=jax.device_put(padded, spread_over_devices()),
        )

    def _counts(self, size: int, total_steps: int) -> Counts:
        """The lengths of training on subsets of this size."""
        return Counts(size, self.recipe.steps_per_epoch(size), total_steps)

    def _epochs_at_once(self, steps_per_epoch: int, left: int) -> int:
        """Number of epochs to train in one call of the device, by what a step has taken so far."""
        if self._step_seconds is None:
            return 1
        fitting = int(_SECONDS_AT_ONCE / (self._step_seconds * steps_per_epoch))
        return max(1, min(fitting, left))

    def _time_steps(
        self, learners: Learner, runs: Run, size: int, steps: int
    ) -> tuple[Learner, float]:
        """Train for some steps of the first epoch; returns the learners and the seconds taken."""
        counts = self._counts(size, total_steps=steps)
        began = time.perf_counter()
        learners = self._programs.train_epochs(learners, runs, self._data, 0, 1, counts)
        jax.block_until_ready(learners)
        return learners, time.perf_counter() - began
