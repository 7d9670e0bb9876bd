"""How one model is trained, from top to bottom: initialize, then train each epoch.

These are pure functions of the arrays of one model; `programs` compiles them for many models at a
time. Three ideas make that fast and repeatable:

* Any number of epochs is one program, a loop on the device: the steps of a small network, and even
  its epochs, are too short to be started one by one from Python. For the same reason the whole data
  set stays on the device, as small as it is stored, and batches are picked, augmented and scaled
  there.
* Every subset has the same shape: it is padded to a fixed length, and a short batch is filled up
  with examples of weight 0. How many entries and steps there really are is an argument (`Counts`),
  traced like any other, so that one compilation serves the subsets of all ratios.
* Random numbers are a function of the seed, the epoch and the step (`random_keys`): a model does
  not depend on which others are trained next to it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, Int32, PRNGKeyArray, Scalar, Shaped, UInt32

from cscore_data.training.augmentation import augment
from cscore_data.training.model import (
    Images,
    Logits,
    Model,
    Params,
    State,
    Weight,
)
from cscore_data.training.optimization import learning_rate, make_optimizer
from cscore_data.training.random_keys import noise_key, order_key, weights_key
from cscore_data.training.recipe import Recipe
from cscore_data.training.shuffle import shuffled

#: Number of training examples that a network's initial weights may be made from.
SAMPLE = 1024

#: What jax calls the precisions of products. In bfloat16 the operands have few enough bits.
_MATMUL_PRECISIONS = {"float32": "float32", "tf32": "tensorfloat32"}


class Data(NamedTuple):
    """The whole data set, shared by all models."""

    image: Shaped[Array, " example *image_shape"]
    label: Int32[Array, " example"]


class Run(NamedTuple):
    """What distinguishes one model from another; the subset is padded to a fixed length."""

    seed: UInt32[Array, " 2"]
    subset: Int32[Array, " padded"]


class Counts(NamedTuple):
    """How long the training of a model is; the same for all subsets of a ratio.

    Attributes
    ----------
    subset_size : int
        Length of the subset without its padding.
    steps_per_epoch : int
    total_steps : int
        Number of steps in all epochs; the last epoch ends there.
    """

    subset_size: int
    steps_per_epoch: int
    total_steps: int


class Learner(NamedTuple):
    """A model in training: all that changes from step to step."""

    params: Params
    state: State
    optimizer_state: optax.OptState


class Batch(NamedTuple):
    """The examples of one step; `weight` is 0 for what fills up a short batch."""

    image: Images
    label: Int[Array, " batch"]
    weight: Weight


def initialize(recipe: Recipe, model: Model, run: Run, data: Data, counts: Counts) -> Learner:
    """The model before its first step."""
    # Some networks begin with statistics of their training images, of as many for each subset:
    # where a subset is smaller than the sample, its examples are repeated.
    place = jnp.arange(SAMPLE) % counts.subset_size
    sample = run.subset[place]
    key = weights_key(run.seed)
    params, state = model.init(key, as_float(data.image[sample]))
    optimizer = make_optimizer(recipe)
    return Learner(params, state, optimizer.init(params))


def train_epochs(
    recipe: Recipe,
    model: Model,
    learner: Learner,
    run: Run,
    data: Data,
    first: int,
    epochs: int,
    counts: Counts,
) -> Learner:
    """Train for some passes over the subset; `first` is the number of the first of them, from 0."""

    def epoch(number: Scalar, learner: Learner) -> Learner:
        return train_epoch(recipe, model, learner, run, data, number, counts)

    trained: Learner = jax.lax.fori_loop(first, first + epochs, epoch, learner)
    return trained


def train_epoch(
    recipe: Recipe,
    model: Model,
    learner: Learner,
    run: Run,
    data: Data,
    epoch: Scalar | int,
    counts: Counts,
) -> Learner:
    """Train for one pass over the subset; `epoch` is 0 for the first."""
    epoch_order_key = order_key(run.seed, epoch)
    order = shuffled(epoch_order_key, run.subset, counts.subset_size)
    epoch_noise_key = noise_key(run.seed, epoch)
    steps_before = epoch * counts.steps_per_epoch

    def step(i: Scalar, learner: Learner) -> Learner:
        batch = take_batch(recipe, data, order, i, counts.subset_size, epoch_noise_key)
        progress = (steps_before + i) / counts.total_steps
        rate = learning_rate(recipe, progress)
        return train_step(recipe, model, learner, batch, rate)

    # A recipe with a given number of steps may end in the middle of an epoch.
    steps = jnp.minimum(counts.steps_per_epoch, counts.total_steps - steps_before)
    trained: Learner = jax.lax.fori_loop(0, steps, step, learner)
    return trained


def take_batch(
    recipe: Recipe,
    data: Data,
    order: Int[Array, " padded"],
    i: Scalar,
    subset_size: int,
    epoch_noise_key: PRNGKeyArray,
) -> Batch:
    """Batch number `i` of an epoch that visits the examples in `order`."""
    size = recipe.batch_size
    first = i * size
    index = jax.lax.dynamic_slice(order, (first,), (size,))
    is_in_subset = first + jnp.arange(size) < subset_size
    weight = is_in_subset.astype(jnp.float32)

    image = data.image[index]
    if recipe.crop or recipe.flip:
        # One key for an epoch, made into one for each step by the step's number.
        key = jax.random.fold_in(epoch_noise_key, i)
        image = augment(key, image, crop=recipe.crop, flip=recipe.flip)
    return Batch(as_float(image), data.label[index], weight)


def train_step(
    recipe: Recipe, model: Model, learner: Learner, batch: Batch, rate: Scalar | float
) -> Learner:
    """One step of gradient descent."""
    # The next state of the network, such as averages of batch norm, comes with the gradient.
    gradient_of_params = jax.grad(loss, argnums=2, has_aux=True)
    gradient, state = gradient_of_params(recipe, model, learner.params, learner.state, batch)

    # The rate is that of the step: it scales the direction last, behind momentum and weight decay.
    direction, optimizer_state = make_optimizer(recipe).update(
        gradient, learner.optimizer_state, learner.params
    )
    update = jax.tree.map(lambda part: -rate * part, direction)
    params = optax.apply_updates(learner.params, update)
    return Learner(params, state, optimizer_state)


def loss(
    recipe: Recipe, model: Model, params: Params, state: State, batch: Batch
) -> tuple[Scalar, State]:
    """Mean cross entropy of the batch, and the next state of the network."""
    logits, state = predict(recipe, model, params, state, batch.image, batch.weight)
    if recipe.label_smoothing:
        one_hot = jax.nn.one_hot(batch.label, logits.shape[-1])
        target = optax.smooth_labels(one_hot, recipe.label_smoothing)
        losses = optax.softmax_cross_entropy(logits, target)
    else:
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, batch.label)

    # The mean over the examples that count: a short batch is a step like any other.
    return jnp.vdot(losses, batch.weight) / batch.weight.sum(), state


def predict(
    recipe: Recipe,
    model: Model,
    params: Params,
    state: State,
    image: Images,
    weight: Weight | None = None,
) -> tuple[Logits, State]:
    """Float32 logits, computed in the recipe's precision, and the next state."""
    if recipe.precision == "bfloat16":
        # Only for the computation: the learner keeps float32, to which small updates still add up.
        params = jax.tree.map(_as_bfloat16, params)
        image = _as_bfloat16(image)
    with jax.default_matmul_precision(_MATMUL_PRECISIONS.get(recipe.precision)):
        logits, state = model.apply(params, state, image, weight)
    return logits.astype(jnp.float32), state


def as_float(image: Shaped[Array, "*shape"]) -> Images:
    """uint8 pixels scaled to 0..1; floats as they are."""
    if image.dtype == jnp.uint8:
        return image.astype(jnp.float32) / 255
    return image.astype(jnp.float32)


def _as_bfloat16(array: jax.Array) -> jax.Array:
    return array.astype(jnp.bfloat16)
