"""The compiled programs of training, for many models at a time: start, one epoch, evaluate.

A program is written for one model and compiled for a row of lanes, each with a model of its own.
The numbers of training examples and of steps are traced values: one compilation serves all ratios.
"""

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Int32, PRNGKeyArray, Scalar, ScalarLike, Shaped, UInt32

from cscore_data.training.augmentation import augment
from cscore_data.training.lanes import over_lanes
from cscore_data.training.model import Images, Model, is_convolutional, weight_shapes
from cscore_data.training.networks.lookup import recipe_model
from cscore_data.training.optimization import (
    Batch,
    Learner,
    learning_rate,
    make_optimizer,
    make_update,
    predict,
)
from cscore_data.training.recipe import Recipe
from cscore_data.training.shuffle import shuffled

#: Maximum number of examples that a lane evaluates at once, which bounds the memory of the hidden
#: layers. Convolutional networks, whose layers are larger, use the training batch size instead.
EVALUATION_BATCH = 2048

#: Number of training examples that a network's initial weights may be made from.
SAMPLE = 1024


class Run(NamedTuple):
    """What one model is trained on; the subset is padded to a fixed length."""

    seed: UInt32[Array, " 2"]
    subset: Int32[Array, " padded"]


class Data(NamedTuple):
    """The whole data set, shared by all lanes."""

    image: Shaped[Array, " example *image_shape"]
    label: Int32[Array, " example"]


class Epoch(NamedTuple):
    """Which epoch it is, and how long: integers, shared by all lanes.

    Attributes
    ----------
    number : int
        0 for the first epoch.
    subset_size : int
        Length of the subsets without their padding.
    steps : int
        Number of steps in a full epoch.
    total_steps : int
        Number of steps of the whole training; the last epoch ends there.
    """

    number: int
    subset_size: int
    steps: int
    total_steps: int


class Programs(NamedTuple):
    """The compiled programs, each over all lanes.

    Attributes
    ----------
    start : callable
        ``start(runs, data, subset_size) -> learners``.
    epoch : callable
        ``epoch(learners, runs, data, epoch) -> learners``; takes over the memory of `learners`.
    evaluate : callable
        ``evaluate(learners, data) -> correct, finite``, bool (lane, example) and bool (lane,).
    """

    start: Callable[[Run, Data, int], Learner]
    epoch: Callable[[Learner, Run, Data, Epoch], Learner]
    evaluate: Callable[[Learner, Data], tuple[jax.Array, jax.Array]]


@functools.cache
def compiled_programs(
    recipe: Recipe, image_shape: tuple[int, ...], classes: int, one_lane_per_device: bool
) -> Programs:
    """The programs for a recipe; cached, so that a second trainer of a kind compiles nothing."""
    model = recipe_model(recipe, image_shape, classes)
    start = make_start(recipe, model)
    epoch = make_epoch(recipe, model)
    evaluate = make_evaluate(recipe, model, evaluation_batch(recipe, model, image_shape))

    # Learners and runs have a lane axis; data, epochs and sizes are shared.
    compiled = functools.partial(over_lanes, one_lane_per_device=one_lane_per_device)
    return Programs(
        start=compiled(start, in_axes=(0, None, None)),
        epoch=compiled(epoch, in_axes=(0, 0, None, None), donate_argnums=0),
        evaluate=compiled(evaluate, in_axes=(0, None)),
    )


def evaluation_batch(recipe: Recipe, model: Model, image_shape: tuple[int, ...]) -> int:
    """Number of examples that a lane evaluates at once."""
    if is_convolutional(weight_shapes(model, image_shape)):
        return min(recipe.batch_size, EVALUATION_BATCH)
    return EVALUATION_BATCH


def make_start(recipe: Recipe, model: Model) -> Callable[[Run, Data, int], Learner]:
    """Make the program that initializes a model."""
    optimizer = make_optimizer(recipe)

    def start(run: Run, data: Data, subset_size: int) -> Learner:
        # Where a subset is smaller than the sample, its examples are repeated.
        sample = run.subset[jnp.arange(SAMPLE) % subset_size]
        params, state = model.init(random_key(run.seed, 0), as_float(data.image[sample]))
        return Learner(params, state, optimizer.init(params))

    return start


def make_epoch(recipe: Recipe, model: Model) -> Callable[[Learner, Run, Data, Epoch], Learner]:
    """Make the program that trains a model for one epoch."""
    update = make_update(recipe, model)

    def train_epoch(learner: Learner, run: Run, data: Data, epoch: Epoch) -> Learner:
        # Each epoch has an order and augmentation of its own.
        order_key = random_key(run.seed, 1 + epoch.number)
        order = shuffled(order_key, run.subset, epoch.subset_size)
        noise_key = random_key(run.seed, jnp.uint32(2**31) + epoch.number)
        steps_before = epoch.number * epoch.steps

        def step(i: Scalar, learner: Learner) -> Learner:
            batch = take_batch(recipe, data, order, i, epoch.subset_size, noise_key)
            rate = learning_rate(recipe, (steps_before + i) / epoch.total_steps)
            return update(learner, batch, rate)

        # With a given number of steps, the last epoch may end early.
        steps = jnp.minimum(epoch.steps, epoch.total_steps - steps_before)
        learner = jax.lax.fori_loop(0, steps, step, learner)
        return learner

    return train_epoch


def take_batch(
    recipe: Recipe,
    data: Data,
    order: Int[Array, " padded"],
    i: Scalar,
    subset_size: int,
    noise_key: PRNGKeyArray,
) -> Batch:
    """Batch number `i` of an epoch that visits the examples in `order`."""
    first = i * recipe.batch_size
    index = jax.lax.dynamic_slice(order, (first,), (recipe.batch_size,))
    is_entry = first + jnp.arange(recipe.batch_size) < subset_size
    weight = is_entry.astype(jnp.float32)
    image = data.image[index]
    if recipe.crop or recipe.flip:
        key = jax.random.fold_in(noise_key, i)
        image = augment(key, image, crop=recipe.crop, flip=recipe.flip)
    return Batch(as_float(image), data.label[index], weight)


def make_evaluate(
    recipe: Recipe, model: Model, batch_size: int
) -> Callable[[Learner, Data], tuple[Bool[Array, " example"], Scalar]]:
    """Make the program that classifies every example, and tells whether all logits are finite."""

    def evaluate(learner: Learner, data: Data) -> tuple[Bool[Array, " example"], Scalar]:
        def evaluate_batch(index: Int[Array, " batch"]) -> tuple[jax.Array, jax.Array]:
            image = data.image.at[index].get(mode="clip")
            label = data.label.at[index].get(mode="clip")
            logits, _ = predict(recipe, model, learner.params, learner.state, as_float(image))
            return logits.argmax(-1) == label, jnp.isfinite(logits).all()

        # The last batch repeats the last example, so that all are of the same size.
        examples = len(data.image)
        size = min(batch_size, examples)
        batches = math.ceil(examples / size)
        index = jnp.arange(batches * size).reshape(batches, size)
        correct, finite = jax.lax.map(evaluate_batch, index)
        return correct.reshape(-1)[:examples], finite.all()

    return evaluate


def random_key(seed: UInt32[Array, " 2"], purpose: ScalarLike) -> PRNGKeyArray:
    """The key of a run for one purpose: 0 weights, 1 + epoch order, 2**31 + epoch augmentation."""
    key = jax.random.wrap_key_data(seed, impl="threefry2x32")
    return jax.random.fold_in(key, purpose)


def as_float(image: Shaped[Array, "*shape"]) -> Images:
    """uint8 pixels scaled to 0..1; floats as they are."""
    if image.dtype == jnp.uint8:
        return image.astype(jnp.float32) / 255
    return image.astype(jnp.float32)
