"""Table 1 of the paper in pixel space: rank correlation of kernel densities with the published C-scores.

The kernel is K(x, x') = exp(-||x - x'||^2 / h^2), h half the mean distance of a pair; pixels are scaled to 0..1. Three
densities at each example: the sum of K over all examples, over those of its own label, and the latter minus the sum
over the other labels. If images, labels, scores and their order fit together, CIFAR-10 gives the paper's figures.

    python benchmarks/proxies.py --size tiny --dataset cifar10 --scores cifar10 --out proxies.json

``--size tiny`` takes a random 2,000 of the examples: seconds, and figures that only resemble the table's.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from cscore_data.errors import CscoreDataError
from cscore_data.examples import check_same_examples, load_examples
from cscore_data.scorefile import read_scores
from measure import peak_memory, write_result

#: Examples that each size takes; None: all.
SIZES = {"tiny": 2000, "cifar10": None}

#: Jiang, Zhang, Talwar, Mozer, arXiv 2002.03206 v1, Table 1, CIFAR-10: Spearman, Kendall.
PAPER = {
    "density": (-0.064, -0.042),
    "density of the same label": (-0.009, -0.006),
    "same label minus others": (0.083, 0.055),
}

#: Rows in a block of distances: 64 MB each, and two of them are all the memory that is needed beside the images.
BLOCK = 4000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="tiny", help="how much to do (default: %(default)s)")
    parser.add_argument("--dataset", default="cifar10", help="data set, a name or PATH.parquet (default: %(default)s)")
    parser.add_argument("--scores", default="cifar10", help="published name, store or file (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="write the result as JSON here (default: do not)")
    arguments = parser.parse_args()
    try:
        result = measure(arguments.dataset, arguments.scores, SIZES[arguments.size])
    except CscoreDataError as error:
        print(f"proxies: error: {error}", file=sys.stderr)
        return 2
    print_table(result)
    write_result(result, arguments.out)
    return 0


def measure(dataset: str, source: str, size: int | None) -> dict[str, Any]:
    examples, scores = load_examples(dataset), read_scores(source).sortby("example")
    check_same_examples(
        examples, scores.sizes["example"], label=scores["label"].values, digest=scores.attrs.get("example_digest")
    )
    rows = np.arange(len(examples))
    if size is not None and size < len(examples):
        rows = np.sort(np.random.default_rng(0).choice(len(examples), size, replace=False))
    began = time.perf_counter()
    found = densities(as_points(examples.image[rows]), examples.class_index()[rows])
    seconds = time.perf_counter() - began
    score = scores["cscore"].values[rows]
    return {
        "benchmark": "proxies",
        "dataset": dataset,
        "scores": source,
        "examples": len(rows),
        "of": len(examples),
        "seconds": round(seconds, 1),
        "peak_memory": peak_memory(),
        "proxies": {
            name: {
                "spearman": float(stats.spearmanr(density, score).statistic),
                "kendall": float(stats.kendalltau(density, score).statistic),
                "paper": PAPER[name],
            }
            for name, density in found.items()
        },
    }


def as_points(image: np.ndarray) -> np.ndarray:
    """Images as float32 points (example, feature), centred, which keeps small distances exact in float32."""
    points = image.reshape(len(image), -1).astype(np.float32) / np.float32(255)
    return points - points.mean(axis=0)


def densities(points: np.ndarray, class_index: np.ndarray) -> dict[str, np.ndarray]:
    """The three densities of PAPER, float64 (example,)."""
    by_class = class_densities(points, class_index, width=mean_distance(points) / 2)
    everyone, own = by_class.sum(axis=1), by_class[np.arange(len(points)), class_index]
    return dict(zip(PAPER, (everyone, own, own - (everyone - own)), strict=True))


def mean_distance(points: np.ndarray) -> float:
    """Mean distance of two different points, over all pairs."""
    total = 0.0
    for rows, columns, squared in squared_distances(points):
        total += (1 if rows == columns else 2) * float(np.sqrt(squared, out=squared).sum(dtype=np.float64))
    return total / (len(points) * (len(points) - 1))


def class_densities(points: np.ndarray, class_index: np.ndarray, *, width: float) -> np.ndarray:
    """Sum of the kernel over the examples of each class: float64 (example, class)."""
    member = np.eye(class_index.max() + 1, dtype=np.float32)[class_index]
    density = np.zeros(member.shape)
    for rows, columns, squared in squared_distances(points):
        kernel = np.exp(np.multiply(squared, np.float32(-1 / width**2), out=squared), out=squared)
        density[rows] += kernel @ member[columns]
        if rows != columns:
            density[columns] += kernel.T @ member[rows]
    return density


def squared_distances(points: np.ndarray) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Blocks of the squared distances, those on and above the diagonal: the others are the same."""
    norm = np.einsum("ij,ij->i", points, points)
    blocks = [slice(start, start + BLOCK) for start in range(0, len(points), BLOCK)]
    for index, rows in enumerate(blocks):
        for columns in blocks[index:]:
            squared = points[rows] @ points[columns].T
            squared *= -2
            squared += norm[rows, None]
            squared += norm[columns]
            if rows == columns:
                np.fill_diagonal(squared, 0)  # rounding would leave a little there
            yield rows, columns, np.maximum(squared, 0, out=squared)


def print_table(result: dict[str, Any]) -> None:
    sample = "all" if result["examples"] == result["of"] else "a random subsample, so only like the table:"
    print(f"{result['dataset']} and {result['scores']}: {sample} {result['examples']} of {result['of']} examples")
    print(f"{'':<28}{'Spearman':>9}{'Kendall':>9}   paper (all of CIFAR-10)")
    for name, row in result["proxies"].items():
        paper = f"{row['paper'][0]:>6.3f} {row['paper'][1]:>6.3f}"
        print(f"{name:<28}{row['spearman']:>9.3f}{row['kendall']:>9.3f}   {paper}")
    print(f"{result['seconds']} s, {result['peak_memory'] / 1e9:.1f} GB at the peak")


if __name__ == "__main__":
    sys.exit(main())
