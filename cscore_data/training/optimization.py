"""The optimizer of a recipe, and its learning rate over the steps."""

import jax.numpy as jnp
import optax
from jaxtyping import Scalar

from cscore_data.training.recipe import Recipe

#: optax's schedules take the number of a step, out of a number that is known in advance. Ours is
#: an argument of the compiled program, so progress 0..1 is scaled to this many steps.
_SCHEDULE_STEPS = 1_000_000


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
        return _triangular(recipe, progress)
    warmup_steps = int(_SCHEDULE_STEPS * recipe.warmup)
    schedule = optax.warmup_cosine_decay_schedule(
        init_value=0,
        peak_value=recipe.learning_rate,
        warmup_steps=warmup_steps,
        decay_steps=_SCHEDULE_STEPS,
    )
    return jnp.asarray(schedule(progress * _SCHEDULE_STEPS))


def _triangular(recipe: Recipe, progress: Scalar | float) -> Scalar:
    # The lower of two lines: a tenth fewer operations in a step than with `jnp.interp`.
    rise = progress / recipe.warmup
    fall = (1 - progress) / (1 - recipe.warmup)
    return recipe.learning_rate * jnp.minimum(rise, fall)


def make_optimizer(recipe: Recipe) -> optax.GradientTransformation:
    """Make the direction of a step: SGD with momentum and weight decay.

    The step is this direction times the negative learning rate. The rate comes after the momentum,
    so that a change of it takes effect at once and not only as the old velocity fades. The result
    is a pair of pure functions, which can be made again wherever one of them is needed.
    """
    momentum = optax.trace(recipe.momentum, nesterov=recipe.nesterov)
    if recipe.weight_decay == 0:
        return optax.chain(momentum)
    return optax.chain(optax.add_decayed_weights(recipe.weight_decay), momentum)
