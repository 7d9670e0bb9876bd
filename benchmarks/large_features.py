"""Rows of features: memory and speed of training on many, and scikit-learn's network on few.

Each data set is made and trained on in a process of its own, whose peak memory is that of the data
and of what training needs. The best matrix product of the machine is measured in the same process.
Values are random: how long a step takes does not depend on them.
"""

import json
import sys
import warnings
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from cscore_data import Examples, Plan
from cscore_data.training.device import device_name
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import Recipe
from helpers.detectors import sklearn_mlp
from helpers.flags import make_parser
from helpers.machine import best_matmul, use_every_core
from helpers.measure import (
    as_text,
    in_own_process,
    peak_memory,
    quotients,
    seconds,
    spread,
)
from helpers.models import Models
from helpers.results import write_result

#: Peak memory that is allowed: so many times the data, and so many bytes.
_TIMES = 1.6
_BYTES = 1_000_000_000

#: Rows that are made at the same time.
_BLOCK = 10_000


class Size(NamedTuple):
    """A data set and what is trained on it.

    Attributes
    ----------
    examples, features, classes, hidden : int
    ratio : float
        Of the subsets.
    epochs : int or None
        Whole models are trained, beside scikit-learn's; None: steps are measured, and memory.
    matmul_sizes : tuple of int
    """

    examples: int
    features: int
    classes: int
    hidden: int
    ratio: float
    epochs: int | None = None
    matmul_sizes: tuple[int, ...] = (1024, 2048, 4096)


SIZES = {
    "tiny": {
        "large": Size(2_000, 16, 5, 8, ratio=0.5, matmul_sizes=(256,)),
        "small": Size(300, 8, 3, 8, ratio=0.8, epochs=2, matmul_sizes=(256,)),
    },
    "full": {
        "large": Size(200_000, 768, 100, 512, ratio=0.5),
        "small": Size(10_003, 256, 77, 256, ratio=0.8, epochs=30),
    },
}

DTYPES = ("float32", "float16")


def main() -> None:
    arguments = make_parser(__doc__ or "", SIZES, repeats=3).parse_args()
    large = {}
    for dtype in DTYPES:
        runs = []
        for _ in range(arguments.repeats):
            runs.append(in_own_process("large_features.py", "large", arguments.size, dtype))
        large[dtype] = {name: spread([run[name] for run in runs]) for name in runs[0]}
    small = in_own_process("large_features.py", "small", arguments.size, str(arguments.repeats))
    print_report(large, small)
    result = {
        "benchmark": "large_features",
        "size": arguments.size,
        "device": device_name(),
        "sizes": {name: size._asdict() for name, size in SIZES[arguments.size].items()},
        "large": large,
        "beside_scikit_learn": small,
    }
    write_result(result, arguments.out)


def measure_large(size: Size, dtype: str) -> dict[str, float]:
    """Peak memory of training on a large set, and its share of the best matrix product."""
    use_every_core()
    examples = random_examples(size, np.dtype(dtype))
    recipe = replace(RECIPES["features"], hidden=(size.hidden,))
    plan = Plan(size.examples, (size.ratio,))
    models = Models(examples, recipe, plan)
    trainer = models.trainer(models.default_lanes())
    draw = plan.draw(size.ratio, range(trainer.lanes))
    step = trainer.seconds_per_step(draw.subsets, draw.seeds)
    jax.block_until_ready(trainer.train_group(draw.subsets[:, :1000], draw.seeds).params)
    peak = peak_memory()
    data = examples.image.nbytes
    best = best_matmul(size.matmul_sizes)
    flop = step_flop(size, recipe) * trainer.lanes
    return {
        "data_bytes": data,
        "peak_bytes": peak,
        "peak_over_allowed": peak / (_TIMES * data + _BYTES),
        "seconds_per_step": step,
        "matmul_flops": best,
        "share_of_matmul": flop / step / best,
    }


def random_examples(size: Size, dtype: np.dtype) -> Examples:
    """Rows of random features with random labels."""
    random = np.random.default_rng(0)
    image = np.empty((size.examples, size.features), dtype)
    for start in range(0, size.examples, _BLOCK):
        part = image[start : start + _BLOCK]
        part[:] = random.standard_normal(part.shape, np.float32)
    label = np.arange(size.examples) % size.classes
    return Examples("random features", image, label)


def step_flop(size: Size, recipe: Recipe) -> float:
    """Floating-point operations of the products in a step of one model."""
    first = size.features * size.hidden
    last = size.hidden * size.classes
    # Forward, gradients of weights, and of the hidden layer.
    return recipe.batch_size * (4 * first + 6 * last)


def measure_small(size: Size, repeats: int) -> dict[str, Any]:
    """Models per second beside scikit-learn's, in turns: same network, epochs and batches."""
    use_every_core()
    examples = random_examples(size, np.dtype(np.float32))
    recipe = Recipe(hidden=(size.hidden,), epochs=size.epochs or 1)
    plan = Plan(size.examples, (size.ratio,))
    models = Models(examples, recipe, plan)
    trainer = models.trainer(models.default_lanes())
    draw = plan.draw(size.ratio, range(trainer.lanes))
    trainer.train(draw.subsets, draw.seeds)  # compiles
    make_model = sklearn_mlp(recipe)
    ours = []
    theirs = []
    for _ in range(repeats):
        elapsed = seconds(partial(trainer.train, draw.subsets, draw.seeds))
        ours.append(elapsed / trainer.lanes)
        model = make_model(0)
        theirs.append(seconds(partial(fit_and_predict, model, examples, draw.subsets[0])))
    return {
        "ours_seconds_per_model": spread(ours),
        "scikit_learn_seconds_per_model": spread(theirs),
        "ours_over_scikit_learn": quotients(theirs, ours),
    }


def fit_and_predict(model: Any, examples: Examples, subset: np.ndarray) -> None:
    """Train scikit-learn's network and have it classify every example, as ours do."""
    with warnings.catch_warnings():
        # That training ends after a given number of epochs is meant.
        warnings.simplefilter("ignore")
        model.fit(examples.image[subset], examples.label[subset])
    model.predict(examples.image)


def print_report(large: dict[str, Any], small: dict[str, Any]) -> None:
    for dtype, found in large.items():
        print(
            f"{dtype}: {found['data_bytes']['median'] / 1e6:.0f} MB of data, peak "
            f"{found['peak_bytes']['median'] / 1e6:.0f} MB "
            f"({found['peak_over_allowed']['median']:.2f} of what is allowed); "
            f"share of the best product {as_text(found['share_of_matmul'])}"
        )
    print(f"ours over scikit-learn: {as_text(small['ours_over_scikit_learn'])}")


def run_contender(name: str, size: str, argument: str) -> None:
    """Measure in this process, and print what was found."""
    if name == "large":
        print(json.dumps(measure_large(SIZES[size]["large"], argument)))
    else:
        print(json.dumps(measure_small(SIZES[size]["small"], int(argument))))


if __name__ == "__main__":
    if sys.argv[1:2] in (["large"], ["small"]):
        run_contender(*sys.argv[1:])
    else:
        main()
