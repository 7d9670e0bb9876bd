"""Operations on images (batch, height, width, channel): convolution and pooling."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cscore_data.errors import InvalidInputError
from cscore_data.training.model import Images

Pixels = Float[Array, "batch height width channel"]
Kernel = Float[Array, "side side channel width"]


def convolution(x: Pixels, kernel: Kernel, stride: int = 1, padding: str = "SAME") -> Pixels:
    """Convolve images with a kernel, in the way that `fastest_convolution` chooses.

    Parameters
    ----------
    x : float (batch, height, width, channel)
    kernel : float (side, side, channel, width)
    stride : int
    padding : {"SAME", "VALID"}

    Returns
    -------
    float (batch, height / stride, width / stride, width of the kernel)
    """
    return fastest_convolution()(x, kernel, stride, padding)


def fastest_convolution() -> Callable[[Pixels, Kernel, int, str], Pixels]:
    """The implementation to use on the present device; all of them compute the same."""
    # On a CPU, XLA's own takes eight times as long, and far longer within a loop at CIFAR's size
    # (benchmarks/README.md).
    if jax.default_backend() == "cpu":
        return convolution_by_product
    return convolution_by_library


def convolution_by_library(
    x: Pixels, kernel: Kernel, stride: int = 1, padding: str = "SAME"
) -> Pixels:
    """Convolution as XLA offers it."""
    layout = ("NHWC", "HWIO", "NHWC")
    strides = (stride, stride)
    return jax.lax.conv_general_dilated(x, kernel, strides, padding, dimension_numbers=layout)


def convolution_by_product(
    x: Pixels, kernel: Kernel, stride: int = 1, padding: str = "SAME"
) -> Pixels:
    """Convolution as one matrix product.

    Each pixel's neighbourhood is a row of the left matrix, each output channel a column of the
    right one.
    """
    side, _, channels, width = kernel.shape
    kernel_size = (side, side)
    strides = (stride, stride)
    edges = jax.lax.padtype_to_pads(x.shape[1:3], kernel_size, strides, padding)
    x = jnp.pad(x, [(0, 0), *edges, (0, 0)])
    out_height = (x.shape[1] - side) // stride + 1
    out_width = (x.shape[2] - side) // stride + 1

    # Collect the neighbourhoods in two steps of `side` pieces, first along the columns: half the
    # code to compile and less memory moved than in one step of side * side pieces.
    rows = []
    for top in range(side):
        bottom = top + stride * out_height
        rows.append(x[:, top:bottom:stride])
    x = jnp.concatenate(rows, -1)
    columns = []
    for left in range(side):
        right = left + stride * out_width
        columns.append(x[:, :, left:right:stride])
    patches = jnp.concatenate(columns, -1)

    # One row for each pixel of all images, one column for each output channel.
    patches = patches.reshape(-1, side * side * channels)
    matrix = kernel.swapaxes(0, 1).reshape(-1, width)
    product = patches @ matrix
    return product.reshape(-1, out_height, out_width, width)


def max_pool(x: Pixels) -> Pixels:
    """The maximum of each 2 x 2 pixels; an odd last row or column is dropped."""
    batch, height, width, channels = x.shape
    half_height = height // 2
    half_width = width // 2
    x = x[:, : 2 * half_height, : 2 * half_width]
    squares = x.reshape(batch, half_height, 2, half_width, 2, channels)
    return squares.max((2, 4))


def with_channels(images: Images) -> Pixels:
    """The images with a channel axis, which grey ones may lack."""
    if images.ndim == 3:
        return images[..., None]
    return images


def check_image_shape(image_shape: Sequence[int], *, smallest: int) -> None:
    """Raise `InvalidInputError` unless these are images of at least `smallest` pixels a side."""
    if len(image_shape) in (2, 3) and min(image_shape[:2]) >= smallest:
        return
    found = " x ".join(str(size) for size in image_shape)
    raise InvalidInputError(
        f"images: found {found}, expected height x width or height x width x channel, at least "
        f"{smallest} x {smallest} pixels for this network; choose --model mlp"
    )
