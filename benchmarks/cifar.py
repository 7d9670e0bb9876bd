"""Convolutional networks: seconds per model, accuracy, and agreement with published scores.

Each measurement goes into the JSON of --out as soon as it is made, and the same command continues
from there: the whole can be done in several short sittings. Parts:

    lanes      seconds per model of 1, 2, 4, 8 side by side, against one after the other;
               convolutions of the device's own library, and as products of patches
    ratios     seconds per model and held-out accuracy at each ratio; the time of 9 x 200 models
               that follows
    all        training on all data: seconds per model and accuracy on the test set
    agreement  of a cube that train-holdout made (--cube) with published scores, by number of runs

The baseline of lanes is one model after the other, in the same run; that of `all` is what
cifar10-airbench has published (94.0% in 2.59 s per model on one A100, PyTorch, with test-time
augmentation), not scaled, not measured here.
"""

import argparse
import json
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import numpy as np

from cscore_data import Examples, Plan, load_examples
from cscore_data.training.device import device_name
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import PRECISIONS, Recipe
from helpers.agreement_by_runs import agreement_of_runs, numbers_of_runs
from helpers.convolutional import (
    measure_all_data,
    measure_lanes,
    measure_ratio,
    ways_to_convolve,
)
from helpers.flags import make_parser
from helpers.machine import use_every_core
from helpers.measure import seconds
from helpers.models import Models
from helpers.ratios import RATIOS
from helpers.results import ResumableResult

PARTS = ("lanes", "ratios", "all", "agreement")

AIRBENCH = {
    "accuracy": 0.940,
    "seconds": 2.59,
    "device": "A100",
    "source": "cifar10-airbench, published",
}


@dataclass(frozen=True)
class Size:
    """How much to do.

    Attributes
    ----------
    train, test : int or None
        Number of examples of the training and test set; None: all.
    changes : dict
        Hyperparameters that differ from the recipe's.
    ratios : tuple of float
    lanes : tuple of int
        Numbers of models side by side on each device.
    """

    train: int | None
    test: int | None
    changes: dict[str, Any]
    ratios: tuple[float, ...]
    lanes: tuple[int, ...]


SIZES = {
    "tiny": Size(
        train=60,
        test=30,
        changes={"batch_size": 16, "epochs": 1, "precision": "float32"},
        ratios=(0.5,),
        lanes=(1, 2),
    ),
    "small": Size(
        train=2000,
        test=1000,
        changes={"batch_size": 128},
        ratios=(0.1, 0.5, 0.9),
        lanes=(1, 2),
    ),
    "full": Size(train=None, test=None, changes={}, ratios=RATIOS, lanes=(1, 2, 4, 8)),
}


def main() -> None:
    arguments = parse_arguments()
    use_every_core()
    size = SIZES[arguments.size]
    recipe = recipe_of(arguments, size)
    examples, tests = load_data(arguments, size)
    study = {
        "benchmark": "cifar",
        "size": arguments.size,
        "recipe": recipe.to_dict(),
        "device": device_name(),
        "training_set": examples.name,
        "test_set": tests.name,
    }
    result = ResumableResult(arguments.out, study)
    if "lanes" in arguments.parts:
        add_lanes(result, examples, recipe, size, arguments.repeats)
    if "ratios" in arguments.parts:
        add_ratios(result, examples, recipe, size, arguments.repeats)
    if "all" in arguments.parts:
        name = f"all data, {len(examples)} examples, tested on {len(tests)}"
        result.add(name, lambda: measure_all_data(examples, tests, recipe, arguments.repeats))
    if "agreement" in arguments.parts and arguments.cube is not None:
        add_agreement(result, arguments.cube, arguments.scores)
    print_table(result.content)


def parse_arguments() -> argparse.Namespace:
    parser = make_parser(__doc__, SIZES, repeats=3)
    parser.add_argument(
        "--recipe", choices=RECIPES, default="cifar-fast", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--precision", choices=PRECISIONS, help="instead of the recipe's (default: that)"
    )
    parser.add_argument(
        "--train",
        default="cifar10",
        help="training set as train-holdout takes it (default: %(default)s)",
    )
    parser.add_argument(
        "--test",
        help="test set, for accuracy with all data (default: the last sixth of --train)",
    )
    parser.add_argument("--cube", help="cube for the part agreement (default: leave that out)")
    parser.add_argument(
        "--scores",
        default="cifar10",
        help="what to compare it with (default: %(default)s, published)",
    )
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="(default: %(default)s)"
    )
    return parser.parse_args()


def recipe_of(arguments: argparse.Namespace, size: Size) -> Recipe:
    """The recipe with what size and flags change."""
    recipe = replace(RECIPES[arguments.recipe], **size.changes)
    if arguments.precision is not None:
        recipe = replace(recipe, precision=arguments.precision)
    return recipe


def load_data(arguments: argparse.Namespace, size: Size) -> tuple[Examples, Examples]:
    """Training and test set."""
    # Colour noise, so that nothing needs to be downloaded.
    if arguments.size == "tiny":
        noise = make_noise(90)
        return part_of(noise, slice(60)), part_of(noise, slice(60, None))

    examples = load_examples(arguments.train)
    if arguments.test is not None:
        tests = load_examples(arguments.test)
    else:
        cut = len(examples) * 5 // 6
        tests = part_of(examples, slice(cut, None))
        examples = part_of(examples, slice(cut))
    # The test set of CIFAR-10 as JPEG is sorted by class: a part of it is drawn from all of it.
    drawn = np.random.default_rng(0).permutation(len(tests))[: size.test]
    return part_of(examples, slice(size.train)), part_of(tests, drawn)


def make_noise(examples: int) -> Examples:
    """Random images in three classes."""
    image = np.random.default_rng(0).integers(0, 255, (examples, 10, 10, 3)).astype(np.uint8)
    return Examples("noise", image, np.arange(examples) % 3)


def part_of(examples: Examples, which: slice | np.ndarray) -> Examples:
    return Examples(examples.name, examples.image[which], examples.label[which])


def add_lanes(
    result: ResumableResult, examples: Examples, recipe: Recipe, size: Size, repeats: int
) -> None:
    """Seconds per model for one epoch at ratio 0.1, by way to convolve and number of lanes."""
    one_epoch = replace(recipe, epochs=1, steps=None)
    models = Models(examples, one_epoch, Plan(len(examples), (0.1,)))
    for way, convolution in ways_to_convolve(len(examples)).items():
        for lanes in size.lanes:
            name = f"lanes/{way}/{lanes} per device, seconds per model"
            result.add(name, partial(measure_lanes, models, convolution, lanes, repeats))


def add_ratios(
    result: ResumableResult, examples: Examples, recipe: Recipe, size: Size, repeats: int
) -> None:
    """Seconds per model and held-out accuracy at each ratio."""
    pending = [ratio for ratio in size.ratios if ratio_name(ratio) not in result.measured]
    if not pending:
        return
    plan = Plan(len(examples), size.ratios)
    trainer = Models(examples, recipe, plan).trainer(jax.device_count())
    first_call = seconds(lambda: measure_ratio(plan, trainer, pending[0], repeats=1))
    result.add("first call, seconds", lambda: first_call)
    for ratio in pending:
        result.add(ratio_name(ratio), partial(measure_ratio, plan, trainer, ratio, repeats))


def ratio_name(ratio: float) -> str:
    return f"ratio/{ratio:g}"


def add_agreement(result: ResumableResult, cube: str, scores: str) -> None:
    """Agreement with the published scores, from one run at each ratio and from more and more."""
    for runs in numbers_of_runs(cube):
        measure = partial(agreement_of_runs, cube, scores, runs)
        result.add(f"agreement/{runs} runs per ratio", measure)


def print_table(content: dict[str, Any]) -> None:
    print(f"\n{content['size']} on {content['device']}, {content['recipe']['precision']}")
    times = []
    for name, value in content["measured"].items():
        print(f"  {name:<45} {json.dumps(value)}")
        if name.startswith("ratio/"):
            times.append(value["seconds_per_model"]["median"])
    if len(times) == len(RATIOS):
        print(f"  9 ratios x 200 runs, projected: {200 * sum(times) / 60:.1f} minutes")
    print(f"  for comparison: {AIRBENCH}")


if __name__ == "__main__":
    main()
