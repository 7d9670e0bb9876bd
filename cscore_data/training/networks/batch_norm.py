"""Batch norm over the examples of a batch that count."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cscore_data.training.model import Weight
from cscore_data.training.networks.convolution import Pixels


class Statistics(NamedTuple):
    """Running averages of batch norm, for each channel."""

    mean: Float[Array, " channel"]
    variance: Float[Array, " channel"]


def initial_statistics(channels: int) -> Statistics:
    """The running averages that `batch_norm` begins with."""
    return Statistics(jnp.zeros(channels), jnp.ones(channels))


def batch_norm(
    x: Pixels, running: Statistics, weight: Weight | None, *, keep: float, epsilon: float
) -> tuple[Pixels, Statistics]:
    """Batch norm without scale and shift, computed in float32.

    Parameters
    ----------
    x : float (batch, height, width, channel)
    running : Statistics
    weight : float (batch,), optional
        Training: mean and variance are those of the examples with weight 1. None in evaluation:
        they are the running averages.
    keep : float
        Share of the running averages that is kept in each step.
    epsilon : float
        Added to the variance.
    """
    wide = x.astype(jnp.float32)
    if weight is None:
        mean, variance = running
    else:
        # The share of each pixel in the averages; that of the filling is 0.
        height, width = x.shape[1:3]
        share = weight / weight.sum() / (height * width)
        share = share.reshape(-1, 1, 1, 1)
        mean = (wide * share).sum((0, 1, 2))
        distance = jnp.square(wide - mean)
        variance = (distance * share).sum((0, 1, 2))
        running = Statistics(
            _running_average(running.mean, mean, keep),
            _running_average(running.variance, variance, keep),
        )
    centred = wide - mean
    normalized = centred * jax.lax.rsqrt(variance + epsilon)
    return normalized.astype(x.dtype), running


def _running_average(old: jax.Array, new: jax.Array, keep: float) -> jax.Array:
    return keep * old + (1 - keep) * jax.lax.stop_gradient(new)
