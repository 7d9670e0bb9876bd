"""Layers of convolutional networks, as pairs of pure functions that can be composed."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from cscore_data.training.model import Params, State, Weight
from cscore_data.training.networks.convolution import Pixels


class Layer(NamedTuple):
    """A part of a network: a pair of pure functions, to be composed with others.

    Attributes
    ----------
    width : int
        Number of output channels.
    keys : int
        Number of random keys that `init` uses.
    init : callable
        ``init(keys, channels) -> params, state``: takes the random keys that it needs from the
        iterator `keys`; `channels` is the number of input channels.
    apply : callable
        ``apply(params, state, x, weight) -> x, state``, with `weight` as of `Model`.
    """

    width: int
    keys: int
    init: Callable[[Iterator[PRNGKeyArray], int], tuple[Params, State]]
    apply: Callable[[Params, State, Pixels, Weight | None], tuple[Pixels, State]]


def side_by_side(layers: Sequence[Layer]) -> Layer:
    """Layers with the same input, whose outputs are concatenated along the channels."""

    def init(keys: Iterator[PRNGKeyArray], channels: int) -> tuple[list[Params], list[State]]:
        params = []
        state = []
        for layer in layers:
            layer_params, layer_state = layer.init(keys, channels)
            params.append(layer_params)
            state.append(layer_state)
        return params, state

    def apply(
        params: list[Params], state: list[State], x: Pixels, weight: Weight | None
    ) -> tuple[Pixels, list[State]]:
        outputs = []
        next_state = []
        for layer, layer_params, layer_state in zip(layers, params, state, strict=True):
            output, layer_state = layer.apply(layer_params, layer_state, x, weight)
            outputs.append(output)
            next_state.append(layer_state)
        return jnp.concatenate(outputs, -1), next_state

    width = sum(layer.width for layer in layers)
    keys = sum(layer.keys for layer in layers)
    return Layer(width, keys, init, apply)


def in_sequence(layers: Sequence[Layer]) -> Layer:
    """Layers each of which takes the output of the one before."""

    def init(keys: Iterator[PRNGKeyArray], channels: int) -> tuple[list[Params], list[State]]:
        params = []
        state = []
        for layer in layers:
            layer_params, layer_state = layer.init(keys, channels)
            params.append(layer_params)
            state.append(layer_state)
            channels = layer.width
        return params, state

    def apply(
        params: list[Params], state: list[State], x: Pixels, weight: Weight | None
    ) -> tuple[Pixels, list[State]]:
        next_state = []
        for layer, layer_params, layer_state in zip(layers, params, state, strict=True):
            x, layer_state = layer.apply(layer_params, layer_state, x, weight)
            next_state.append(layer_state)
        return x, next_state

    keys = sum(layer.keys for layer in layers)
    return Layer(layers[-1].width, keys, init, apply)


def init_network(
    layers: Sequence[Layer], key: PRNGKeyArray, channels: int
) -> tuple[list[Params], list[State], PRNGKeyArray]:
    """Initialize the layers of a whole network, to be applied `in_sequence`.

    Returns
    -------
    params, state : list
        One entry per layer.
    key : jax key
        An unused one, for what follows the layers.
    """
    params = []
    state = []
    for layer in layers:
        # Split off exactly as many keys as the layer needs: initial weights depend on it.
        key, *layer_keys = jax.random.split(key, 1 + layer.keys)
        layer_params, layer_state = layer.init(iter(layer_keys), channels)
        params.append(layer_params)
        state.append(layer_state)
        channels = layer.width
    return params, state, key
