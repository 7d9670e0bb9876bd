"""What a GPU would run: kernels and bytes of a training step, compiled ahead of time for that GPU.

No GPU is needed, but jax's plugin for one, of jax's own version:
pip install jax-cuda13-plugin jax-cuda13-pjrt. Bytes are those that the kernels of a step read and
write if nothing stays in a cache; over the card's bandwidth they bound the time of a study of
9 ratios x 200 runs from below. Which kernels the libraries choose, and how long they take, only a
GPU tells.
"""

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jax
import jax.numpy as jnp
from jax.experimental import topologies

from cscore_data import Plan
from cscore_data.training.device import on_every_device, spread_over_devices
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.programs import compiled_programs
from cscore_data.training.recipe import Recipe
from cscore_data.training.training_loop import Counts, Data, Run
from helpers.flags import make_parser
from helpers.kernels import grouped_convolutions, kernels_of_step
from helpers.measure import seconds
from helpers.ratios import RATIOS
from helpers.results import write_result
from helpers.tables import print_columns

RUNS = 200

CLASSES = 10

#: What the compiler asks of a card, from the vendor's data sheet of the H100 SXM.
H100 = Path(__file__).parent / "helpers" / "h100.txt"

#: Bytes per second, of the same card.
BANDWIDTH = 3.352e12


@dataclass(frozen=True)
class Size:
    """A recipe, the shape of a data set, and numbers of models side by side."""

    recipe: str
    examples: int
    image_shape: tuple[int, ...]
    lanes: tuple[int, ...]


SIZES = {
    "tiny": Size("digits", 1797, (8, 8), lanes=(100,)),
    "mnist": Size("mnist-demo", 60_000, (28, 28), lanes=(25, 50, 100, 200)),
    "cifar": Size("cifar-fast", 50_000, (32, 32, 3), lanes=(1, 2)),
}


def main() -> None:
    parser = make_parser(__doc__, SIZES)
    parser.add_argument(
        "--hlo", type=Path, help="write the compiled programs into this folder (default: do not)"
    )
    arguments = parser.parse_args()
    size = SIZES[arguments.size]
    # The package asks jax for the devices, and chooses how convolutions are computed by the
    # backend: let it find the GPU that is not there.
    devices = gpu_devices()
    with (
        patch.object(jax, "devices", lambda: devices),
        patch.object(jax, "default_backend", lambda: "gpu"),
    ):
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


def gpu_devices() -> list[Any]:
    """Devices to compile for, which cannot run anything."""
    # The plugin is there to compile and not to run.
    jax.config.update("jax_platforms", "cpu")
    try:
        topology = topologies.get_topology_desc(
            platform="cuda", target_config=H100.read_text(), topology="1x1x1"
        )
    except NotImplementedError:
        sys.exit(
            "jax has no compiler for GPUs here: "
            "pip install jax-cuda13-plugin jax-cuda13-pjrt, of jax's own version"
        )
    return list(topology.devices)


def measure(size: Size, lanes: int, folder: Path | None) -> dict[str, Any]:
    """The training program with so many models side by side."""
    recipe = RECIPES[size.recipe]
    plan = Plan(size.examples, RATIOS)
    compiled = []
    lowered = lower_epoch(size, recipe, plan, lanes)
    compile_seconds = seconds(lambda: compiled.append(lowered.compile()))
    program = compiled[0].as_text()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{size.recipe}-{lanes}.hlo").write_text(program)

    kernels = kernels_of_step(program)
    largest = sorted(kernels.items(), key=lambda kernel: -kernel[1])[:5]
    steps = math.ceil(RUNS / lanes) * steps_at_all_ratios(recipe, plan)
    memory = compiled[0].memory_analysis()
    return {
        "lanes": lanes,
        "kernels_per_step": len(kernels),
        "grouped_convolutions": grouped_convolutions(program),
        "bytes_per_step": sum(kernels.values()),
        "largest": dict(largest),
        "steps_of_study": steps,
        "least_seconds_of_study": steps * sum(kernels.values()) / BANDWIDTH,
        "memory_bytes": memory.argument_size_in_bytes + memory.temp_size_in_bytes,
        "compile_seconds": compile_seconds,
    }


def lower_epoch(size: Size, recipe: Recipe, plan: Plan, lanes: int) -> Any:
    """The program that trains all lanes for an epoch, traced from shapes alone."""
    largest = max(plan.subset_size(ratio) for ratio in plan.ratios)
    padded_size = math.ceil(largest / recipe.batch_size) * recipe.batch_size
    runs = Run(
        seed=per_lane((lanes, 2), jnp.uint32),
        subset=per_lane((lanes, padded_size), jnp.int32),
    )
    data = Data(
        image=shared((size.examples, *size.image_shape), jnp.uint8),
        label=shared((size.examples,), jnp.int32),
    )
    number = shared((), jnp.int32)
    counts = Counts(subset_size=number, steps_per_epoch=number, total_steps=number)

    programs = compiled_programs(recipe, size.image_shape, CLASSES, one_lane_per_device=lanes == 1)
    learners = jax.tree.map(
        lambda leaf: per_lane(leaf.shape, leaf.dtype),
        jax.eval_shape(programs.initialize, runs, data, counts),
    )
    train_epochs: Any = programs.train_epochs
    return train_epochs.lower(learners, runs, data, number, number, counts)


def per_lane(shape: tuple[int, ...], dtype: Any) -> Any:
    """An array of which each device holds the part of its lanes; only its shape and type."""
    return jax.ShapeDtypeStruct(shape, dtype, sharding=spread_over_devices())


def shared(shape: tuple[int, ...], dtype: Any) -> Any:
    """An array that each device holds as a whole; only its shape and type."""
    return jax.ShapeDtypeStruct(shape, dtype, sharding=on_every_device())


def steps_at_all_ratios(recipe: Recipe, plan: Plan) -> int:
    """Number of steps of one model at each ratio."""
    return sum(recipe.steps_of(plan.subset_size(ratio)) for ratio in plan.ratios)


def print_table(result: dict[str, Any]) -> None:
    print(
        f"{result['recipe']}, compiled for {result['compiled_for']}; "
        f"a study of {len(RATIOS)} ratios x {RUNS} runs"
    )
    header = ["lanes", "kernels per step", "grouped convolutions", "MB per step and model"]
    header += ["study at least, s", "memory, GB", "compiled, s"]
    rows = []
    for row in result["lanes"]:
        megabytes = row["bytes_per_step"] / row["lanes"] / 1e6
        cells = [row["lanes"], row["kernels_per_step"], row["grouped_convolutions"]]
        rows.append(
            [
                *map(str, cells),
                f"{megabytes:.1f}",
                f"{row['least_seconds_of_study']:.1f}",
                f"{row['memory_bytes'] / 1e9:.2f}",
                f"{row['compile_seconds']:.1f}",
            ]
        )
    print_columns(header, rows)


if __name__ == "__main__":
    main()
