"""Networks as pairs of pure functions, ``init(key)`` and ``apply(params, images)``."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import initializers

Params = Any  # a pytree of float32 arrays


class Model(NamedTuple):
    r"""A network without state.

    Attributes
    ----------
    init : callable
        ``init(key) -> params``, a pytree of float32 arrays.
    apply : callable
        ``apply(params, images) -> logits``: images float32 (batch, \\*image shape), logits float32 (batch, class).
    """

    init: Callable[[jax.Array], Params]
    apply: Callable[[Params, jax.Array], jax.Array]


def mlp(image_shape: Sequence[int], classes: int, *, hidden: Sequence[int]) -> Model:
    """A fully connected network with ReLU: the network of the paper's MNIST study for ``hidden=(512, 256)``.

    Weights start Glorot normal and biases normal with standard deviation 0.01, as in the authors' demo.
    """
    widths = [math.prod(image_shape), *hidden, classes]

    def init(key: jax.Array) -> Params:
        params = []
        for fan_in, fan_out in itertools.pairwise(widths):
            key, weight_key, bias_key = jax.random.split(key, 3)
            weight = initializers.glorot_normal()(weight_key, (fan_in, fan_out))
            params.append((weight, initializers.normal(0.01)(bias_key, (fan_out,))))
        return params

    def apply(params: Params, images: jax.Array) -> jax.Array:
        x = images.reshape(len(images), -1)
        for weight, bias in params[:-1]:
            x = jax.nn.relu(x @ weight + bias)
        weight, bias = params[-1]
        return jnp.asarray(x @ weight + bias)

    return Model(init, apply)


#: The networks that a recipe can name.
MODELS: dict[str, Callable[..., Model]] = {"mlp": mlp}
