import os
import subprocess
import sys

import pytest

from cscore_data.training.jax_setup import usable_cores

REPORT = """
from cscore_data.training.jax_setup import configure_jax
configure_jax(shared=False)
import jax
print(jax.device_count(), jax.config.jax_persistent_cache_min_compile_time_secs)
"""


def test_usable_cores_are_those_that_the_process_may_run_on():
    code = """
import os
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
from cscore_data.training.jax_setup import usable_cores
print(usable_cores())
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "1\n", result.stderr


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, f"{usable_cores()} 0.05"),
        (
            {"JAX_NUM_CPU_DEVICES": "3", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "5"},
            "3 5.0",
        ),
    ],
)
def test_one_device_per_usable_core_unless_the_environment_says_otherwise(given, expected):
    environment = {name: text for name, text in os.environ.items() if not name.startswith("JAX")}
    result = subprocess.run(
        [sys.executable, "-c", REPORT],
        capture_output=True,
        text=True,
        env=environment | given,
    )
    assert result.stdout == f"{expected}\n", result.stderr
