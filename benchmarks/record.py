"""How margins are stored: bytes per cell, and what rankings lose, against exact float32.

Models are trained, and their margins encoded in each way, with the compression of cubes. What is
lost is seen in the mean held-out margin of the examples: its Spearman correlation with the exact
one, the lowest 1 % that the two have in common, and, where it is known which labels are wrong, the
average precision of finding them.

    python benchmarks/record.py --size banking77 --data NOISY.npz --truth TRUTH.npz --out F.json

`--data` has the arrays `x` and `label`, `--truth` the array `changed` (bool).
"""

from pathlib import Path
from typing import Any, NamedTuple

import numcodecs
import numpy as np
from scipy import stats
from sklearn.metrics import average_precision_score

from cscore_data import Examples, Plan, load_examples
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer
from helpers.flags import make_parser
from helpers.results import write_result
from helpers.tables import print_columns


class Study(NamedTuple):
    """The models whose margins are encoded."""

    ratios: tuple[float, ...]
    runs: int
    recipe: Recipe
    dataset: str | None = None


_QUESTIONS = Recipe(hidden=(256,), epochs=30, batch_size=128)

#: What is trained at each size.
SIZES = {
    "tiny": Study((0.5,), 4, Recipe(hidden=(16,), epochs=1, batch_size=128), "digits"),
    "digits": Study((0.1, 0.5, 0.9), 40, RECIPES["digits"], "digits"),
    "banking77": Study((0.5, 0.7, 0.9), 10, _QUESTIONS),
    "mnist": Study((0.1, 0.3), 4, RECIPES["mnist-demo"], "mnist"),
}

#: How cubes compress variables of one value per cell.
_COMPRESSION = {"cname": "zstd", "clevel": 1, "shuffle": numcodecs.Blosc.BITSHUFFLE}


class Encoding(NamedTuple):
    """A way to store margins: the type of number, and the step between them if they are whole."""

    dtype: type[np.number[Any]]
    step: float | None = None

    def stored(self, margin: np.ndarray) -> np.ndarray:
        """The numbers that are written."""
        if self.step is None:
            return margin.astype(self.dtype)
        most = np.iinfo(self.dtype).max
        return np.clip(np.rint(margin / self.step), -most, most).astype(self.dtype)

    def read(self, stored: np.ndarray) -> np.ndarray:
        """The margins that a reader has, float64."""
        return stored.astype(np.float64) * (self.step or 1.0)


ENCODINGS = {
    "float32": Encoding(np.float32),
    "float16": Encoding(np.float16),
    "int16, 1/64": Encoding(np.int16, 1 / 64),
    "int8, 1/4": Encoding(np.int8, 1 / 4),
}


def main() -> None:
    parser = make_parser(__doc__, SIZES)
    parser.add_argument("--data", help="for banking77: FILE.npz with x and label")
    parser.add_argument("--truth", type=Path, help="FILE.npz with changed, bool (default: none)")
    arguments = parser.parse_args()
    study = SIZES[arguments.size]
    source = arguments.data or study.dataset
    if source is None:
        parser.error(f"--size {arguments.size} needs --data FILE.npz")
    changed = None
    if arguments.truth:
        with np.load(arguments.truth) as truth:
            changed = truth["changed"]

    examples = load_examples(source)
    margin, held_out, correct = train(examples, study)
    result = {
        "benchmark": "record",
        "size": arguments.size,
        "examples": len(examples),
        "ratios": study.ratios,
        "runs": study.runs,
        "bytes_per_cell_of_correct": bytes_per_cell(correct),
        "encodings": compare(margin, held_out, changed),
    }
    print_result(result)
    write_result(result, arguments.out)


def train(examples: Examples, study: Study) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Margins, and what was held out and is right: each (ratio, run, example)."""
    plan = Plan(len(examples), study.ratios, subsets="balanced")
    trainer = Trainer(
        examples.image,
        examples.class_index(),
        study.recipe,
        lanes=min(study.runs, 12),
        largest_subset=plan.subset_size(max(study.ratios)),
        with_margins=True,
    )
    margin, held_out, correct = [], [], []
    for ratio in study.ratios:
        draw = plan.draw(ratio, range(study.runs))
        outcome = trainer.train(draw.subsets, draw.seeds)
        margin.append(outcome.margin)
        correct.append(outcome.correct)
        held_out.append(plan.held_out(ratio, range(study.runs)))
    return np.stack(margin), np.stack(held_out), np.stack(correct)


def compare(
    margin: np.ndarray, held_out: np.ndarray, changed: np.ndarray | None
) -> dict[str, dict[str, float]]:
    """Size and loss of each encoding."""
    exact = mean_margin(margin.astype(np.float64), held_out)
    known = np.isfinite(exact)
    rows = {}
    for name, encoding in ENCODINGS.items():
        stored = encoding.stored(margin)
        score = mean_margin(encoding.read(stored), held_out)[known]
        row = {
            "bytes_per_cell": bytes_per_cell(stored),
            "spearman": float(stats.spearmanr(exact[known], score).statistic),
            "overlap_of_lowest_percent": overlap(exact[known], score, 0.01),
        }
        if changed is not None:
            row["average_precision"] = float(average_precision_score(changed[known], -score))
        rows[name] = row
    return rows


def mean_margin(margin: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Mean over held-out runs, then over ratios: (example,), NaN where a ratio has none."""
    runs = held_out.sum(axis=1)
    total = np.where(held_out, margin, 0).sum(axis=1)
    profile = np.full(runs.shape, np.nan)
    np.divide(total, runs, out=profile, where=runs > 0)
    return profile.mean(axis=0)


def overlap(x: np.ndarray, y: np.ndarray, fraction: float) -> float:
    """Share of the lowest of x that are among the lowest of y."""
    size = max(1, round(fraction * len(x)))
    shared = np.intersect1d(np.argsort(x)[:size], np.argsort(y)[:size])
    return len(shared) / size


def bytes_per_cell(stored: np.ndarray) -> float:
    """Compressed as in a cube, all runs of a ratio in one chunk."""
    codec = numcodecs.Blosc(**_COMPRESSION)
    size = sum(len(codec.encode(np.ascontiguousarray(chunk))) for chunk in stored)
    return size / stored.size


def print_result(result: dict[str, Any]) -> None:
    models = len(result["ratios"]) * result["runs"]
    print(f"{result['size']}: {result['examples']} examples, {models} models")
    print(f"correct: {result['bytes_per_cell_of_correct']:.3f} bytes per cell")
    header = ["margin", "bytes per cell", "Spearman", "lowest 1 %", "average precision"]
    rows = []
    for name, row in result["encodings"].items():
        precision = row.get("average_precision")
        rows.append(
            [
                name,
                f"{row['bytes_per_cell']:.2f}",
                f"{row['spearman']:.6f}",
                f"{row['overlap_of_lowest_percent']:.3f}",
                "" if precision is None else f"{precision:.5f}",
            ]
        )
    print_columns(header, rows)


if __name__ == "__main__":
    main()
