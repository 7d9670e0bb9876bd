"""Time and peak memory."""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parents[1]
PROCESS_STATUS = Path("/proc/self/status")


def seconds(work: Callable[[], Any]) -> float:
    """Seconds that `work` takes; it must end with its result computed."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def repeated_seconds(work: Callable[[], Any], repeats: int) -> list[float]:
    """Seconds that `work` takes, each time."""
    return [seconds(work) for _ in range(repeats)]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, minimum and maximum of several measurements, and how many there are."""
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "n": len(values),
    }


def as_text(values: dict[str, float]) -> str:
    """A spread as ``median (minimum, maximum)``."""
    return f"{values['median']:.3g} ({values['min']:.3g}, {values['max']:.3g})"


def quotients(numerators: Sequence[float], denominators: Sequence[float]) -> dict[str, float]:
    """The spread of the quotients of measurements that were taken in turns."""
    return spread([a / b for a, b in zip(numerators, denominators, strict=True)])


def in_own_process(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script of this folder in a process of its own.

    The peak memory of a process, which `peak_memory` tells from inside, is that of a single
    contender only if no other one has run in it.

    Returns
    -------
    dict
        The JSON object that the script prints in its last line.
    """
    command = [sys.executable, str(BENCHMARKS / script), *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{script} {' '.join(arguments)} failed: {result.stderr}")
    last_line = result.stdout.splitlines()[-1]
    return dict(json.loads(last_line))


def peak_memory() -> int:
    """Largest resident size that this process has had, in bytes."""
    # Not by `getrusage`, on Linux, where a process begins with the peak of the one that started it.
    if PROCESS_STATUS.exists():
        for line in PROCESS_STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                kilobytes = line.split()[1]
                return int(kilobytes) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
