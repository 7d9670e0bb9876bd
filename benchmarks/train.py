"""Training: the demo's way, one model after the other, against ours, many side by side; on one device in one run.

The baseline is what the authors' MNIST demo does, rewritten for today's jax: for each model a Python loop over batches,
each gathered from host arrays and handed to a jitted step. Both train the same recipe on the same subsets and evaluate
on all examples. Compilation is timed apart. The machine's limits, the best float32 matrix product and the copy
bandwidth, are measured in the same run, and our share of the former is reported. Before all that a whole study is timed
as a user meets it: train-holdout in a process of its own, from its start to the complete cube on disk, nothing compiled
before.
"""

import itertools
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import optax

from cscore_data.cli.train_holdout import usable_cores
from cscore_data.examples import Examples, load_examples
from cscore_data.networks import make_model
from cscore_data.plan import Plan
from cscore_data.recipe import RECIPES, Recipe, default_recipe
from cscore_data.reduce import held_out_accuracy
from cscore_data.store import open_cube
from cscore_data.train import Trainer, default_lanes, device_name
from measure import best_matmul, copy_bandwidth, parse_arguments, seconds, spread, write_result

RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Size:
    """What to train, and how many models of the baseline."""

    dataset: str
    ratios: tuple[float, ...]
    epochs: int | None  # None: the recipe's own
    baseline_models: int  # at each ratio and repeat; ours trains a group of lanes
    study_runs: int  # of the whole study, at each ratio
    lanes: tuple[float, ...] = (0.25, 0.5, 1, 2)  # times the default


SIZES = {
    "tiny": Size("digits", (0.5,), 2, 1, 4, (1,)),
    "digits": Size("digits", RATIOS, None, 4, 200),
    "mnist": Size("mnist", RATIOS, None, 1, 4),
    "mnist-table": Size("mnist", RATIOS, None, 1, 200),  # hours on a CPU
}


def main() -> None:
    arguments = parse_arguments(__doc__.splitlines()[0], list(SIZES), repeats=3)
    study = measure_study(SIZES[arguments.size])  # while this process has taken no memory of the device
    jax.config.update("jax_num_cpu_devices", usable_cores())  # as train-holdout does
    size = SIZES[arguments.size]
    examples = load_examples(size.dataset)
    recipe = RECIPES[default_recipe(size.dataset)]
    recipe = Recipe(**{**vars(recipe), "epochs": size.epochs or recipe.epochs})
    plan = Plan(len(examples), size.ratios)
    lanes = default_lanes(recipe, examples.image.shape[1:], len(examples.classes))
    trainer = make_trainer(examples, recipe, plan, lanes)
    sequential = Sequential(examples, recipe)
    first_call = {
        "ours": seconds(lambda: train_ours(trainer, plan, plan.ratios[0])),
        "sequential": seconds(lambda: sequential.compile(plan.subset_size(plan.ratios[0]))),
    }
    limit = best_matmul((512,) if arguments.size == "tiny" else (512, 1024, 2048, 4096))
    rows = [measure_ratio(trainer, sequential, plan, ratio, size, arguments.repeats) for ratio in plan.ratios]
    result = {
        "benchmark": "train",
        "size": arguments.size,
        "device": device_name(),
        "lanes": trainer.lanes,
        "recipe": vars(recipe),
        "study": study,
        "first_call_seconds": first_call,
        "compilations": trainer.compilations(),  # of the training step, for all ratios
        "matmul_flops": limit,
        "copy_bytes_per_second": copy_bandwidth(1 << 22 if arguments.size == "tiny" else 1 << 28),
        "ratios": rows,
        "together": together(rows, recipe, examples, plan, limit),
        "peak_device_bytes": (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use"),  # None on a CPU
        "by_lanes": measure_lanes(examples, recipe, plan, [lanes * factor for factor in size.lanes], arguments.repeats),
    }
    print_table(result)
    write_result(result, arguments.out)


def measure_study(size: Size) -> dict[str, object]:
    """Seconds of train-holdout from its start to the complete cube, with an empty cache of compiled programs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cube.zarr"
        command = ["--dataset", size.dataset, "--runs", str(size.study_runs), "--ratios", *map(str, size.ratios)]
        if size.epochs:
            command += ["--epochs", str(size.epochs)]
        elapsed = seconds(
            lambda: subprocess.run(
                [sys.executable, "-m", "cscore_data.cli.train_holdout", *command, "--out", str(path)],
                check=True,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"JAX_COMPILATION_CACHE_DIR": f"{folder}/compiled"},
            )
        )
        with open_cube(path) as cube:
            assert cube["done"].all()
            accuracy = held_out_accuracy(cube).values.tolist()
    return {
        "command": shlex.join(["train-holdout", *command]),
        "models": len(size.ratios) * size.study_runs,
        "seconds": elapsed,
        "held_out_accuracy": accuracy,
    }


def make_trainer(examples: Examples, recipe: Recipe, plan: Plan, lanes: int) -> Trainer:
    largest = max(map(plan.subset_size, plan.ratios))
    return Trainer(examples.image, examples.class_index(), recipe, lanes=lanes, largest_subset=largest)


def measure_lanes(
    examples: Examples, recipe: Recipe, plan: Plan, lanes: Iterable[float], repeats: int
) -> dict[int, dict[str, float]]:
    """Seconds a model at the smallest ratio, by the number of models side by side."""
    result = {}
    for number in lanes:
        trainer = make_trainer(examples, recipe, plan, max(1, int(number)))
        if trainer.lanes in result:  # rounded to the number of devices
            continue
        train_ours(trainer, plan, plan.ratios[0])  # compiles
        times = [seconds(lambda t=trainer: train_ours(t, plan, plan.ratios[0])) for _ in range(repeats)]
        result[trainer.lanes] = spread([time / trainer.lanes for time in times])
    return result


def train_ours(trainer: Trainer, plan: Plan, ratio: float) -> None:
    draw = plan.draw(ratio, range(trainer.lanes))
    trainer.train(draw.subsets, draw.seeds)


class Sequential:
    """The demo's way: one model after the other, one dispatch for each batch, batches gathered on the host."""

    def __init__(self, examples: Examples, recipe: Recipe):
        self.image = (examples.image.reshape(len(examples), -1) / 255).astype(np.float32)
        self.label = examples.class_index().astype(np.int32)
        self.recipe = recipe
        self.model = make_model(recipe.model, examples.image.shape[1:], len(examples.classes), hidden=recipe.hidden)
        self.optimizer = optax.sgd(recipe.learning_rate, momentum=recipe.momentum)
        self.step = jax.jit(self._step)
        self.predict = jax.jit(lambda params, image: self.model.apply(params, (), image)[0].argmax(-1))

    def train(self, plan: Plan, ratio: float, run: int) -> np.ndarray:
        """Train one model; returns correct bool (example,)."""
        random = np.random.RandomState(run)
        subset = plan.subset(ratio, run)
        params, _ = self.model.init(jax.random.key(run), self.image[:1])
        state = params, self.optimizer.init(params)
        for _ in range(self.recipe.epochs):
            order = subset[random.permutation(len(subset))]
            for start in range(0, len(order), self.recipe.batch_size):
                batch = order[start : start + self.recipe.batch_size]
                state = self.step(state, self.image[batch], self.label[batch])
        return np.asarray(self.predict(state[0], self.image)) == self.label

    def compile(self, subset_size: int) -> None:
        """Compile what `train` needs: a last short batch has a shape of its own at each ratio."""
        params, _ = self.model.init(jax.random.key(0), self.image[:1])
        state = params, self.optimizer.init(params)
        for size in {min(self.recipe.batch_size, subset_size), subset_size % self.recipe.batch_size} - {0}:
            jax.block_until_ready(self.step(state, self.image[:size], self.label[:size]))
        jax.block_until_ready(self.predict(params, self.image))

    def _step(self, state, image, label):
        def loss(params):
            return optax.softmax_cross_entropy_with_integer_labels(self.model.apply(params, (), image)[0], label).mean()

        params, momentum = state
        updates, momentum = self.optimizer.update(jax.grad(loss)(params), momentum)
        return optax.apply_updates(params, updates), momentum


def measure_ratio(
    trainer: Trainer, sequential: Sequential, plan: Plan, ratio: float, size: Size, repeats: int
) -> dict[str, object]:
    """Seconds a model of both, taken in turns so that a busy moment of the machine meets both."""
    sequential.compile(plan.subset_size(ratio))
    ours, baseline = [], []
    for repeat in range(repeats):
        ours.append(seconds(lambda: train_ours(trainer, plan, ratio)) / trainer.lanes)
        runs = range(repeat * size.baseline_models, (repeat + 1) * size.baseline_models)
        baseline.append(seconds(lambda runs=runs: [sequential.train(plan, ratio, run) for run in runs]) / len(runs))
    return {
        "ratio": ratio,
        "ours_seconds_a_model": spread(ours),
        "sequential_seconds_a_model": spread(baseline),
        "ours_over_sequential": spread([b / o for o, b in zip(ours, baseline, strict=True)]),
    }


def together(rows: list[dict], recipe: Recipe, examples: Examples, plan: Plan, limit: float) -> dict[str, float]:
    """All ratios, a model each: the ratio of the sums of medians, and the share of the best matrix product."""
    ours = sum(row["ours_seconds_a_model"]["median"] for row in rows)
    baseline = sum(row["sequential_seconds_a_model"]["median"] for row in rows)
    flop = sum(model_flop(recipe, examples, plan.subset_size(ratio)) for ratio in plan.ratios)
    return {
        "ours_models_per_second": len(rows) / ours,
        "sequential_models_per_second": len(rows) / baseline,
        "ours_over_sequential": baseline / ours,
        "ours_share_of_matmul": flop / ours / limit,
        "sequential_share_of_matmul": flop / baseline / limit,
    }


def model_flop(recipe: Recipe, examples: Examples, subset_size: int) -> float:
    """Products of one model: forward, gradients of weights, gradients of hidden layers (none of pixels); evaluation."""
    widths = [examples.image[0].size, *recipe.hidden, len(examples.classes)]
    weights = [a * b for a, b in itertools.pairwise(widths)]
    step = 2 * sum(weights) + 2 * sum(weights) + 2 * sum(weights[1:])
    return float(recipe.epochs * subset_size * step + len(examples) * 2 * sum(weights))


def print_table(result: dict) -> None:
    repeats = result["ratios"][0]["ours_over_sequential"]["n"]
    print(f"{result['size']} on {result['device']}, {result['lanes']} lanes; median of {repeats} (least, greatest)")
    print("ratio   ours, s/model                sequential, s/model          ours over sequential")
    for row in result["ratios"]:
        cells = (
            f"{row[name]['median']:8.4f} ({row[name]['min']:.4f}, {row[name]['max']:.4f})"
            for name in ("ours_seconds_a_model", "sequential_seconds_a_model", "ours_over_sequential")
        )
        print(f"{row['ratio']:<5g} {'  '.join(f'{cell:<27}' for cell in cells)}")
    whole, first = result["together"], result["first_call_seconds"]
    for name in ("ours", "sequential"):
        print(
            f"{name}: {whole[f'{name}_models_per_second']:.4g} models/s over all ratios, "
            f"{whole[f'{name}_share_of_matmul']:.0%} of the best matrix product ({result['matmul_flops'] / 1e9:.0f} "
            f"GFLOP/s); first call, compilation included, {first[name]:.1f} s"
        )
    print(f"ours over sequential, all ratios together: {whole['ours_over_sequential']:.2f}")
    for lanes, row in result["by_lanes"].items():
        print(f"ratio {result['ratios'][0]['ratio']:g}, {lanes} side by side: {row['median']:.4f} s/model")
    study = result["study"]
    accuracy = " ".join(f"{value:.4f}" for value in study["held_out_accuracy"])
    print(f"{study['command']}: {study['models']} models, {study['seconds']:.1f} s from start to complete cube")
    print(f"held-out accuracy by ratio: {accuracy}")


if __name__ == "__main__":
    main()
