"""Training on a part of the data: the most irregular, the most regular, or a random part.

A study of the training examples gives their C-scores; then a model is trained on the share that
`select` keeps from either end, and on as many examples at random, and tested on data that it has
not seen. Digits are split into training and test data.

    python benchmarks/prune.py --size digits --out prune.json --figure prune.svg
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cscore_data import Examples, Plan, load_examples, reduce_cube, select
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study
from cscore_data.training.named_recipes import RECIPES, default_recipe
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer
from helpers.detectors import shortened
from helpers.flags import make_parser
from helpers.results import write_result
from helpers.tables import print_columns

#: What is kept, besides a random part.
ENDS = ("irregular", "regular", "stratified")


@dataclass(frozen=True)
class Size:
    """A data set, numbers of examples, and how much is done with them."""

    dataset: str
    training: int
    testing: int
    runs: int
    shares: tuple[float, ...] = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
    epochs: int | None = None


SIZES = {
    "tiny": Size("digits", 200, 100, runs=2, shares=(0.5, 1.0), epochs=2),
    "digits": Size("digits", 1200, 597, runs=10),
    "mnist": Size("mnist", 10_000, 10_000, runs=4),
}


def main() -> None:
    parser = make_parser(__doc__ or "", SIZES, repeats=3)
    parser.add_argument("--figure", type=Path, help="draw accuracy against the share kept")
    arguments = parser.parse_args()
    size = SIZES[arguments.size]
    training, testing = load(size)
    recipe = shortened(RECIPES[default_recipe(size.dataset)], size.epochs)
    curves = measure(size, training, testing, recipe, arguments.repeats)
    result = {
        "benchmark": "prune",
        "size": arguments.size,
        "repeats": arguments.repeats,
        "shares": size.shares,
        "accuracy": curves,
    }
    rows = []
    for name, accuracy in curves.items():
        rows.append([name, *(f"{value:.4f}" for value in accuracy)])
    print_columns(["kept", *map(str, size.shares)], rows)
    if arguments.figure is not None:
        draw(size.shares, curves, arguments.figure)
    write_result(result, arguments.out)


def load(size: Size) -> tuple[Examples, Examples]:
    """Training and test data, drawn at random."""
    examples = load_examples(size.dataset)
    rows = np.random.default_rng(0).permutation(len(examples))
    parts = []
    for part in (rows[: size.training], rows[size.training :][: size.testing]):
        parts.append(Examples(size.dataset, examples.image[part], examples.class_index()[part]))
    return parts[0], parts[1]


def measure(
    size: Size, training: Examples, testing: Examples, recipe: Recipe, repeats: int
) -> dict[str, list[float]]:
    """Mean test accuracy at each share kept, for each way of choosing."""
    plan = Plan(len(training), (0.3, 0.5, 0.7), subsets="balanced")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cube.zarr"
        study = Study(training, plan, recipe, max(size.runs, 4), path, record="margin")
        cube = open_study(study, command="benchmark")
        train_pending(study, cube, fsync=False)
        scores = reduce_cube(cube.dataset).load()

    random = np.random.default_rng(1)
    curves: dict[str, list[float]] = {}
    for share in size.shares:
        subsets = {end: select(scores, keep=share, end=end) for end in ENDS}
        number = len(subsets[ENDS[0]])
        subsets["random"] = random.choice(len(training), number, replace=False)
        for name, subset in subsets.items():
            accuracy = test_accuracy(training, testing, subset, recipe, repeats)
            curves.setdefault(name, []).append(accuracy)
    return curves


def test_accuracy(
    training: Examples, testing: Examples, subset: np.ndarray, recipe: Recipe, repeats: int
) -> float:
    """Mean accuracy on the test data of models that are trained on a subset."""
    trainer = Trainer(
        np.concatenate([training.image, testing.image]),
        np.concatenate([training.label, testing.label]),
        recipe,
        lanes=repeats,
        largest_subset=len(training),
    )
    seeds = np.random.default_rng(2).integers(0, 2**32, (repeats, 2), dtype=np.uint32)
    found = trainer.train(np.tile(subset, (repeats, 1)), seeds)
    return float(found.correct[:, len(training) :].mean())


def draw(shares: tuple[float, ...], curves: dict[str, Any], path: Path) -> None:
    """Accuracy against the share kept."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for name, accuracy in curves.items():
        axes.plot(shares, accuracy, marker="o", label=name)
    axes.set(xlabel="share of the training examples kept", ylabel="accuracy on test data")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


if __name__ == "__main__":
    main()
