"""Settings of jax, to be made before anything imports it."""

import os


def usable_cores() -> int:
    """Number of cores that this process may use; in a batch job, that is not the whole machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def configure_jax(*, shared: bool) -> None:
    """Use every core, and keep compiled programs between commands.

    The environment variables of jax take precedence. The settings go into the environment as well,
    for processes that this one starts.

    Parameters
    ----------
    shared : bool
        Other processes train on the same devices: none may reserve all of their memory in advance.
    """
    if shared:
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

    # One CPU device per core, so that models train at the same time: their products are so small
    # that a device with all the cores keeps only one of them busy.
    os.environ.setdefault("JAX_NUM_CPU_DEVICES", str(usable_cores()))

    import jax
    import platformdirs

    folder = platformdirs.user_cache_dir("cscore_data") + "/xla"
    folder = os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", folder)
    jax.config.update("jax_compilation_cache_dir", folder)

    # The evaluation of a small network takes 0.2 s to compile and 0.02 s to read.
    seconds = os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.05")
    jax.config.update("jax_persistent_cache_min_compile_time_secs", float(seconds))
