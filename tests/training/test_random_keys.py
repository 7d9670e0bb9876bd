import jax
import numpy as np
import pytest

from cscore_data.training.random_keys import noise_key, order_key, weights_key

SEED = np.array([3, 9], np.uint32)


@pytest.mark.parametrize(
    ("make_key", "purpose"),
    [
        (weights_key, 0),
        (lambda seed: order_key(seed, 0), 1),
        (lambda seed: order_key(seed, 5), 6),
        (lambda seed: noise_key(seed, 0), 2**31),
        (lambda seed: noise_key(seed, 5), 2**31 + 5),
    ],
    ids=["weights", "first order", "later order", "first noise", "later noise"],
)
def test_each_purpose_has_a_number_of_its_own(make_key, purpose):
    """Stored results depend on these numbers."""
    seed_key = jax.random.wrap_key_data(SEED, impl="threefry2x32")
    assert make_key(SEED) == jax.random.fold_in(seed_key, np.uint32(purpose))
