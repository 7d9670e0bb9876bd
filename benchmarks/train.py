"""Training: many models side by side against one after the other, on one device in one run.

The baseline does what the authors' MNIST demo does (`helpers.sequential`). Both train the same
recipe on the same subsets and evaluate on all examples. Compilation is timed apart. The machine's
limits, the best float32 matrix product and the copy bandwidth, are measured in the same run, and
our share of the former is reported. Before all that a whole study is timed as a user meets it:
train-holdout in a process of its own, from its start to the complete cube on disk, with nothing
compiled before.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax

from cscore_data import Plan, load_examples
from cscore_data.training.device import device_name
from cscore_data.training.named_recipes import RECIPES, default_recipe
from cscore_data.training.trainer import Trainer
from helpers.flags import make_parser
from helpers.machine import best_matmul, copy_bandwidth, use_every_core
from helpers.measure import as_text, quotients, repeated_seconds, seconds, spread
from helpers.models import Models
from helpers.ratios import RATIOS
from helpers.results import write_result
from helpers.sequential import Sequential
from helpers.tables import print_columns
from helpers.whole_study import print_study, time_study


@dataclass(frozen=True)
class Size:
    """What to train.

    Attributes
    ----------
    dataset : str
    epochs : int or None
        None: as many as the recipe has.
    baseline_models : int
        Models of the baseline at each ratio and repeat; ours trains a group of lanes.
    study_runs : int
        Runs of the whole study at each ratio.
    ratios : tuple of float
    lanes : tuple of float
        Numbers of models side by side to compare, as multiples of the default.
    matmul_sizes : tuple of int
        Sizes of the square matrices whose product is timed.
    copy_bytes : int
    """

    dataset: str
    epochs: int | None
    baseline_models: int
    study_runs: int
    ratios: tuple[float, ...] = RATIOS
    lanes: tuple[float, ...] = (0.25, 0.5, 1, 2)
    matmul_sizes: tuple[int, ...] = (512, 1024, 2048, 4096)
    copy_bytes: int = 1 << 28


SIZES = {
    "tiny": Size(
        "digits",
        epochs=2,
        baseline_models=1,
        study_runs=4,
        ratios=(0.5,),
        lanes=(1,),
        matmul_sizes=(512,),
        copy_bytes=1 << 22,
    ),
    "digits": Size("digits", epochs=None, baseline_models=4, study_runs=200),
    "mnist": Size("mnist", epochs=None, baseline_models=1, study_runs=4),
    # Hours on a CPU.
    "mnist-table": Size("mnist", epochs=None, baseline_models=1, study_runs=200),
}


def main() -> None:
    arguments = make_parser(__doc__, SIZES, repeats=3).parse_args()
    size = SIZES[arguments.size]
    # First, while this process has taken no memory of the device.
    study = time_study(size.dataset, size.ratios, size.study_runs, size.epochs)

    use_every_core()
    models = make_models(size)
    lanes = models.default_lanes()
    trainer = models.trainer(lanes)
    sequential = Sequential(models)
    first_ratio = size.ratios[0]
    first_call = {
        "ours": seconds(lambda: train_side_by_side(trainer, models.plan, first_ratio)),
        "sequential": seconds(lambda: sequential.compile(first_ratio)),
    }

    matmul_flops = best_matmul(size.matmul_sizes)
    rows = []
    for ratio in size.ratios:
        rows.append(measure_ratio(trainer, sequential, ratio, size, arguments.repeats))
    compared_lanes = [lanes * factor for factor in size.lanes]
    result = {
        "benchmark": "train",
        "size": arguments.size,
        "device": device_name(),
        "lanes": trainer.lanes,
        "recipe": models.recipe.to_dict(),
        "study": study,
        "first_call_seconds": first_call,
        # Of the training step, for all ratios.
        "compilations": trainer.compilations(),
        "matmul_flops": matmul_flops,
        "copy_bytes_per_second": copy_bandwidth(size.copy_bytes),
        "ratios": rows,
        "together": all_ratios(rows, models, matmul_flops),
        "peak_device_bytes": peak_device_bytes(),
        "by_lanes": measure_lanes(models, compared_lanes, arguments.repeats),
    }
    print_report(result)
    write_result(result, arguments.out)


def make_models(size: Size) -> Models:
    """The models that both train."""
    examples = load_examples(size.dataset)
    recipe = RECIPES[default_recipe(size.dataset)]
    if size.epochs is not None:
        recipe = replace(recipe, epochs=size.epochs)
    return Models(examples, recipe, Plan(len(examples), size.ratios))


def train_side_by_side(trainer: Trainer, plan: Plan, ratio: float) -> None:
    """Draw and train a group of lanes."""
    draw = plan.draw(ratio, range(trainer.lanes))
    trainer.train(draw.subsets, draw.seeds)


def measure_ratio(
    trainer: Trainer, sequential: Sequential, ratio: float, size: Size, repeats: int
) -> dict[str, Any]:
    """Seconds per model of both, taken in turns so that a busy moment of the machine meets both."""
    plan = sequential.models.plan
    sequential.compile(ratio)
    ours = []
    baseline = []
    for repeat in range(repeats):
        elapsed = seconds(partial(train_side_by_side, trainer, plan, ratio))
        ours.append(elapsed / trainer.lanes)

        first_run = repeat * size.baseline_models
        runs = range(first_run, first_run + size.baseline_models)
        elapsed = seconds(partial(sequential.train_all, ratio, runs))
        baseline.append(elapsed / len(runs))
    return {
        "ratio": ratio,
        "ours_seconds_per_model": spread(ours),
        "sequential_seconds_per_model": spread(baseline),
        "ours_over_sequential": quotients(baseline, ours),
    }


def all_ratios(rows: list[dict[str, Any]], models: Models, matmul_flops: float) -> dict[str, float]:
    """All ratios with one model each, from the medians."""
    ours = sum(row["ours_seconds_per_model"]["median"] for row in rows)
    baseline = sum(row["sequential_seconds_per_model"]["median"] for row in rows)
    flop = sum(model_flop(models, ratio) for ratio in models.plan.ratios)
    return {
        "ours_models_per_second": len(rows) / ours,
        "sequential_models_per_second": len(rows) / baseline,
        "ours_over_sequential": baseline / ours,
        "ours_share_of_matmul": flop / ours / matmul_flops,
        "sequential_share_of_matmul": flop / baseline / matmul_flops,
    }


def model_flop(models: Models, ratio: float) -> float:
    """Floating-point operations of the matrix products of one model, evaluation included."""
    recipe = models.recipe
    examples = len(models.examples)
    widths = [models.examples.image[0].size, *recipe.hidden, models.classes]
    weights = [fan_in * fan_out for fan_in, fan_out in itertools.pairwise(widths)]
    forward = 2 * sum(weights)
    # Gradients of all weights, and of the inputs of all layers but the first, which are pixels.
    backward = 2 * sum(weights) + 2 * sum(weights[1:])
    visited = recipe.epochs * models.plan.subset_size(ratio)
    return float(visited * (forward + backward) + examples * forward)


def peak_device_bytes() -> int | None:
    """Most memory of the device that was in use; None on a CPU."""
    statistics = jax.devices()[0].memory_stats()
    if statistics is None:
        return None
    return int(statistics["peak_bytes_in_use"])


def measure_lanes(
    models: Models, compared_lanes: Iterable[float], repeats: int
) -> dict[int, dict[str, float]]:
    """Seconds per model at the smallest ratio, by the number of models side by side."""
    ratio = models.plan.ratios[0]
    result: dict[int, dict[str, float]] = {}
    for lanes in compared_lanes:
        trainer = models.trainer(max(1, int(lanes)))
        # The trainer rounds up to a multiple of the number of devices.
        if trainer.lanes in result:
            continue
        train = partial(train_side_by_side, trainer, models.plan, ratio)
        train()  # compiles
        times = repeated_seconds(train, repeats)
        result[trainer.lanes] = spread([time / trainer.lanes for time in times])
    return result


def print_report(result: dict[str, Any]) -> None:
    header = ["ratio", "ours, s/model", "sequential, s/model", "ours over sequential"]
    rows = []
    for row in result["ratios"]:
        cells = [as_text(values) for name, values in row.items() if name != "ratio"]
        rows.append([f"{row['ratio']:g}", *cells])
    repeats = result["ratios"][0]["ours_over_sequential"]["n"]
    print(
        f"{result['size']} on {result['device']}, {result['lanes']} lanes; "
        f"median of {repeats} (minimum, maximum)"
    )
    print_columns(header, rows)

    together = result["together"]
    for name in ("ours", "sequential"):
        print(
            f"{name}: {together[f'{name}_models_per_second']:.4g} models/s over all ratios, "
            f"{together[f'{name}_share_of_matmul']:.0%} of the best matrix product "
            f"({result['matmul_flops'] / 1e9:.0f} GFLOP/s); first call, compilation included, "
            f"{result['first_call_seconds'][name]:.1f} s"
        )
    print(f"ours over sequential, all ratios together: {together['ours_over_sequential']:.2f}")

    first_ratio = result["ratios"][0]["ratio"]
    for lanes, row in result["by_lanes"].items():
        print(f"ratio {first_ratio:g}, {lanes} side by side: {row['median']:.4f} s/model")
    print_study(result["study"])


if __name__ == "__main__":
    main()
