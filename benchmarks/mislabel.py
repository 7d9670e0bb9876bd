"""Wrong labels that were made on purpose: which method finds them best, in how many seconds?

Three kinds of noise (uniform, between similar classes, near the border of classes) at rates of 2, 5
and 20 %; held-out margins against cleanlab's scores on five-fold probabilities of scikit-learn's
network of the same size and of its logistic regression, against the labels of nearest neighbours,
and against plain C-scores.

    python benchmarks/mislabel.py --size digits --out digits.json --figure digits.svg
    python benchmarks/mislabel.py --size banking77 --data questions.npz --truth truth.npz:clean

cleanlab's yes or no needs cleanlab (pip install cleanlab); its scores are computed here.
"""

import argparse
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data import Examples, load_examples
from cscore_data.data.label_files import read_labels
from cscore_data.training.named_recipes import RECIPES, against_wrong_labels, default_recipe
from cscore_data.training.recipe import Recipe
from helpers.detectors import (
    Found,
    by_cross_validation,
    by_holdout,
    by_neighbours,
    logistic_regression,
    shortened,
    sklearn_mlp,
    timed,
)
from helpers.flags import make_parser
from helpers.label_noise import KINDS, with_noise
from helpers.mislabel_report import METHODS, draw, print_comparison, print_table
from helpers.results import ResumableResult


@dataclass(frozen=True)
class Size:
    """A data set, how much of it, and what is done to it.

    Attributes
    ----------
    dataset : str
        Its name; another one, or a file, can be given by ``--data``.
    examples : int or None
        Number of examples, evenly taken; None: all.
    rates : tuple of float
    epochs : int or None
        In place of the recipe's.
    """

    dataset: str | None
    examples: int | None = None
    rates: tuple[float, ...] = (0.02, 0.05, 0.2)
    epochs: int | None = None


SIZES = {
    "tiny": Size("digits", 150, rates=(0.1,), epochs=3),
    "digits": Size("digits"),
    "mnist": Size("mnist", 10_000),
    "banking77": Size(None),
}


def main() -> None:
    arguments = parse()
    size = SIZES[arguments.size]
    examples = load(arguments, size)
    recipe = recipe_of(examples, size)
    study = {
        "benchmark": "mislabel",
        "size": arguments.size,
        "examples": len(examples),
        "recipe": recipe.to_dict(),
    }
    result = ResumableResult(arguments.out, study)
    for kind in arguments.kinds:
        for rate in arguments.rates or size.rates:
            measure_setting(result, examples, recipe, kind, rate, arguments)
    print_table(result.measured)
    print_comparison(result.measured)
    if arguments.figure is not None:
        draw(result.measured, arguments.figure)


def parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", SIZES, repeats=1)
    parser.add_argument("--data", help="a data set in place of the size's own")
    parser.add_argument("--truth", help="its right labels, FILE[:KEY], if its own are not")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--rates", nargs="+", type=float, help="shares of labels to change")
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, default=list(METHODS), help="(default: all)"
    )
    parser.add_argument("--figure", type=Path, help="draw average precision against seconds")
    return parser.parse_args()


def load(arguments: argparse.Namespace, size: Size) -> Examples:
    """The data set with its right labels."""
    source = arguments.data or size.dataset
    if source is None:
        raise SystemExit(f"--size {arguments.size} needs --data")
    examples = load_examples(source)
    if arguments.truth is not None:
        examples = replace(examples, label=read_labels(arguments.truth).label)
    rows = np.arange(len(examples))
    if size.examples is not None:
        rows = np.linspace(0, len(examples) - 1, size.examples).astype(int)
    label = examples.class_index()[rows]
    return Examples(examples.name, examples.image[rows], label)


def recipe_of(examples: Examples, size: Size) -> Recipe:
    """The default recipe for the data set, as the command would choose it."""
    recipe = RECIPES[default_recipe(examples.name, examples.image.shape[1:])]
    return shortened(replace(recipe, **against_wrong_labels(recipe)), size.epochs)


# ---- one setting


def contenders(
    examples: Examples, recipe: Recipe, points: np.ndarray
) -> dict[str, Callable[[], Found]]:
    """All methods, by name."""
    label = examples.label
    mlp = sklearn_mlp(recipe)
    return {
        "ours, 5 models": functools.partial(by_holdout, examples, recipe, 0.8, 5),
        "ours, 10 models": functools.partial(by_holdout, examples, recipe, 0.7, 10),
        "cleanlab, MLP x 5": functools.partial(by_cross_validation, mlp, points, label, 1),
        "cleanlab, MLP x 10": functools.partial(by_cross_validation, mlp, points, label, 2),
        "cleanlab, logistic regression x 5": functools.partial(
            by_cross_validation, logistic_regression, points, label, 1
        ),
        "nearest neighbours": functools.partial(by_neighbours, points, label),
    }


def measure_setting(
    result: ResumableResult,
    examples: Examples,
    recipe: Recipe,
    kind: str,
    rate: float,
    arguments: argparse.Namespace,
) -> None:
    """Measure every method on labels with one kind of noise, several times."""
    points = as_points(examples.image)
    for repeat in range(arguments.repeats):
        noisy, changed = with_noise(kind, points, examples.label, rate, seed=repeat)
        others = Examples(examples.name, examples.image, noisy)
        methods = contenders(others, recipe, points)
        for name in arguments.methods:
            detect = methods[name]
            result.add(
                f"{kind} {rate:g}, {name}, {repeat}",
                functools.partial(measure, detect, changed),
            )


def as_points(image: np.ndarray) -> np.ndarray:
    """Images or features as rows of numbers; pixels from 0 to 1."""
    points = image.reshape(len(image), -1).astype(np.float64)
    return points / 255 if image.dtype == np.uint8 else points


def measure(detect: Callable[[], Found], changed: np.ndarray) -> dict[str, Any]:
    """How well a method finds the changed labels."""
    from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

    found = timed(detect)
    number = int(changed.sum())
    scores = {}
    for name, suspicion in found.suspicion.items():
        first = np.argsort(-suspicion, kind="stable")[:number]
        scores[name] = {
            "auc": float(roc_auc_score(changed, suspicion)),
            "average_precision": float(average_precision_score(changed, suspicion)),
            "precision_at_number": float(changed[first].mean()),
        }
    decision = None
    if found.called is not None:
        decision = {
            "called": int(found.called.sum()),
            "f1": float(f1_score(changed, found.called)),
        }
    return {
        "changed": number,
        "models": found.models,
        "seconds": round(found.seconds, 3),
        "scores": scores,
        "decision": decision,
    }


if __name__ == "__main__":
    main()
