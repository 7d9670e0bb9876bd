"""Loss, optimizer and learning-rate schedule of a recipe."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, Scalar

from cscore_data.training.model import Images, Logits, Model, Params, State, Weight
from cscore_data.training.recipe import Recipe

#: Steps of the schedules that count steps: the number of training steps is a traced value.
_TICKS = 1_000_000

#: What jax calls the precisions of products. In bfloat16 the operands have few enough bits.
_MATMUL_PRECISIONS = {"float32": "float32", "tf32": "tensorfloat32"}


class Learner(NamedTuple):
    """A model in training."""

    params: Params
    state: State
    momentum: optax.OptState


class Batch(NamedTuple):
    """The examples of one step; `weight` is 0 for what fills up a short batch."""

    image: Images
    label: Int[Array, " batch"]
    weight: Weight


def learning_rate(recipe: Recipe, progress: Scalar | float) -> Scalar | float:
    """The learning rate after a share of a model's steps.

    Parameters
    ----------
    recipe : Recipe
    progress : float
        0..1.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule == "triangular":
        # The lower of two lines: a tenth fewer operations in a step than with `jnp.interp`.
        rise = progress / recipe.warmup
        fall = (1 - progress) / (1 - recipe.warmup)
        return recipe.learning_rate * jnp.minimum(rise, fall)
    rise = int(_TICKS * recipe.warmup)
    schedule = optax.warmup_cosine_decay_schedule(0, recipe.learning_rate, rise, _TICKS)
    return jnp.asarray(schedule(progress * _TICKS))


def make_optimizer(recipe: Recipe) -> optax.GradientTransformation:
    """Make the update of a step without its learning rate, which depends on a traced value."""
    momentum = optax.trace(recipe.momentum, nesterov=recipe.nesterov)
    if recipe.weight_decay == 0:
        return optax.chain(momentum)
    return optax.chain(optax.add_decayed_weights(recipe.weight_decay), momentum)


def predict(
    recipe: Recipe,
    model: Model,
    params: Params,
    state: State,
    image: Images,
    weight: Weight | None = None,
) -> tuple[Logits, State]:
    """Float32 logits, computed in the recipe's precision, and the next state."""
    # Only the computation is in bfloat16: params and state stay float32.
    if recipe.precision == "bfloat16":
        params = jax.tree.map(_as_bfloat16, params)
        image = _as_bfloat16(image)
    with jax.default_matmul_precision(_MATMUL_PRECISIONS.get(recipe.precision)):
        logits, state = model.apply(params, state, image, weight)
    return logits.astype(jnp.float32), state


def _as_bfloat16(array: jax.Array) -> jax.Array:
    return array.astype(jnp.bfloat16)


def make_loss(
    recipe: Recipe, model: Model
) -> Callable[[Params, State, Batch], tuple[Scalar, State]]:
    """Make ``loss(params, state, batch)``: mean cross entropy of the batch, and the next state."""

    def loss(params: Params, state: State, batch: Batch) -> tuple[Scalar, State]:
        logits, state = predict(recipe, model, params, state, batch.image, batch.weight)
        if recipe.label_smoothing:
            one_hot = jax.nn.one_hot(batch.label, logits.shape[-1])
            target = optax.smooth_labels(one_hot, recipe.label_smoothing)
            losses = optax.softmax_cross_entropy(logits, target)
        else:
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, batch.label)
        return jnp.vdot(losses, batch.weight) / batch.weight.sum(), state

    return loss


def make_update(
    recipe: Recipe, model: Model
) -> Callable[[Learner, Batch, Scalar | float], Learner]:
    """Make ``update(learner, batch, rate)``: the learner after one step of gradient descent."""
    gradient_of = jax.grad(make_loss(recipe, model), has_aux=True)
    optimizer = make_optimizer(recipe)

    def update(learner: Learner, batch: Batch, rate: Scalar | float) -> Learner:
        gradient, state = gradient_of(learner.params, learner.state, batch)
        direction, momentum = optimizer.update(gradient, learner.momentum, learner.params)
        step = jax.tree.map(lambda part: -rate * part, direction)
        params = optax.apply_updates(learner.params, step)
        return Learner(params, state, momentum)

    return update
