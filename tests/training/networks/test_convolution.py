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
    x = jax.random.normal(jax.random.key(0), (2, *shape, 3))
    kernel = jax.random.normal(jax.random.key(1), (side, side, 3, 5))
    expected = convolution_by_library(x, kernel, stride, padding)
    result = convolution_by_product(x, kernel, stride, padding)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_pooling_takes_the_maximum_and_drops_an_odd_row():
    x = jnp.arange(12.0).reshape(1, 3, 4, 1)
    np.testing.assert_array_equal(max_pool(x)[0, ..., 0], [[5, 7]])
