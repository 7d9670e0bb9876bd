"""What the benchmarks share: repeated timing, the machine's limits, peak memory, results with their circumstances."""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data import provenance
from cscore_data.cli.train_holdout import usable_cores


def parse_arguments(
    description: str, sizes: Sequence[str], repeats: int, *, figure: str | None = None
) -> argparse.Namespace:
    """The flags that every benchmark takes: --size, --repeats and --out; and --figure, where it says what is drawn."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--size", choices=sizes, default="tiny", help="how much to do (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=repeats, help="timings of each thing (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="write the result as JSON here (default: do not)")
    if figure:
        parser.add_argument("--figure", type=Path, help=f"draw {figure} to FILE.svg or FILE.png (default: do not)")
    return parser.parse_args()


def seconds(work: Callable[[], Any]) -> float:
    """Seconds that `work` takes; it must end with its result computed."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and greatest of several timings."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def in_own_process(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script of this folder in a process of its own; returns the JSON object that it prints last.

    The script measures its own peak memory with `peak_memory`: a process alone tells what one contender needs.
    """
    result = subprocess.run(
        [sys.executable, str(Path(__file__).parent / script), *arguments], capture_output=True, text=True
    )
    if result.returncode:
        raise RuntimeError(f"{script} {' '.join(arguments)} failed: {result.stderr}")
    return dict(json.loads(result.stdout.splitlines()[-1]))


def peak_memory() -> int:
    """Largest resident size that this process has had, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def best_matmul(sizes: Sequence[int], repeats: int = 5) -> float:
    """The machine's best float32 matrix product over square sizes, through jax, in FLOP/s."""
    import jax
    import jax.numpy as jnp

    product = jax.jit(lambda a, b: jnp.matmul(a, b, precision=jax.lax.Precision.DEFAULT))
    best = 0.0
    for size in sizes:
        a, b = jax.random.normal(jax.random.key(size), (2, size, size))
        product(a, b).block_until_ready()
        least = min(seconds(lambda a=a, b=b: product(a, b).block_until_ready()) for _ in range(repeats))
        best = max(best, 2 * size**3 / least)
    return best


def copy_bandwidth(size: int = 1 << 28, repeats: int = 3) -> float:
    """The device's copy bandwidth in bytes/s, bytes read and written both counted."""
    import jax
    import jax.numpy as jnp

    copy = jax.jit(lambda a: a + 1)
    a = jnp.zeros(size // 4, jnp.float32)
    copy(a).block_until_ready()
    return 2 * size / min(seconds(lambda: copy(a).block_until_ready()) for _ in range(repeats))


def circumstances() -> dict[str, Any]:
    """Machine and versions, for a result to carry."""
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": usable_cores(),
        **provenance.versions(),
    }


def write_result(result: dict[str, Any], out: Path | None) -> None:
    """Write a result with its circumstances as JSON, if a file is named."""
    if out is None:
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    complete = {"command": " ".join(["python", *sys.argv]), **circumstances(), **result}
    out.write_text(json.dumps(complete, indent=1, default=_plain) + "\n")
    print(f"Result: {out}")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value)} in a result")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
