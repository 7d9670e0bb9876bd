"""What a network is to the rest of the package, a pair of pure functions, and the fully connected one."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import initializers

Params = Any  # a pytree of float32 arrays, fitted by gradient descent
State = Any  # a pytree of float32 arrays that are not: running statistics, fixed filters


class Model(NamedTuple):
    r"""A network as two pure functions of one model; training maps them over many.

    Attributes
    ----------
    init : callable
        ``init(key, images) -> params, state``: two pytrees of float32 arrays, the second for all that is not fitted
        by gradient descent, such as the running statistics of batch norm; ``()`` if there is nothing. `images`,
        float32 (sample, \*image shape), are some of those that the model will be trained on, for weights that begin
        with what the data are like.
    apply : callable
        ``apply(params, state, images, weight) -> logits, state``: images (batch, \*image shape), logits
        (batch, class). `weight`, float32 (batch,), is 1 for the examples of a training batch and 0 for what fills it
        up, and the state that comes back is the next step's; in evaluation it is None, and the state is as it was.
        Params, images and logits are float32, or bfloat16 where the recipe computes in that; `state` is float32.
    """

    init: Callable[[jax.Array, jax.Array], tuple[Params, State]]
    apply: Callable[[Params, State, jax.Array, jax.Array | None], tuple[jax.Array, State]]


def mlp(image_shape: Sequence[int], classes: int, *, hidden: Sequence[int]) -> Model:
    """A fully connected network with ReLU: the network of the paper's MNIST study for ``hidden=(512, 256)``.

    Weights start Glorot normal and biases normal with standard deviation 0.01, as in the authors' demo.
    """
    widths = [math.prod(image_shape), *hidden, classes]

    def init(key: jax.Array, images: jax.Array) -> tuple[Params, State]:
        params = []
        for fan_in, fan_out in itertools.pairwise(widths):
            key, weight_key, bias_key = jax.random.split(key, 3)
            weight = initializers.glorot_normal()(weight_key, (fan_in, fan_out))
            params.append((weight, initializers.normal(0.01)(bias_key, (fan_out,))))
        return params, ()

    def apply(
        params: Params, state: State, images: jax.Array, weight: jax.Array | None = None
    ) -> tuple[jax.Array, State]:
        x = images.reshape(len(images), -1)
        for matrix, bias in params[:-1]:
            x = jax.nn.relu(x @ matrix + bias)
        matrix, bias = params[-1]
        return jnp.asarray(x @ matrix + bias), state

    return Model(init, apply)
