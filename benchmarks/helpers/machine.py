"""What the machine is, and what it can do at best."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from cscore_data.training.jax_setup import usable_cores
from helpers.measure import repeated_seconds


def use_every_core() -> None:
    """One CPU device per core, as `train-holdout` has it; call it before anything is computed.

    Without its cache of compiled programs, as compilation is measured too.
    """
    jax.config.update("jax_num_cpu_devices", usable_cores())


def best_matmul(sizes: Sequence[int], repeats: int = 5) -> float:
    """The machine's best float32 matrix product over square sizes, through jax, in FLOP/s."""
    product = jax.jit(lambda a, b: jnp.matmul(a, b, precision=jax.lax.Precision.DEFAULT))
    best = 0.0
    for size in sizes:
        a, b = jax.random.normal(jax.random.key(size), (2, size, size))
        finished(product, a, b)  # compiles
        times = repeated_seconds(partial(finished, product, a, b), repeats)
        best = max(best, 2 * size**3 / min(times))
    return best


def copy_bandwidth(size: int, repeats: int = 3) -> float:
    """The device's copy bandwidth in bytes/s, bytes read and written both counted."""
    copy = jax.jit(lambda a: a + 1)
    a = jnp.zeros(size // 4, jnp.float32)
    finished(copy, a)  # compiles
    times = repeated_seconds(partial(finished, copy, a), repeats)
    return 2 * size / min(times)


def finished(program: Callable[..., jax.Array], *arguments: Any) -> jax.Array:
    """The result of a program, when it is computed."""
    return program(*arguments).block_until_ready()
