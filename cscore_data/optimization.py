"""What a recipe makes of a network: its outputs in the recipe's precision, the loss, the step and its length."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from cscore_data.model import Model, Params, State
from cscore_data.recipe import Recipe


def learning_rate(recipe: Recipe, progress: jax.Array | float) -> jax.Array | float:
    """The learning rate after a share of a model's steps.

    Parameters
    ----------
    recipe : Recipe
    progress : float
        0..1.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    # The number of steps is a traced value: schedules are over a fixed number of ticks instead.
    ticks = 1_000_000
    rise = int(ticks * recipe.warmup)
    if recipe.schedule == "cosine":
        schedule = optax.warmup_cosine_decay_schedule(0, recipe.learning_rate, rise, ticks)
    else:
        up, down = (
            optax.linear_schedule(0, recipe.learning_rate, rise),
            optax.linear_schedule(recipe.learning_rate, 0, ticks - rise),
        )
        schedule = optax.join_schedules([up, down], [rise])
    return jnp.asarray(schedule(progress * ticks))


def make_optimizer(recipe: Recipe) -> optax.GradientTransformation:
    """All of the update but the learning rate, which follows the number of steps, a traced value."""
    decay = [optax.add_decayed_weights(recipe.weight_decay)] if recipe.weight_decay else []
    return optax.chain(*decay, optax.trace(recipe.momentum, nesterov=recipe.nesterov))


def make_loss(recipe: Recipe, model: Model) -> Callable[..., tuple[jax.Array, State]]:
    """Mean cross entropy of the examples of a batch that count, and the next state."""

    def loss(
        params: Params, state: State, image: jax.Array, label: jax.Array, weight: jax.Array
    ) -> tuple[jax.Array, State]:
        logits, state = predict(recipe, model, params, state, image, weight)
        if recipe.label_smoothing:
            target = optax.smooth_labels(jax.nn.one_hot(label, logits.shape[-1]), recipe.label_smoothing)
            losses = optax.softmax_cross_entropy(logits, target)
        else:
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, label)
        return jnp.vdot(losses, weight) / weight.sum(), state

    return loss


def predict(
    recipe: Recipe, model: Model, params: Params, state: State, image: jax.Array, weight: jax.Array | None
) -> tuple[jax.Array, State]:
    """Float32 logits, computed in the recipe's precision."""
    if recipe.precision == "bfloat16":
        params, image = jax.tree.map(lambda part: part.astype(jnp.bfloat16), (params, image))
    with jax.default_matmul_precision({"float32": "float32", "tf32": "tensorfloat32"}.get(recipe.precision)):
        logits, state = model.apply(params, state, image, weight)
    return logits.astype(jnp.float32), state
