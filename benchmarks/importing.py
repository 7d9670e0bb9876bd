"""Importing: masks and margins in npy files into a cube, against writing it from memory.

Both run in a process of their own, in turns, on the same synthetic runs in the layout of
datamodels. The baseline has all rows in memory, as a cube needs them, and calls `CubeWriter` piece
by piece; the importer reads the files, checks every run, writes, and reads the whole cube again to
verify it. The part without that reading is timed as well.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cscore_data import CubeWriter
from cscore_data.importers.filling import fill, open_destination, verify_imported
from cscore_data.importers.registry import open_runs
from cscore_data.importers.runs import KnownExamples, Runs
from helpers.cubes import CLASSES, random_booleans
from helpers.flags import make_parser
from helpers.measure import as_text, in_own_process, peak_memory, quotients, seconds, spread
from helpers.results import write_result
from helpers.tables import print_columns

#: Models whose rows are made at a time.
_AT_A_TIME = 100


class Size(NamedTuple):
    """Numbers of models and of training examples, half of which each model trains on."""

    runs: int
    examples: int


SIZES = {"tiny": Size(60, 1_000), "datamodels": Size(2_000, 50_000)}
CONTENDERS = ("import", "memory")


def main() -> None:
    arguments = make_parser(__doc__, SIZES, repeats=3).parse_args()
    size = SIZES[arguments.size]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), size)
        for _ in range(arguments.repeats):
            for name in CONTENDERS:
                found[name].append(in_own_process("importing.py", "contender", name, folder))

    memory = [result["seconds"] for result in found["memory"]]
    contenders = {}
    for name, results in found.items():
        times = [result["seconds"] for result in results]
        contenders[name] = {
            "seconds": spread(times),
            "over_memory": quotients(times, memory),
            "peak_megabytes": max(result["peak"] for result in results) / 1e6,
        }
    unverified = [result["unverified_seconds"] for result in found["import"]]
    contenders["import"]["unverified_over_memory"] = quotients(unverified, memory)
    print_contenders(contenders)
    shape = {"run": size.runs, "example": size.examples}
    result = {"benchmark": "importing", "size": arguments.size, "shape": shape}
    write_result({**result, "contenders": contenders}, arguments.out)


def write_files(folder: Path, size: Size) -> None:
    """Write masks and margins in the layout of datamodels, a few models at a time."""
    random = np.random.default_rng(0)
    shape = (size.runs, size.examples)
    masks = np.lib.format.open_memmap(
        folder / "train_masks_50pct.npy", mode="w+", dtype=bool, shape=shape
    )
    margins = np.lib.format.open_memmap(
        folder / "train_margins_50pct.npy", mode="w+", dtype=np.float16, shape=shape
    )
    level = random.normal(5, 4, size.examples).astype(np.float32)
    for start in range(0, size.runs, _AT_A_TIME):
        rows = slice(start, min(start + _AT_A_TIME, size.runs))
        count = rows.stop - start
        # The subset is a random part and the complement of its beginning: half of the examples.
        half = random_booleans(random, count, size.examples // 2)
        masks[rows] = np.concatenate([half, ~half], axis=1)
        noise = random.standard_normal((count, size.examples), np.float32)
        margins[rows] = 2 * noise + level + 2 * masks[rows]


def datamodels(folder: str) -> Runs:
    """The runs in these files, opened."""
    masks = np.load(Path(folder) / "train_masks_50pct.npy", mmap_mode="r")
    label = np.arange(masks.shape[1]) % CLASSES
    return open_runs("datamodels", folder, KnownExamples(label))


def run_contender(name: str, folder: str) -> None:
    """Make the cube in this process, and print time and peak memory."""
    runs = datamodels(folder)
    with tempfile.TemporaryDirectory() as place:
        measured = CONTENDER_FUNCTIONS[name](runs, Path(place) / "cube.zarr", folder)
    print(json.dumps({**measured, "peak": peak_memory()}))


def time_import(runs: Runs, path: Path, folder: str) -> dict[str, float]:
    """Seconds to import the runs, with and without verifying what was written."""
    cube = open_destination(runs, path, history="benchmark")
    unverified = seconds(lambda: fill(runs, cube, fsync=False))
    return {
        "unverified_seconds": unverified,
        "seconds": unverified + seconds(lambda: verify_imported(cube)),
    }


def time_memory(runs: Runs, path: Path, folder: str) -> dict[str, float]:
    """Seconds to write the same rows from memory."""
    cube = open_destination(runs, path, history="benchmark")
    held_out = ~np.load(Path(folder) / "train_masks_50pct.npy")
    margin = np.load(Path(folder) / "train_margins_50pct.npy").astype(np.float32)
    correct = margin > 0
    writer = CubeWriter(cube, fsync=False)
    pieces = cube.pieces()

    def write() -> None:
        for piece in pieces:
            rows = slice(piece.start, piece.stop)
            valid = np.ones(piece.stop - piece.start, bool)
            writer.write(piece, correct[rows], held_out[rows], valid, margin=margin[rows])

    return {"seconds": seconds(write)}


CONTENDER_FUNCTIONS = {"import": time_import, "memory": time_memory}


def print_contenders(contenders: dict[str, dict[str, Any]]) -> None:
    header = ["", "seconds (minimum, maximum)", "over memory", "peak MB"]
    rows = []
    for name, result in contenders.items():
        over = f"{result['over_memory']['median']:.2f}"
        rows.append([name, as_text(result["seconds"]), over, f"{result['peak_megabytes']:.0f}"])
    print_columns(header, rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["contender"]:
        run_contender(*sys.argv[2:])
    else:
        main()
