import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cscore_data.training.shuffle import plain_argsort, radix_argsort, shuffled

by_radix = jax.jit(radix_argsort)
at_once = jax.jit(plain_argsort)


@settings(max_examples=20, deadline=None)
@given(
    hnp.arrays(
        np.uint32,
        st.sampled_from([1, 2, 3, 64, 1000, 70_000]),
        elements=st.integers(0, 2**32 - 1),
    ),
    st.integers(0, 31),
)
def test_radix_passes_give_the_order_of_one_stable_sort(keys, shift):
    keys = keys >> np.uint32(shift)  # with few different keys, ties must stay in order
    order = by_radix(keys)
    np.testing.assert_array_equal(order, at_once(keys))
    np.testing.assert_array_equal(order, np.argsort(keys, kind="stable"))


def test_padding_stays_behind_the_subset():
    subset = jnp.array([7, 3, 9, 4, 0, 0, 0])
    order = np.asarray(jax.jit(shuffled)(jax.random.key(1), subset, 4))
    assert sorted(order[:4].tolist()) == [3, 4, 7, 9]
    assert order[4:].tolist() == [0, 0, 0]
