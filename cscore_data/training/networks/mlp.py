"""A fully connected network."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jax.nn import initializers
from jaxtyping import Array, Float, PRNGKeyArray

from cscore_data.training.model import Images, Logits, Model, State, Weight


class Dense(NamedTuple):
    """Parameters of a fully connected layer."""

    matrix: Float[Array, "fan_in fan_out"]
    bias: Float[Array, " fan_out"]


def mlp(image_shape: Sequence[int], classes: int, *, hidden: Sequence[int]) -> Model:
    """A fully connected network with ReLU.

    With ``hidden=(512, 256)`` it is the network of the paper's MNIST study. Weights start Glorot
    normal and biases normal with standard deviation 0.01, as in the authors' demo.
    """
    widths = [math.prod(image_shape), *hidden, classes]

    def init(key: PRNGKeyArray, images: Images) -> tuple[list[Dense], State]:
        params = []
        for fan_in, fan_out in itertools.pairwise(widths):
            key, matrix_key, bias_key = jax.random.split(key, 3)
            matrix = initializers.glorot_normal()(matrix_key, (fan_in, fan_out))
            bias = initializers.normal(0.01)(bias_key, (fan_out,))
            params.append(Dense(matrix, bias))
        return params, ()

    def apply(
        params: list[Dense], state: State, images: Images, weight: Weight | None = None
    ) -> tuple[Logits, State]:
        x = images.reshape(len(images), -1)
        for matrix, bias in params[:-1]:
            x = jax.nn.relu(x @ matrix + bias)
        matrix, bias = params[-1]
        return x @ matrix + bias, state

    return Model(init, apply)


def without_inputs(model: Model, used: Sequence[int]) -> Model:
    """A fully connected network of which only some inputs are given, as if all others were zero.

    Its weights start as those of the whole network.
    """
    rows = np.asarray(used)

    def init(key: PRNGKeyArray, images: Images) -> tuple[list[Dense], State]:
        params, state = model.init(key, images)
        first, *others = params
        first = Dense(first.matrix[rows], first.bias)
        return [first, *others], state

    return Model(init, model.apply)
