"""Certainty: models and seconds until scores can be relied on, by how they are computed.

Independent and balanced subsets, all nine ratios and a few, right or wrong and probabilities and
margins; on small data scikit-learn's network with repeated cross-validation next to them. Seconds
are models times the seconds of a model at their ratios, which are measured here; the start of a
command is not in them.

    python benchmarks/certainty.py --size digits --figure certainty.svg
    python benchmarks/certainty.py --size mnist --cubes balanced.zarr independent.zarr \
        --reference other.zarr
    python benchmarks/certainty.py --size banking77 --data questions.npz --truth truth.npz:clean
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from cscore_data import Examples, Plan, load_examples, open_cube, reduce_cube
from cscore_data.data.label_files import read_labels
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study
from cscore_data.training.device import device_name
from cscore_data.training.named_recipes import RECIPES, default_recipe
from helpers.certainty_curves import AIMS, Cells, curve_of, read_cells, with_seconds
from helpers.certainty_report import draw, print_table
from helpers.cross_validation import repeated_cross_validation
from helpers.detectors import FOLDS
from helpers.flags import make_parser
from helpers.label_noise import with_noise
from helpers.machine import use_every_core
from helpers.measure import repeated_seconds, spread
from helpers.models import Models
from helpers.ratios import RATIOS
from helpers.results import write_result

#: Share of the examples that must have a C-score.
COVERED = 0.99

#: Ratios that a study may do with.
FEW = ((0.1,), (0.5,), (0.1, 0.5), (0.1, 0.2, 0.3), (0.1, 0.5, 0.9))

SCORES = ("cscore", "soft_cscore", "margin")

#: Seeds of the studies, of which the reference shares none.
_SEEDS = {"balanced": 1, "independent": 2, "reference": 3}


class Size(NamedTuple):
    """What is trained.

    Attributes
    ----------
    dataset : str or None
    runs, reference_runs : int
        At each ratio; 0: from cubes that are given.
    repeats : int
        Repeats of scikit-learn's cross-validation; 0: without.
    noise : float
        Share of the labels to change.
    epochs : int or None
        In place of the recipe's.
    """

    dataset: str | None
    runs: int
    reference_runs: int
    repeats: int
    noise: float = 0.0
    epochs: int | None = None


SIZES = {
    "tiny": Size("digits", runs=20, reference_runs=4, repeats=2, noise=0.05, epochs=1),
    "digits": Size("digits", runs=200, reference_runs=400, repeats=20),
    "digits-noisy": Size("digits", runs=60, reference_runs=0, repeats=20, noise=0.05),
    "mnist": Size("mnist", runs=0, reference_runs=0, repeats=0),
    "banking77": Size(None, runs=20, reference_runs=0, repeats=4),
}


def main() -> None:
    arguments = parse()
    size = SIZES[arguments.size]
    use_every_core()
    models, changed = make_models(size, arguments)
    seconds = seconds_per_model(models, arguments.repeats)
    cells = dict(studies(models, size, arguments.cubes))
    reference = reference_scores(models, size, arguments.reference)

    ways = {}
    for subsets, found in cells.items():
        choices = (RATIOS, *FEW) if subsets == "balanced" else (RATIOS,)
        for score in SCORES:
            for ratios in choices:
                places = [RATIOS.index(ratio) for ratio in ratios]
                rows = curve_of(found, places, score, reference=reference, changed=changed)
                cost = sum(seconds[ratio]["median"] for ratio in ratios)
                plan = replace(models.plan, ratios=ratios, subsets=subsets)
                name = f"{subsets}, {ratios_text(ratios)}, {score}"
                ways[name] = with_seconds(rows, len(places), cost, runs_until_covered(plan))
    if size.repeats:
        ways |= cross_validated(models, size.repeats, reference, changed)
    result = {
        "benchmark": "certainty",
        "size": arguments.size,
        "device": device_name(),
        "examples": len(models.examples),
        "recipe": models.recipe.to_dict(),
        "seconds_per_model": {f"{ratio:g}": values for ratio, values in seconds.items()},
        "ways": ways,
    }
    print_table(ways, AIMS)
    if arguments.figure is not None:
        draw(ways, arguments.figure)
    write_result(result, arguments.out)


def parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", SIZES, repeats=3)
    parser.add_argument("--data", help="a data set in place of the size's own")
    parser.add_argument("--truth", help="its right labels, FILE[:KEY], where its own are not")
    parser.add_argument(
        "--cubes", nargs="+", default=[], help="studies of this data set, in place of new ones"
    )
    parser.add_argument("--reference", help="a long study, in place of a new one")
    parser.add_argument("--figure", type=Path, help="draw reliability against seconds")
    return parser.parse_args()


def make_models(size: Size, arguments: argparse.Namespace) -> tuple[Models, np.ndarray | None]:
    """What is trained, and which labels are wrong, if any are known to be."""
    source = arguments.data or size.dataset
    if source is None:
        raise SystemExit(f"--size {arguments.size} needs --data")
    examples = load_examples(source)
    changed = None
    if arguments.truth is not None:
        changed = read_labels(arguments.truth).label != examples.label
    elif size.noise:
        label = examples.class_index()
        points = examples.image.reshape(len(label), -1).astype(np.float64)
        noisy, changed = with_noise("uniform", points, label, size.noise, seed=0)
        examples = Examples(examples.name, examples.image, noisy)
    recipe = RECIPES[default_recipe(source, examples.image.shape[1:])]
    if size.epochs is not None:
        recipe = replace(recipe, epochs=size.epochs)
    return Models(examples, recipe, Plan(len(examples), RATIOS)), changed


def seconds_per_model(models: Models, repeats: int) -> dict[float, dict[str, float]]:
    """Seconds of a model at each ratio, trained and evaluated in a full group of lanes."""
    trainer = models.trainer(models.default_lanes())
    found = {}
    for ratio in RATIOS:
        draw = models.plan.draw(ratio, range(trainer.lanes))
        train = partial(trainer.train, draw.subsets, draw.seeds)
        if ratio == RATIOS[0]:
            train()  # compiles
        times = repeated_seconds(train, repeats)
        found[ratio] = spread([time / trainer.lanes for time in times])
    return found


def studies(models: Models, size: Size, paths: Sequence[str]) -> Iterator[tuple[str, Cells]]:
    """The studies that are compared, by their kind of subsets."""
    if paths:
        for path in paths:
            cube = open_cube(path)
            subsets = json.loads(cube.attrs["plan"])["subsets"]
            yield subsets, read_cells(cube, block_of(subsets))
        return
    for subsets in ("independent", "balanced"):
        with TemporaryDirectory() as folder:
            cube = train_study(models, size.runs, subsets, _SEEDS[subsets], folder)
            yield subsets, read_cells(cube, block_of(subsets))


def block_of(subsets: str) -> int:
    """Runs that hold out all examples equally often: with balanced ratios of tenths, ten."""
    return 10 if subsets == "balanced" else 1


def reference_scores(models: Models, size: Size, path: str | None) -> np.ndarray | None:
    """C-scores of a study that shares nothing with the others."""
    if path is not None:
        return np.asarray(reduce_cube(open_cube(path), skipna=True)["cscore"].values)
    if not size.reference_runs:
        return None
    with TemporaryDirectory() as folder:
        runs = size.reference_runs
        cube = train_study(models, runs, "balanced", _SEEDS["reference"], folder)
        return np.asarray(reduce_cube(cube, skipna=True)["cscore"].values)


def train_study(models: Models, runs: int, subsets: str, seed: int, folder: str) -> xr.Dataset:
    """The cube of a study that is trained now."""
    plan = Plan(len(models.examples), RATIOS, seed, subsets=subsets)
    path = Path(folder) / "cube.zarr"
    study = Study(models.examples, plan, models.recipe, runs, path)
    cube = open_study(study, command="benchmark")
    train_pending(study, cube, fsync=False)
    return cube.dataset


def cross_validated(
    models: Models, repeats: int, reference: np.ndarray | None, changed: np.ndarray | None
) -> dict[str, Any]:
    """The same of scikit-learn's network, of which a run is a cross-validation in five folds."""
    cells, seconds = repeated_cross_validation(models, repeats)
    ways = {}
    for score in SCORES:
        rows = curve_of(cells, [0], score, reference=reference, changed=changed)
        # Each example is held out once in each repeat.
        ways[f"scikit-learn, {FOLDS} folds, {score}"] = with_seconds(rows, FOLDS, seconds, 1)
    return ways


def runs_until_covered(plan: Plan) -> int:
    """Runs after which nearly all examples have a C-score, as is expected of the plan."""
    runs = 1
    while plan.share_never_held_out(runs) > 1 - COVERED:
        runs += 1
    return runs


def ratios_text(ratios: Sequence[float]) -> str:
    """Such as ``0.1 0.5``."""
    return "all ratios" if ratios is RATIOS else " ".join(f"{ratio:g}" for ratio in ratios)


if __name__ == "__main__":
    main()
