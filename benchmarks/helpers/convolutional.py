"""Timings and accuracies of convolutional networks."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import jax
import numpy as np

from cscore_data import Examples, Plan
from cscore_data.training.networks import convolution as convolutions
from cscore_data.training.programs import compiled_programs
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer
from helpers.measure import spread
from helpers.models import Models, train_group

#: With more images than these, XLA's own convolution takes minutes per step on a CPU.
_FEW = 100


def ways_to_convolve(examples: int) -> dict[str, Callable[..., Any]]:
    """Implementations of a convolution that are worth a try on this device."""
    ways: dict[str, Callable[..., Any]] = {"products": convolutions.convolution_by_product}
    if jax.default_backend() != "cpu" or examples <= _FEW:
        ways["library"] = convolutions.convolution_by_library
    return ways


def measure_lanes(
    models: Models, convolution: Callable[..., Any], lanes: int, repeats: int
) -> dict[str, float]:
    """Seconds per model at the first ratio, with so many models side by side on each device."""
    # Programs that were compiled with another convolution must not be used.
    compiled_programs.cache_clear()
    try:
        with patch.object(convolutions, "fastest_convolution", lambda: convolution):
            trainer = models.trainer(lanes * jax.device_count())
            draw = models.plan.draw(models.plan.ratios[0], range(trainer.lanes))
            train_group(trainer, draw.subsets, draw.seeds)  # compiles
            times = []
            for _ in range(repeats):
                group = train_group(trainer, draw.subsets, draw.seeds)
                times.append(group.seconds_per_model)
    finally:
        compiled_programs.cache_clear()
    return spread(times)


def measure_ratio(plan: Plan, trainer: Trainer, ratio: float, repeats: int) -> dict[str, Any]:
    """Seconds per model and held-out accuracy of groups of lanes, other runs each time."""
    times = []
    accuracies = []
    for repeat in range(repeats):
        first_run = repeat * trainer.lanes
        draw = plan.draw(ratio, range(first_run, first_run + trainer.lanes))
        group = train_group(trainer, draw.subsets, draw.seeds)
        times.append(group.seconds_per_model)
        for correct, held_out in zip(group.correct, draw.held_out, strict=True):
            accuracies.append(float(correct[held_out].mean()))
    return {"seconds_per_model": spread(times), "held_out_accuracy": spread(accuracies)}


def measure_all_data(
    examples: Examples, tests: Examples, recipe: Recipe, repeats: int
) -> dict[str, Any]:
    """Seconds per model of training on all examples, and accuracy on a test set.

    For the trainer the test images are the held-out ones of a larger data set.
    """
    both = Examples(
        examples.name,
        np.concatenate([examples.image, tests.image]),
        np.concatenate([examples.label, tests.label]),
    )
    trainer = Trainer(
        both.image,
        both.class_index(),
        recipe,
        lanes=jax.device_count(),
        largest_subset=len(examples),
    )
    subsets = np.tile(np.arange(len(examples)), (trainer.lanes, 1))

    times = []
    accuracies: list[float] = []
    # The first time compiles, and does not count.
    for repeat in range(1 + repeats):
        seeds = np.array([[repeat, lane] for lane in range(trainer.lanes)], np.uint32)
        group = train_group(trainer, subsets, seeds)
        if repeat > 0:
            times.append(group.seconds_per_model)
            accuracies += group.correct[:, len(examples) :].mean(axis=1).tolist()
    return {"seconds_per_model": spread(times), "test_accuracy": spread(accuracies)}
