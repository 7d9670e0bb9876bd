"""The random keys of a model: one for each purpose, all made from its seed.

A key is a function of the seed, the purpose and the epoch, and no generator is carried along from
step to step: whichever other models are trained next to it, on whatever device and in whatever
order, a model draws the same numbers.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, ScalarLike, UInt32

Seed = UInt32[Array, " 2"]


def weights_key(seed: Seed) -> PRNGKeyArray:
    """The key of the initial weights."""
    return _key(seed, 0)


def order_key(seed: Seed, epoch: ScalarLike) -> PRNGKeyArray:
    """The key of the order in which an epoch visits the subset."""
    return _key(seed, 1 + epoch)


def noise_key(seed: Seed, epoch: ScalarLike) -> PRNGKeyArray:
    """The key of an epoch's augmentation; each step folds its own number in."""
    # Far from the numbers of `order_key`, which count up from 1.
    return _key(seed, jnp.uint32(2**31) + jnp.uint32(epoch))


def _key(seed: Seed, purpose: ScalarLike) -> PRNGKeyArray:
    # The generator is named, because results must not depend on the default of jax.
    key = jax.random.wrap_key_data(seed, impl="threefry2x32")
    return jax.random.fold_in(key, purpose)
