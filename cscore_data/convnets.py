"""Convolutional networks: the authors' SmallInception, and a fast one in the manner of ResNet-9 and airbench.

Images are (batch, height, width) or (batch, height, width, channel), values 0..1. Batch norm takes its mean and
variance over the examples that count (`weight`) in training and running averages in evaluation.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import initializers

from cscore_data.errors import InvalidInputError
from cscore_data.model import Model, Params, State

_he_normal = initializers.he_normal()


def small_inception(image_shape: Sequence[int], classes: int) -> Model:
    """The network of the paper's CIFAR studies: eight Inception blocks of two widths, strided convolutions between.

    References
    ----------
    Jiang, Zhang, Talwar, Mozer: Characterizing Structural Regularities of Labeled Data in Overparameterized Models,
    ICML 2021, appendix; the network is that of Zhang et al., ICLR 2017.
    """
    _check_shape(image_shape, smallest=1)
    layers = [layer for stage in _SMALL_INCEPTION for layer in stage]

    def init(key: jax.Array, images: jax.Array) -> tuple[Params, State]:
        params, state, channels = [], [], _with_channels(images).shape[-1]
        for layer in layers:
            key, *keys = jax.random.split(key, 1 + len(layer))
            units = [
                _init_unit(unit_key, (unit.side, unit.side, channels, unit.width))
                for unit_key, unit in zip(keys, layer, strict=True)
            ]
            params.append([unit_params for unit_params, _ in units])
            state.append([unit_state for _, unit_state in units])
            channels = sum(unit.width for unit in layer)
        return (params, _init_linear(key, channels, classes)), state

    def apply(
        params: Params, state: State, images: jax.Array, weight: jax.Array | None = None
    ) -> tuple[jax.Array, State]:
        x, after = _with_channels(images), []
        convolutional, (matrix, bias) = params
        for layer, layer_params, layer_state in zip(layers, convolutional, state, strict=True):
            units = [
                _apply_unit(p, s, x, weight, stride=unit.stride)
                for unit, p, s in zip(layer, layer_params, layer_state, strict=True)
            ]
            x = jnp.concatenate([out for out, _ in units], -1)
            after.append([unit_state for _, unit_state in units])
        return x.max((1, 2)) @ matrix + bias, after

    return Model(init, apply)


class _Unit(NamedTuple):
    """Convolution without bias, batch norm, ReLU."""

    side: int
    width: int
    stride: int = 1


def _block(narrow: int, wide: int) -> list[_Unit]:
    return [_Unit(1, narrow), _Unit(3, wide)]


#: Three stages of layers; the outputs of a layer's units are concatenated.
_SMALL_INCEPTION: list[list[list[_Unit]]] = [
    [[_Unit(3, 96)], _block(32, 32), _block(32, 48), [_Unit(3, 160, stride=2)]],
    [_block(112, 48), _block(96, 64), _block(80, 80), _block(48, 96), [_Unit(3, 240, stride=2)]],
    [_block(176, 160), _block(176, 160)],
]


def _init_unit(key: jax.Array, shape: tuple[int, ...]) -> tuple[Params, State]:
    width = shape[-1]
    return (_he_normal(key, shape), jnp.ones(width), jnp.zeros(width)), _statistics(width)


def _apply_unit(
    params: Params, state: State, x: jax.Array, weight: jax.Array | None, *, stride: int
) -> tuple[jax.Array, State]:
    kernel, scale, shift = params
    x, state = _batch_norm(_convolution(x, kernel, stride), state, weight, keep=0.9, epsilon=1e-5)
    return jax.nn.relu(x * scale + shift), state


#: Channels of the three groups of the fast network.
_FAST_WIDTHS = (64, 256, 256)

#: The fast network's shifts of batch norm learn this much faster, squared, than its kernels.
_SHIFT_GAIN = 8.0


def fast_cnn(image_shape: Sequence[int], classes: int) -> Model:
    """A network that learns CIFAR-10 in about ten epochs: fixed whitening filters, then three pairs of convolutions.

    Notes
    -----
    After cifar10-airbench (Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU, 2024): filters of 2 x 2 pixels
    that whiten patches of the training images and are not trained; convolutions that begin as the identity where they
    can; batch norm without scale, whose shift learns 64 times as fast as the kernels (a shift is kept divided by 8,
    which does the same); GELU; logits divided by 9.

    Left out, with what recipes do instead: lookahead, test-time augmentation, the freezing of the whitening bias after
    three epochs; images mirrored in alternate epochs (at random), shifted in from a reflection (from black), a rate
    from 0.2 to 0.07 of the greatest (from 0 to 0).
    """
    _check_shape(image_shape, smallest=9)  # 9 pixels, 8 after whitening, then halved three times

    def init(key: jax.Array, images: jax.Array) -> tuple[Params, State]:
        whitening, offset = _whitening_filters(_with_channels(images))
        channels, groups, statistics = whitening.shape[-1], [], []
        for width in _FAST_WIDTHS:
            key, first, second = jax.random.split(key, 3)
            kernels = _identity_first(first, channels, width), _identity_first(second, width, width)
            groups.append([(kernel, jnp.zeros(width)) for kernel in kernels])
            statistics.append([_statistics(width) for _ in kernels])
            channels = width
        matrix = initializers.variance_scaling(1 / 3, "fan_in", "uniform")(key, (channels, classes))
        return (jnp.zeros(whitening.shape[-1]), groups, matrix), ((whitening, offset), statistics)

    def apply(
        params: Params, state: State, images: jax.Array, weight: jax.Array | None = None
    ) -> tuple[jax.Array, State]:
        (bias, groups, matrix), ((whitening, offset), statistics), after = params, state, []
        x = _convolution(_with_channels(images), whitening.astype(images.dtype), padding="VALID")
        x = jax.nn.gelu(x + (bias - offset).astype(x.dtype))
        for (first, second), (first_state, second_state) in zip(groups, statistics, strict=True):
            x = _max_pool(_convolution(x, first[0]))
            x, first_state = _shifted(x, first[1], first_state, weight)
            x, second_state = _shifted(_convolution(x, second[0]), second[1], second_state, weight)
            after.append([first_state, second_state])
        return x.max((1, 2)) @ matrix / 9, ((whitening, offset), after)

    return Model(init, apply)


def _shifted(x: jax.Array, shift: jax.Array, state: State, weight: jax.Array | None) -> tuple[jax.Array, State]:
    x, state = _batch_norm(x, state, weight, keep=0.6, epsilon=1e-12)
    return jax.nn.gelu(x + _SHIFT_GAIN * shift), state


def _whitening_filters(images: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Filters (2, 2, channel, 8 · channel), each with its negative, whose outputs on centred patches are white.

    Returns them with what they make of the mean patch, to be subtracted from their outputs.
    """
    _, height, width, channels = images.shape
    corners = [images[:, y : height - 1 + y, x : width - 1 + x] for y in (0, 1) for x in (0, 1)]
    patches = jnp.stack(corners, -2).reshape(-1, 4 * channels)
    mean = patches.mean(0)
    covariance = (patches - mean).T @ (patches - mean) / len(patches)
    values, vectors = jnp.linalg.eigh(covariance)
    # A floor under the variances, a share of the pixels' own, or directions that hardly occur would become noise.
    filters = vectors / jnp.sqrt(values + 5e-4 * values.mean())
    filters = jnp.concatenate([filters, -filters], -1)
    return filters.reshape(2, 2, channels, 8 * channels), mean @ filters


def _identity_first(key: jax.Array, channels: int, width: int) -> jax.Array:
    """A 3 x 3 kernel whose first outputs are the inputs, the rest random."""
    kernel = _he_uniform_thirds(key, (3, 3, channels, width))
    kept = min(channels, width)
    identity = jnp.zeros((3, 3, channels, kept)).at[1, 1].set(jnp.eye(channels, kept))
    return kernel.at[..., :kept].set(identity)


def _he_uniform_thirds(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Uniform with variance 1 / (3 fan_in): what other frameworks start convolutions with."""
    return jnp.asarray(initializers.variance_scaling(1 / 3, "fan_in", "uniform")(key, shape))


def _check_shape(image_shape: Sequence[int], *, smallest: int) -> None:
    if len(image_shape) not in (2, 3) or min(image_shape[:2]) < smallest:
        found = " x ".join(map(str, image_shape))
        raise InvalidInputError(
            f"images: found {found}, expected height x width or height x width x channel, at least {smallest} x "
            f"{smallest} pixels for this network; choose --model mlp"
        )


def _with_channels(images: jax.Array) -> jax.Array:
    return images[..., None] if images.ndim == 3 else images


def _init_linear(key: jax.Array, channels: int, classes: int) -> Params:
    return initializers.lecun_normal()(key, (channels, classes)), jnp.zeros(classes)


def _convolution(x: jax.Array, kernel: jax.Array, stride: int = 1, padding: str = "SAME") -> jax.Array:
    """Convolution of images (batch, height, width, channel) with a kernel (side, side, channel, width)."""
    # XLA's own on a CPU takes eight times as long, and within a loop at CIFAR's size far longer (benchmarks/README.md).
    convolve = _convolution_as_product if jax.default_backend() == "cpu" else _convolution_by_library
    return convolve(x, kernel, stride, padding)


def _convolution_by_library(x: jax.Array, kernel: jax.Array, stride: int = 1, padding: str = "SAME") -> jax.Array:
    layout = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(x, kernel, (stride, stride), padding, dimension_numbers=layout)


def _convolution_as_product(x: jax.Array, kernel: jax.Array, stride: int = 1, padding: str = "SAME") -> jax.Array:
    """As one matrix product: each pixel's neighbourhood a row, each output channel a column."""
    side, _, channels, width = kernel.shape
    edges = jax.lax.padtype_to_pads(x.shape[1:3], (side, side), (stride, stride), padding)
    x = jnp.pad(x, [(0, 0), *edges, (0, 0)])
    height, breadth = ((size - side) // stride + 1 for size in x.shape[1:3])
    # In two steps of `side` pieces: half the code to compile, and less memory moved, than of side x side.
    rows = [x[:, top : top + stride * height : stride] for top in range(side)]
    x = jnp.concatenate(rows, -1)
    columns = [x[:, :, left : left + stride * breadth : stride] for left in range(side)]
    patches = jnp.concatenate(columns, -1).reshape(-1, side * side * channels)
    matrix = kernel.swapaxes(0, 1).reshape(-1, width)
    return (patches @ matrix).reshape(-1, height, breadth, width)


def _max_pool(x: jax.Array) -> jax.Array:
    """The greatest of each 2 x 2 pixels; an odd last row or column is dropped."""
    batch, height, width, channels = x.shape
    x = x[:, : height // 2 * 2, : width // 2 * 2]
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max((2, 4))


def _statistics(width: int) -> State:
    """The running mean and variance that `_batch_norm` begins with."""
    return jnp.zeros(width), jnp.ones(width)


def _batch_norm(
    x: jax.Array, state: State, weight: jax.Array | None, *, keep: float, epsilon: float
) -> tuple[jax.Array, State]:
    """Batch norm without scale and shift, in float32; running averages keep this share of themselves a step."""
    wide = x.astype(jnp.float32)
    if weight is None:
        mean, variance = state
    else:
        share = (weight / weight.sum() / (x.shape[1] * x.shape[2])).reshape(-1, 1, 1, 1)
        mean = (wide * share).sum((0, 1, 2))
        variance = (jnp.square(wide - mean) * share).sum((0, 1, 2))
        state = tuple(
            keep * old + (1 - keep) * jax.lax.stop_gradient(new)
            for old, new in zip(state, (mean, variance), strict=True)
        )
    return ((wide - mean) * jax.lax.rsqrt(variance + epsilon)).astype(x.dtype), state
