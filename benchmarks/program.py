"""What a GPU would run: kernels and bytes of a training step, from the program compiled ahead of time for that GPU.

No GPU is needed, but jax's plugin for one, of jax's own version: pip install jax-cuda13-plugin jax-cuda13-pjrt. Bytes
are those that the kernels of a step read and write if nothing stays in a cache; over the card's bandwidth they bound
the time of the table, 9 ratios x 200 runs, from below. Which kernels the libraries choose, and how long they take, only
a GPU tells.
"""

import argparse
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jax
import jax.numpy as jnp
from jax.experimental import topologies
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from cscore_data import train
from cscore_data.plan import Plan
from cscore_data.recipe import RECIPES
from measure import seconds, write_result

RUNS = 200

#: What the compiler asks of a card, from the vendor's data sheet of the H100 SXM.
H100 = """
gpu_device_info {
  name: "NVIDIA H100 80GB HBM3"
  device_vendor: "NVIDIA Corporation"
  cuda_compute_capability { major: 9 }
  core_count: 132 fpus_per_core: 128 clock_rate_ghz: 1.98
  device_memory_size: 84942979072 memory_bandwidth: 3352320000000 l2_cache_size: 52428800
  threads_per_warp: 32 threads_per_block_limit: 1024 threads_per_core_limit: 2048
  thread_dim_limit_x: 1024 thread_dim_limit_y: 1024 thread_dim_limit_z: 64
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  shared_memory_per_core: 233472 shared_memory_per_block: 49152 shared_memory_per_block_optin: 232448
  device_address_bits: 64
  driver_version: "13.0.0" runtime_version: "13.0.0" compile_time_toolkit_version: "13.0.0"
}
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 10 }
"""
BANDWIDTH = 3.352e12


@dataclass(frozen=True)
class Size:
    """A recipe, the data set's measures, and numbers of models side by side."""

    recipe: str
    examples: int
    image: tuple[int, ...]
    lanes: tuple[int, ...]


SIZES = {
    "tiny": Size("digits", 1797, (8, 8), (100,)),
    "mnist": Size("mnist-demo", 60_000, (28, 28), (25, 50, 100, 200)),
    "cifar": Size("cifar-fast", 50_000, (32, 32, 3), (1, 2)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="tiny", help="what to compile (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="write the result as JSON here (default: do not)")
    parser.add_argument("--hlo", type=Path, help="write the compiled programs into this folder (default: do not)")
    arguments = parser.parse_args()
    jax.config.update("jax_platforms", "cpu")  # the plugin is there to compile and not to run
    try:
        devices = topologies.get_topology_desc(platform="cuda", target_config=H100, topology="1x1x1").devices
    except NotImplementedError:
        sys.exit(
            "jax has no compiler for GPUs here: pip install jax-cuda13-plugin jax-cuda13-pjrt, of jax's own version"
        )
    size = SIZES[arguments.size]
    # `jax.devices` for the mesh of a lone lane; the backend decides how convolutions are computed.
    with patch.object(jax, "devices", lambda: devices), patch.object(jax, "default_backend", lambda: "gpu"):
        rows = [measure(size, lanes, arguments.hlo) for lanes in size.lanes]
    result = {
        "benchmark": "program",
        "size": arguments.size,
        "compiled_for": "NVIDIA H100 SXM",
        "recipe": size.recipe,
        "lanes": rows,
    }
    print_table(result)
    write_result(result, arguments.out)


def measure(size: Size, lanes: int, folder: Path | None) -> dict[str, Any]:
    """The training program with so many models side by side."""
    plan = Plan(size.examples, tuple(tenth / 10 for tenth in range(1, 10)))
    largest = plan.subset_size(0.9)
    recipe = RECIPES[size.recipe]
    mesh = Mesh(jax.devices(), ("run",))

    def array(axes: tuple[str, ...], dtype: Any, *shape: int) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(shape, dtype, sharding=NamedSharding(mesh, PartitionSpec(*axes)))

    seed = array(("run",), jnp.uint32, lanes, 2)
    subset = array(("run",), jnp.int32, lanes, math.ceil(largest / recipe.batch_size) * recipe.batch_size)
    image, label = array((), jnp.uint8, size.examples, *size.image), array((), jnp.int32, size.examples)
    number = array((), jnp.int32)
    start, epoch, _ = train._compiled(recipe, size.image, 10, lanes == 1)
    learner = jax.tree.map(
        lambda leaf: array(("run",), leaf.dtype, *leaf.shape), jax.eval_shape(start, seed, subset, number, image)
    )
    programs = []
    lowered = epoch.lower(learner, seed, number, number, number, subset, number, image, label)
    compiling = seconds(lambda: programs.append(lowered.compile()))
    text = programs[0].as_text()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{size.recipe}-{lanes}.hlo").write_text(text)
    kernels = kernels_of_step(text)
    steps = sum(recipe.steps_of(plan.subset_size(ratio)) for ratio in plan.ratios) * math.ceil(RUNS / lanes)
    memory = programs[0].memory_analysis()
    return {
        "lanes": lanes,
        "kernels_a_step": len(kernels),
        "grouped_convolutions": len(re.findall(r"feature_group_count=", text)),
        "bytes_a_step": sum(kernels.values()),
        "largest": dict(sorted(kernels.items(), key=lambda item: -item[1])[:5]),
        "steps_of_table": steps,
        "least_seconds_of_table": steps * sum(kernels.values()) / BANDWIDTH,
        "memory_bytes": memory.argument_size_in_bytes + memory.temp_size_in_bytes,
        "compile_seconds": compiling,
    }


def kernels_of_step(text: str) -> dict[str, int]:
    """Bytes that each kernel in the body of the loop over steps reads and writes, by its name in the program."""
    body = re.search(r"body=%([^,\s]+)", text)[1]
    computation = next(part for part in re.split(r"\n(?=%|ENTRY)", text) if part.startswith(f"%{body} "))
    shapes: dict[str, str] = {}
    kernels = {}
    for line in computation.splitlines():
        if not (found := re.match(r"\s*(?:ROOT )?%(\S+) = (\(.*?\)|\S+) ([\w-]+)\((.*?)\)", line)):
            continue
        name, shape, operation, operands = found.groups()
        shapes[name] = shape
        if operation in ("fusion", "custom-call", "copy", "sort"):
            read = [shapes[operand] for operand in re.findall(r"%([\w.-]+)", operands)]
            # A batch is gathered from the whole data set, the one array of bytes: no more is read than is written.
            kernels[name] = bytes_of(shape) + sum(
                min(bytes_of(part), bytes_of(shape)) if part.startswith("u8[") else bytes_of(part) for part in read
            )
    return kernels


def bytes_of(shape: str) -> int:
    """Of an array or a tuple of arrays, as the compiler prints their shapes."""
    width = {"pred": 1, "u8": 1, "s8": 1, "bf16": 2, "f16": 2, "f32": 4, "s32": 4, "u32": 4}
    return sum(
        width[dtype] * math.prod(int(length) for length in lengths.split(",") if length)
        for dtype, lengths in re.findall(r"(\w+)\[([\d,]*)\]", shape)
    )


def print_table(result: dict[str, Any]) -> None:
    print(f"{result['recipe']}, compiled for {result['compiled_for']}; the table is 9 ratios x {RUNS} runs")
    print(
        "lanes  kernels a step  grouped convolutions  MB a step and model  table at least, s  memory, GB  compiled, s"
    )
    for row in result["lanes"]:
        print(
            f"{row['lanes']:<6} {row['kernels_a_step']:<15} {row['grouped_convolutions']:<21} "
            f"{row['bytes_a_step'] / row['lanes'] / 1e6:<20.1f} {row['least_seconds_of_table']:<18.1f} "
            f"{row['memory_bytes'] / 1e9:<11.2f} {row['compile_seconds']:.1f}"
        )


if __name__ == "__main__":
    main()
