"""Convolutional networks: seconds a model at each ratio, accuracy with all data, agreement with published scores.

Each figure goes into the JSON of --out as soon as it is measured, and the same command goes on from there: the whole
can be done in several short sittings. Parts:

    lanes      seconds a model of 1, 2, 4, 8 side by side, against one after the other; convolutions of the device's own
               library, and as products of patches
    ratios     seconds a model and held-out accuracy at each ratio; the time of 9 x 200 models that follows
    all        training on all data: seconds a model and accuracy on the test set
    agreement  of a cube that train-holdout made (--cube) with published scores, against the number of runs

The baseline of lanes is one model after the other, in the same run; that of `all` is what cifar10-airbench has
published (94.0% in 2.59 s a model on one A100, PyTorch, with test-time augmentation), not scaled, not measured here.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jax
import numpy as np

from cscore_data import compare, convnets, store, train
from cscore_data.alignment import align
from cscore_data.cli.train_holdout import usable_cores
from cscore_data.examples import Examples, load_examples
from cscore_data.plan import Plan
from cscore_data.recipe import PRECISIONS, RECIPES, Recipe
from cscore_data.reduce import reduce_cube
from cscore_data.scorefile import read_scores
from measure import circumstances, seconds, spread

RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
AIRBENCH = {"accuracy": 0.940, "seconds": 2.59, "device": "A100", "source": "cifar10-airbench, published"}


@dataclass(frozen=True)
class Size:
    """How much to do: examples of the training and test set (None: all), recipe (None: its own), ratios, lanes."""

    train: int | None
    test: int | None
    changes: dict[str, Any]  # of the recipe
    ratios: tuple[float, ...]
    lanes: tuple[int, ...]


SIZES = {
    "tiny": Size(60, 30, {"batch_size": 16, "epochs": 1, "precision": "float32"}, (0.5,), (1, 2)),
    "small": Size(2000, 1000, {"batch_size": 128}, (0.1, 0.5, 0.9), (1, 2)),
    "full": Size(None, None, {}, RATIOS, (1, 2, 4, 8)),
}


def main() -> None:
    arguments = parse_arguments()
    jax.config.update("jax_num_cpu_devices", usable_cores())  # as train-holdout does
    size = SIZES[arguments.size]
    recipe = replace(RECIPES[arguments.recipe], **size.changes)
    recipe = replace(recipe, precision=arguments.precision or recipe.precision)
    examples, tests = data(arguments, size)
    study = {"size": arguments.size, "recipe": recipe.to_dict(), "device": train.device_name()}
    result = Result(arguments.out, {**study, "training_set": examples.name, "test_set": tests.name})
    for part in arguments.parts:
        if part == "lanes":
            measure_lanes(result, examples, recipe, size, arguments.repeats)
        elif part == "ratios":
            measure_ratios(result, examples, recipe, size, arguments.repeats)
        elif part == "all":
            measure_all(result, examples, tests, recipe, arguments.repeats)
        elif arguments.cube:
            measure_agreement(result, arguments.cube, arguments.scores)
    print_table(result.content)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="tiny", help="how much to do (default: %(default)s)")
    parser.add_argument("--recipe", choices=RECIPES, default="cifar-fast", help="(default: %(default)s)")
    parser.add_argument("--precision", choices=PRECISIONS, help="instead of the recipe's (default: that)")
    parser.add_argument(
        "--train", default="cifar10", help="training set as train-holdout takes it (default: %(default)s)"
    )
    parser.add_argument("--test", help="test set, for accuracy with all data (default: the last sixth of --train)")
    parser.add_argument("--cube", help="cube for the part agreement (default: leave that out)")
    parser.add_argument("--scores", default="cifar10", help="what to compare it with (default: %(default)s, published)")
    parser.add_argument("--repeats", type=int, default=3, help="timings of each thing (default: %(default)s)")
    parts = ["lanes", "ratios", "all", "agreement"]
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts, help="(default: %(default)s)")
    parser.add_argument("--out", type=Path, help="JSON, written after each figure and gone on with (default: none)")
    return parser.parse_args()


def data(arguments: argparse.Namespace, size: Size) -> tuple[Examples, Examples]:
    """Training and test set; at size tiny colour noise, so that nothing needs to be at hand."""
    if arguments.size == "tiny":
        random = np.random.default_rng(0)
        label = np.arange(90) % 3
        image = random.integers(0, 255, (90, 10, 10, 3)).astype(np.uint8)
        return Examples("noise", image[:60], label[:60]), Examples("noise", image[60:], label[60:])
    examples = load_examples(arguments.train)
    if arguments.test:
        tests = load_examples(arguments.test)
    else:
        cut = len(examples) * 5 // 6
        examples, tests = part_of(examples, slice(cut)), part_of(examples, slice(cut, None))
    # The test set of CIFAR-10 as JPEG is sorted by class: a part of it is drawn from all of it.
    order = np.random.default_rng(0).permutation(len(tests))[: size.test]
    return part_of(examples, slice(size.train)), part_of(tests, order)


def part_of(examples: Examples, which: Any) -> Examples:
    return Examples(examples.name, examples.image[which], examples.label[which])


class Result:
    """What is measured, in a file that is whole after each figure."""

    def __init__(self, path: Path | None, study: dict[str, Any]):
        self.path = path
        self.content: dict[str, Any] = {"benchmark": "cifar", **study, **circumstances(), "measured": {}}
        if path is not None and path.exists():
            there = json.loads(path.read_text())
            different = [name for name in study if there.get(name) != study[name]]
            if different:
                raise SystemExit(f"{path} is of another {', '.join(different)}; choose another --out")
            self.content["measured"] = there["measured"]

    def add(self, name: str, measure: Callable[[], Any]) -> None:
        """Measure what is not there yet."""
        if name in self.content["measured"]:
            return
        self.content["measured"][name] = measure()
        print(f"{name}: {json.dumps(self.content['measured'][name])}", flush=True)
        if self.path is not None:
            command = " ".join(["python", *sys.argv])
            self.path.parent.mkdir(parents=True, exist_ok=True)
            partial = self.path.with_suffix(".partial")
            partial.write_text(json.dumps({**self.content, "command": command}, indent=1) + "\n")
            partial.replace(self.path)


def make_trainer(examples: Examples, recipe: Recipe, lanes: int, largest_subset: int) -> train.Trainer:
    return train.Trainer(examples.image, examples.class_index(), recipe, lanes=lanes, largest_subset=largest_subset)


def train_group(trainer: train.Trainer, plan: Plan, ratio: float, first_run: int = 0) -> tuple[float, np.ndarray]:
    """Seconds a model, and correct (run, example), of one group of lanes."""
    draw = plan.draw(ratio, range(first_run, first_run + trainer.lanes))
    outcome = []
    elapsed = seconds(lambda: outcome.append(trainer.train(draw.subsets, draw.seeds)))
    return elapsed / trainer.lanes, outcome[0].correct


def measure_lanes(result: Result, examples: Examples, recipe: Recipe, size: Size, repeats: int) -> None:
    """One epoch at ratio 0.1, evaluation included."""
    plan = Plan(len(examples), (0.1,))
    short = replace(recipe, epochs=1, steps=None)
    ways = {"library": convnets._convolution_by_library, "products": convnets._convolution_as_product}
    if jax.default_backend() == "cpu" and len(examples) > 100:
        del ways["library"]  # minutes a step
    for way, convolution in ways.items():
        for lanes in size.lanes:

            def measure(convolution: Any = convolution, lanes: int = lanes) -> dict[str, float]:
                train._compiled.cache_clear()
                with patch.object(convnets, "_convolution", convolution):
                    trainer = make_trainer(examples, short, lanes * jax.device_count(), plan.subset_size(0.1))
                    train_group(trainer, plan, 0.1)
                    return spread([train_group(trainer, plan, 0.1)[0] for _ in range(repeats)])

            result.add(f"lanes/{way}/{lanes} a device, seconds a model", measure)
    train._compiled.cache_clear()


def measure_ratios(result: Result, examples: Examples, recipe: Recipe, size: Size, repeats: int) -> None:
    """A group of lanes at each ratio, other runs each time."""
    plan = Plan(len(examples), size.ratios)
    trainer = make_trainer(examples, recipe, jax.device_count(), plan.subset_size(max(size.ratios)))

    def measure(ratio: float) -> dict[str, Any]:
        times, accuracies = [], []
        for repeat in range(repeats):
            elapsed, correct = train_group(trainer, plan, ratio, repeat * trainer.lanes)
            held_out = plan.held_out(ratio, range(repeat * trainer.lanes, (repeat + 1) * trainer.lanes))
            times.append(elapsed)
            accuracies += [float(row[out].mean()) for row, out in zip(correct, held_out, strict=True)]
        return {"seconds_a_model": spread(times), "held_out_accuracy": spread(accuracies)}

    pending = [ratio for ratio in size.ratios if f"ratio/{ratio:g}" not in result.content["measured"]]
    if pending:
        result.add("first call, seconds", lambda: seconds(lambda: train_group(trainer, plan, pending[0])))
        train_group(trainer, plan, pending[0])  # warm, in a later sitting too
    for ratio in size.ratios:
        result.add(f"ratio/{ratio:g}", lambda ratio=ratio: measure(ratio))


def measure_all(result: Result, examples: Examples, tests: Examples, recipe: Recipe, repeats: int) -> None:
    """Accuracy on a test set that no model was trained on: the test images are the held-out ones of one data set."""
    both = Examples(
        examples.name, np.concatenate([examples.image, tests.image]), np.concatenate([examples.label, tests.label])
    )
    everything = np.arange(len(examples))
    trainer = make_trainer(both, recipe, jax.device_count(), len(examples))

    def one(number: int) -> tuple[float, list[float]]:
        subsets = np.tile(everything, (trainer.lanes, 1))
        seeds = np.array([[number, lane] for lane in range(trainer.lanes)], np.uint32)
        outcome = []
        elapsed = seconds(lambda: outcome.append(trainer.train(subsets, seeds)))
        return elapsed / trainer.lanes, outcome[0].correct[:, len(examples) :].mean(1).tolist()

    def measure() -> dict[str, Any]:
        one(0)
        times, accuracies = zip(*(one(1 + repeat) for repeat in range(repeats)), strict=True)
        return {"seconds_a_model": spread(times), "test_accuracy": spread(np.concatenate(accuracies).tolist())}

    result.add(f"all data, {len(examples)} examples, tested on {len(tests)}", measure)


def numbers_of_runs(most: int) -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, … and all."""
    yield from sorted({*(k * 10**e for e in range(5) for k in (1, 2, 5) if k * 10**e < most), most})


def measure_agreement(result: Result, path: str, published: str) -> None:
    """Spearman and the overlap of the lowest 1%, from one run a ratio of a cube and from more and more of them."""
    cube, scores = store.open_cube(path), read_scores(published).load()
    for runs in numbers_of_runs(int(cube["done"].all("ratio").sum())):

        def measure(runs: int = runs) -> dict[str, float]:
            aligned = align(reduce_cube(cube.isel(run=slice(runs)), skipna=True).compute(), scores)
            agreement = compare.agreement(aligned.a, aligned.b, resamples=50)
            lowest = next(tail for tail in agreement.tails if (tail.end, tail.fraction) == ("lowest", 0.01))
            return {"spearman": agreement.spearman.value, "lowest_1_percent_overlap": lowest.overlap}

        result.add(f"agreement/{runs} runs a ratio", measure)


def print_table(content: dict[str, Any]) -> None:
    print(f"\n{content['size']} on {content['device']}, {content['recipe']['precision']}")
    for name, value in content["measured"].items():
        print(f"  {name:<45} {json.dumps(value)}")
    times = [value["seconds_a_model"]["median"] for name, value in content["measured"].items() if "ratio/" in name]
    if len(times) == len(RATIOS):
        print(f"  9 ratios x 200 runs, projected: {200 * sum(times) / 60:.1f} minutes")
    print(f"  beside it: {AIRBENCH}")


if __name__ == "__main__":
    main()
