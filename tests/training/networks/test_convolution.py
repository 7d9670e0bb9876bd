import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cscore_data.training.networks.convolution import (
    convolution_by_library,
    convolution_by_product,
    max_pool,
)


@pytest.mark.parametrize(
    ("side", "stride", "padding", "shape"),
    [
        (3, 1, "SAME", (7, 6)),
        (3, 2, "SAME", (8, 7)),
        (2, 1, "VALID", (5, 6)),
        (1, 1, "SAME", (4, 4)),
    ],
)
def test_a_product_of_patches_is_the_convolution(side, stride, padding, shape):
    random = np.random.default_rng(0)
    x = random.normal(size=(2, *shape, 3)).astype(np.float32)
    kernel = random.normal(size=(side, side, 3, 5)).astype(np.float32)
    expected, result = (
        jax.jit(convolve, static_argnums=(2, 3))(x, kernel, stride, padding)
        for convolve in (convolution_by_library, convolution_by_product)
    )
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_pooling_takes_the_maximum_and_drops_an_odd_row():
    x = jnp.arange(12.0).reshape(1, 3, 4, 1)
    np.testing.assert_array_equal(max_pool(x)[0, ..., 0], [[5, 7]])
