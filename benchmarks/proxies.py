"""Table 1 of the paper in pixel space: kernel densities against the published C-scores.

The kernel is K(x, x') = exp(-||x - x'||^2 / h^2), h half the mean distance of a pair; pixels are
scaled to 0..1. Three densities at each example: the sum of K over all examples, over those of its
own label, and the latter minus the sum over the other labels. If images, labels, scores and their
order fit together, CIFAR-10 gives the paper's figures.

    python benchmarks/proxies.py --size tiny --dataset cifar10 --scores cifar10 --out proxies.json

``--size tiny`` takes a random 2,000 of the examples: seconds, and figures that only resemble the
table's.
"""

import sys
import time
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats

from cscore_data import Examples, load_examples, read_scores
from cscore_data.data.identity import check_same, of_dataset, of_examples
from cscore_data.errors import CscoreDataError, reason
from helpers.densities import as_points, densities
from helpers.flags import make_parser
from helpers.measure import peak_memory
from helpers.results import write_result
from helpers.tables import print_columns

#: Number of examples that each size takes; None: all.
SIZES = {"tiny": 2000, "cifar10": None}

#: Jiang, Zhang, Talwar, Mozer, arXiv 2002.03206 v1, Table 1, CIFAR-10: Spearman, Kendall.
PAPER = {
    "density": (-0.064, -0.042),
    "density of the same label": (-0.009, -0.006),
    "same label minus others": (0.083, 0.055),
}


def main() -> int:
    parser = make_parser(__doc__, SIZES)
    parser.add_argument(
        "--dataset", default="cifar10", help="name or PATH.parquet (default: %(default)s)"
    )
    parser.add_argument(
        "--scores", default="cifar10", help="published name, store or file (default: %(default)s)"
    )
    arguments = parser.parse_args()
    try:
        examples, scores = load(arguments.dataset, arguments.scores)
    except CscoreDataError as error:
        print(f"proxies: error: {reason(error)}", file=sys.stderr)
        return 2
    result = {
        "benchmark": "proxies",
        "dataset": arguments.dataset,
        "scores": arguments.scores,
        **measure(examples, scores["cscore"].values, SIZES[arguments.size]),
    }
    print_table(result)
    write_result(result, arguments.out)
    return 0


def load(dataset: str, source: str) -> tuple[Examples, xr.Dataset]:
    """A data set and the scores of its examples, in one order."""
    examples = load_examples(dataset)
    scores = read_scores(source).sortby("example")
    check_same(
        of_dataset(scores, "the scores"),
        of_examples(examples),
        remedy="give the data set that they are scores of, in its original order",
    )
    return examples, scores


def measure(examples: Examples, score: np.ndarray, size: int | None) -> dict[str, Any]:
    """Correlations of the densities with the scores of a random part of the examples, or all."""
    rows = np.arange(len(examples))
    if size is not None and size < len(examples):
        rows = np.random.default_rng(0).choice(len(examples), size, replace=False)
        rows.sort()
    began = time.perf_counter()
    found = densities(as_points(examples.image[rows]), examples.class_index()[rows])
    elapsed = time.perf_counter() - began

    proxies = {}
    for name, density in zip(PAPER, found, strict=True):
        proxies[name] = {
            "spearman": float(stats.spearmanr(density, score[rows]).statistic),
            "kendall": float(stats.kendalltau(density, score[rows]).statistic),
            "paper": PAPER[name],
        }
    return {
        "examples": len(rows),
        "of": len(examples),
        "seconds": round(elapsed, 1),
        "peak_memory": peak_memory(),
        "proxies": proxies,
    }


def print_table(result: dict[str, Any]) -> None:
    sample = "all"
    if result["examples"] < result["of"]:
        sample = "a random subsample, so only like the table:"
    print(
        f"{result['dataset']} and {result['scores']}: "
        f"{sample} {result['examples']} of {result['of']} examples"
    )
    rows = []
    for name, row in result["proxies"].items():
        spearman, kendall = row["paper"]
        paper = f"{spearman:.3f} {kendall:.3f}"
        rows.append([name, f"{row['spearman']:.3f}", f"{row['kendall']:.3f}", paper])
    print_columns(["", "Spearman", "Kendall", "paper (all of CIFAR-10)"], rows)
    print(f"{result['seconds']} s, {result['peak_memory'] / 1e9:.1f} GB at the peak")


if __name__ == "__main__":
    sys.exit(main())
