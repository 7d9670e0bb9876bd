"""A random order of the training subset for each epoch."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray, ScalarLike, UInt32

Keys = UInt32[Array, " key"]
Order = Int[Array, " key"]
Subset = Int[Array, " padded"]


def shuffled(key: PRNGKeyArray, subset: Subset, size: ScalarLike) -> Subset:
    """Put the first `size` entries of `subset` in a random order, and its padding after them."""
    bits = jax.random.bits(key, subset.shape)
    # The sort is stable: even an entry that draws the largest number stays before the padding.
    is_entry = jnp.arange(len(subset)) < size
    bits = jnp.where(is_entry, bits, jnp.uint32(0xFFFFFFFF))
    argsort = fastest_argsort()
    return subset[argsort(bits)]


def fastest_argsort() -> Callable[[Keys], Order]:
    """The stable sort to use on the present device; both give the same order."""
    if jax.default_backend() == "cpu":
        return radix_argsort
    # Not measured on a GPU, where one sort of pairs should cost less than several of words.
    return plain_argsort


def plain_argsort(keys: Keys) -> Order:
    """The order that sorts `keys`; equal keys keep theirs. In one sort of keys with an index."""
    return jnp.argsort(keys, stable=True)


def radix_argsort(keys: Keys) -> Order:
    """As `plain_argsort`, in one pass per digit, from the lowest digit up.

    Each pass sorts single words that consist of a digit and a position: XLA on a CPU does so in a
    quarter of the time that it needs to sort keys together with an index.
    """
    position_bits = max(1, (len(keys) - 1).bit_length())
    position_mask = (1 << position_bits) - 1
    digit_bits = 32 - position_bits
    digit_mask = (1 << digit_bits) - 1
    positions = jnp.arange(len(keys), dtype=jnp.uint32)

    order = positions
    for shift in range(0, 32, digit_bits):
        digit = (keys[order] >> shift) & digit_mask
        # Positions make the words distinct and keep equal digits in order.
        words = (digit << position_bits) | positions
        words = jax.lax.sort(words, is_stable=False)
        order = order[words & position_mask]
    return order
