"""Models to train, and groups of them side by side."""

from typing import NamedTuple

import numpy as np

from cscore_data import Examples, Plan
from cscore_data.training.device import default_lanes
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer
from helpers.measure import seconds


class Models(NamedTuple):
    """What is trained: models of one recipe on random subsets of one data set."""

    examples: Examples
    recipe: Recipe
    plan: Plan

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        return tuple(self.examples.image.shape[1:])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.examples.classes)

    def default_lanes(self) -> int:
        """Number of models that `train-holdout` would train side by side."""
        return default_lanes(self.recipe, self.image_shape, self.classes)

    def trainer(self, lanes: int) -> Trainer:
        """A trainer for all ratios of the plan."""
        largest = max(self.plan.subset_size(ratio) for ratio in self.plan.ratios)
        return Trainer(
            self.examples.image,
            self.examples.class_index(),
            self.recipe,
            lanes=lanes,
            largest_subset=largest,
        )


class Group(NamedTuple):
    """Models that were trained side by side, `correct` bool (run, example)."""

    seconds_per_model: float
    correct: np.ndarray


def train_group(trainer: Trainer, subsets: np.ndarray, seeds: np.ndarray) -> Group:
    """Train as many models as the trainer has lanes, and time it."""
    outcomes = []
    elapsed = seconds(lambda: outcomes.append(trainer.train(subsets, seeds)))
    return Group(elapsed / trainer.lanes, outcomes[0].correct)
