"""Settings of jax that change what a model computes: the same for every run of every study."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import jax


@contextmanager
def fixed_numerics() -> Iterator[None]:
    """Compute in float32 with the random bits of jax's defaults, whatever the environment says.

    Runs that are trained while ``JAX_ENABLE_X64`` or the like is set would have other models than
    the rest of their cube, and nothing would show it. Holds for the current thread, whatever the
    module of a user's own network sets.
    """
    settings = (
        _enable_x64(False),
        jax.threefry_partitionable(True),
        jax.default_prng_impl("threefry2x32"),
        jax.default_matmul_precision(None),
        jax.numpy_dtype_promotion("standard"),
        jax.numpy_rank_promotion("allow"),
    )
    with ExitStack() as stack:
        for setting in settings:
            stack.enter_context(setting)
        yield


def _enable_x64(enabled: bool) -> AbstractContextManager[None]:
    # Before jax 0.8 it had another place.
    place = jax if hasattr(jax, "enable_x64") else jax.experimental
    setting: AbstractContextManager[None] = place.enable_x64(enabled)
    return setting
