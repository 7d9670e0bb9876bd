"""Influence of every training example on every test example, beside a plain numpy product.

The influence is computed lazily, block by block, from a cube on disk, and each block is looked at
once and dropped. The product is that of the same masks and outcomes as float32, in strips of rows
that are dropped as well: nothing is read, converted or divided. Each runs in a process of its own.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cscore_data import CubeWriter, cube_template, influence, influential_pairs, open_cube
from cscore_data.scores.influence import BLOCK
from cscore_data.storage.cube import Cube
from helpers.flags import make_parser
from helpers.measure import as_text, in_own_process, peak_memory, quotients, seconds, spread
from helpers.results import write_result
from helpers.tables import print_columns

RATIO = 0.5

Work = Callable[[], Any]


class Shape(NamedTuple):
    """Numbers of runs, of training and of test examples."""

    runs: int
    examples: int
    test_examples: int


SIZES = {
    "tiny": Shape(50, 600, 200),
    "medium": Shape(2000, 20_000, 10_000),
    "mnist": Shape(2000, 60_000, 10_000),
}


def main() -> None:
    parser = make_parser(__doc__, SIZES, repeats=3)
    arguments = parser.parse_args()
    shape = SIZES[arguments.size]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cube.zarr"
        make_cube(path, shape)
        row = measure(path, arguments.repeats)
    row["shape"] = shape._asdict()
    print_row(row)
    write_result({"benchmark": "influence", "size": arguments.size, **row}, arguments.out)


def make_cube(path: Path, shape: Shape) -> None:
    """A cube with one ratio, of random subsets and outcomes."""
    random = np.random.default_rng(0)
    template = cube_template(
        (RATIO,),
        shape.runs,
        np.arange(shape.examples) % 10,
        runs_per_chunk=50,
        test_label=np.arange(shape.test_examples) % 10,
    )
    cube = Cube.create(path, template)
    writer = CubeWriter(cube, fsync=False)
    for piece in cube.pieces():
        runs = len(piece.pending)
        held_out = random.random((runs, shape.examples), np.float32) < 1 - RATIO
        correct = random.random((runs, shape.test_examples), np.float32) < 0.9
        writer.write(piece, held_out, held_out, np.ones(runs, bool), test_correct=correct)


def measure(path: Path, repeats: int) -> dict[str, Any]:
    """Time and peak memory of every contender, which take turns."""
    times: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    busy: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    peaks: dict[str, list[int]] = {name: [] for name in CONTENDERS}
    flops: list[float] = []
    for _ in range(repeats):
        for name in CONTENDERS:
            result = in_own_process("influence.py", "contender", name, str(path))
            times[name].append(result["seconds"])
            busy[name].append(result["processor_seconds"])
            peaks[name].append(result["peak"])
        flops.append(in_own_process("influence.py", "best")["flops"])
    sizes = open_cube(path).sizes
    work = 2 * sizes["run"] * sizes["example"] * sizes["test_example"]
    contenders = {}
    for name in CONTENDERS:
        shares = [work / taken / best for taken, best in zip(times[name], flops, strict=True)]
        contenders[name] = {
            "seconds": spread(times[name]),
            "over_numpy": quotients(times[name], times["numpy"]),
            "processor_seconds": spread(busy[name]),
            "processor_seconds_over_numpy": quotients(busy[name], busy["numpy"]),
            "share_of_best_product": spread(shares),
            "peak_megabytes": max(peaks[name]) / 1e6,
        }
    return {
        "best_product_flops": spread(flops),
        # A row of blocks in float32.
        "block_row_megabytes": 4 * BLOCK * sizes["test_example"] / 1e6,
        "contenders": contenders,
    }


def ours(path: str) -> Work:
    """All influences, each looked at once."""
    found = influence(open_cube(path), RATIO)["influence"]
    largest = found.data.map_blocks(_largest, dtype=np.float32, chunks=(1, 1))
    return largest.compute


def pairs(path: str) -> Work:
    """The 20 strongest of each kind, with standard errors and chances."""
    return lambda: influential_pairs(open_cube(path), RATIO, top=20)


def plain(path: str) -> Work:
    """The products of numpy alone; reading and conversion come before."""
    cube = open_cube(path).isel(ratio=0)
    trained_on = (~cube["held_out"]).values.T.astype(np.float32)
    right = cube["test_correct"].values.astype(np.float32)

    def multiply() -> None:
        strip = np.empty((BLOCK, right.shape[1]), np.float32)
        for start in range(0, len(trained_on), BLOCK):
            rows = trained_on[start : start + BLOCK]
            np.matmul(rows, right, out=strip[: len(rows)])

    return multiply


def best_product() -> float:
    """The machine's best float32 matrix product of numpy over square sizes, in FLOP/s."""
    best = 0.0
    for size in (1024, 2048, 4096):
        a, b = np.random.default_rng(0).random((2, size, size), np.float32)
        taken = min(seconds(lambda a=a, b=b: a @ b) for _ in range(5))
        best = max(best, 2 * size**3 / taken)
    return best


def _largest(block: np.ndarray) -> np.ndarray:
    return block.max(keepdims=True)


CONTENDERS = {"ours": ours, "pairs": pairs, "numpy": plain}


def run_contender(name: str, path: str) -> None:
    """Run a contender in this process, and print times and peak memory."""
    work = CONTENDERS[name](path)
    began = time.process_time()
    result = {"seconds": seconds(work)}
    # Of all threads: on a busy machine, it says more.
    result["processor_seconds"] = time.process_time() - began
    print(json.dumps({**result, "peak": peak_memory()}))


def print_row(row: dict[str, Any]) -> None:
    shape = " x ".join(f"{size:,}" for size in row["shape"].values())
    best = row["best_product_flops"]["median"] / 1e9
    print(
        f"{shape}; best product {best:.0f} GFLOP/s; block row {row['block_row_megabytes']:.0f} MB"
    )
    header = ["", "seconds (minimum, maximum)", "share of best", "processor s", "peak MB"]
    rows = []
    for name, result in row["contenders"].items():
        share = f"{result['share_of_best_product']['median']:.0%}"
        busy = f"{result['processor_seconds']['median']:.1f}"
        peak = f"{result['peak_megabytes']:.0f}"
        rows.append([name, as_text(result["seconds"]), share, busy, peak])
    print_columns(header, rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["contender"]:
        run_contender(*sys.argv[2:])
    elif sys.argv[1:2] == ["best"]:
        print(json.dumps({"flops": best_product()}))
    else:
        main()
