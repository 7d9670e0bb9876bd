"""The authors' SmallInception."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import initializers
from jaxtyping import Array, Float, PRNGKeyArray

from cscore_data.training.model import Images, Logits, Model, Params, State, Weight
from cscore_data.training.networks.batch_norm import Statistics, batch_norm, initial_statistics
from cscore_data.training.networks.convolution import (
    Kernel,
    Pixels,
    check_image_shape,
    convolution,
    with_channels,
)
from cscore_data.training.networks.layers import Layer, in_sequence, init_network, side_by_side


class Unit(NamedTuple):
    """A convolution without bias, batch norm and ReLU, of this kernel size and output width."""

    side: int
    width: int
    stride: int = 1


def block(narrow: int, wide: int) -> list[Unit]:
    """An Inception block: kernels of 1 x 1 and of 3 x 3 pixels."""
    return [Unit(1, narrow), Unit(3, wide)]


#: The paper's layers. The outputs of the units of a layer are concatenated.
LAYERS = [
    # Full size.
    [Unit(3, 96)],
    block(32, 32),
    block(32, 48),
    # Half.
    [Unit(3, 160, stride=2)],
    block(112, 48),
    block(96, 64),
    block(80, 80),
    block(48, 96),
    # A quarter.
    [Unit(3, 240, stride=2)],
    block(176, 160),
    block(176, 160),
]


def small_inception(image_shape: Sequence[int], classes: int) -> Model:
    """The network of the paper's CIFAR studies.

    Eight Inception blocks of two widths, with strided convolutions between the stages.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer: Characterizing Structural Regularities of Labeled Data in
    Overparameterized Models, ICML 2021, appendix; the network is that of Zhang et al., ICLR 2017.
    """
    return inception(LAYERS, image_shape, classes)


class Linear(NamedTuple):
    """Parameters of the last layer."""

    matrix: Float[Array, "channel class"]
    bias: Float[Array, " class"]


class InceptionParams(NamedTuple):
    """Parameters of a whole network."""

    layers: list[Params]
    linear: Linear


def inception(units: Sequence[Sequence[Unit]], image_shape: Sequence[int], classes: int) -> Model:
    """A network of layers of units side by side, a global maximum and a linear layer.

    Parameters
    ----------
    units : sequence of sequences of Unit
        The units of each layer.
    image_shape : sequence of int
        Height, width and, if there is one, channel.
    classes : int
    """
    check_image_shape(image_shape, smallest=1)
    layers = []
    for layer_units in units:
        # A layer of a single unit is a layer like the others, with one branch.
        branches = [conv_bn_relu(unit) for unit in layer_units]
        layers.append(side_by_side(branches))
    body = in_sequence(layers)

    def init(key: PRNGKeyArray, images: Images) -> tuple[InceptionParams, list[State]]:
        channels = with_channels(images).shape[-1]
        params, state, key = init_network(layers, key, channels)
        initializer = initializers.lecun_normal()
        matrix = initializer(key, (body.width, classes))
        linear = Linear(matrix, bias=jnp.zeros(classes))
        return InceptionParams(params, linear), state

    def apply(
        params: InceptionParams, state: list[State], images: Images, weight: Weight | None = None
    ) -> tuple[Logits, list[State]]:
        x, state = body.apply(params.layers, state, with_channels(images), weight)
        features = x.max((1, 2))
        matrix, bias = params.linear
        return features @ matrix + bias, state

    return Model(init, apply)


class UnitParams(NamedTuple):
    """Parameters of one unit."""

    kernel: Kernel
    scale: Float[Array, " width"]
    shift: Float[Array, " width"]


def conv_bn_relu(unit: Unit) -> Layer:
    """The layer that a unit describes."""

    def init(keys: Iterator[PRNGKeyArray], channels: int) -> tuple[UnitParams, Statistics]:
        shape = (unit.side, unit.side, channels, unit.width)
        initializer = initializers.he_normal()
        kernel = initializer(next(keys), shape)
        scale = jnp.ones(unit.width)
        shift = jnp.zeros(unit.width)
        return UnitParams(kernel, scale, shift), initial_statistics(unit.width)

    def apply(
        params: UnitParams, state: Statistics, x: Pixels, weight: Weight | None
    ) -> tuple[Pixels, Statistics]:
        x = convolution(x, params.kernel, unit.stride)
        x, state = batch_norm(x, state, weight, keep=0.9, epsilon=1e-5)
        return jax.nn.relu(x * params.scale + params.shift), state

    return Layer(width=unit.width, keys=1, init=init, apply=apply)
