"""Reduction: ours against a plain zarr loop and naive xarray, in time and peak memory.

Each contender (`helpers.reducers`) runs in a process of its own on the same synthetic cube; the
clock starts after imports and stops when all results are in memory. The floor is the time to decode
every chunk with as many threads as ours uses.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from helpers.cubes import Shape, make_cube
from helpers.flags import make_parser
from helpers.measure import as_text, in_own_process, peak_memory, quotients, seconds, spread
from helpers.reducers import CONTENDERS
from helpers.results import write_result
from helpers.tables import print_columns

#: The shapes of the cubes; `curves` grows with runs and with examples.
SIZES = {
    "tiny": [Shape(3, 200, 2_000), Shape(3, 200, 2_000, "margin")],
    "cifar": [Shape(9, 2000, 50_000)],
    "imagenet": [Shape(1, 2000, 1_281_167)],
    "margins-medium": [Shape(9, 100, 50_000, "margin")],
    "margins": [Shape(9, 500, 50_000, "margin")],
    "curves": [
        Shape(9, 100, 50_000),
        Shape(9, 200, 50_000),
        Shape(9, 500, 50_000),
        Shape(9, 1000, 50_000),
        Shape(9, 2000, 50_000),
        Shape(1, 500, 50_000),
        Shape(1, 500, 200_000),
        Shape(1, 500, 500_000),
        Shape(1, 500, 1_281_167),
    ],
}


def main() -> None:
    parser = make_parser(__doc__, SIZES, repeats=3)
    parser.add_argument(
        "--figure",
        type=Path,
        help="draw time and memory by size to FILE.svg or FILE.png (default: do not)",
    )
    arguments = parser.parse_args()
    rows = []
    for shape in SIZES[arguments.size]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cube.zarr"
            make_cube(path, shape)
            row = measure(path, shape, arguments.repeats)
        print_row(row)
        rows.append(row)
    if arguments.figure:
        # Not at the top: the contenders' memory is measured, and matplotlib is not part of it.
        from helpers.reduction_curves import draw

        without_margins = [row for row in rows if row["record"] == "correct"]
        draw(without_margins).savefig(arguments.figure, dpi=100)
    write_result({"benchmark": "reduce", "size": arguments.size, "cubes": rows}, arguments.out)


def measure(path: Path, shape: Shape, repeats: int) -> dict[str, Any]:
    """Time and peak memory of every contender.

    They take turns, so that a busy moment of the machine meets all.
    """
    names = CONTENDERS[shape.record]
    times: dict[str, list[float]] = {name: [] for name in names}
    peaks: dict[str, list[int]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            result = in_own_process("reduce.py", "contender", shape.record, name, str(path))
            times[name].append(result["seconds"])
            peaks[name].append(result["peak"])

    contenders = {}
    for name in names:
        contenders[name] = {
            "seconds": spread(times[name]),
            "over_floor": quotients(times[name], times["floor"]),
            "peak_megabytes": max(peaks[name]) / 1e6,
        }
    files = [file for file in path.rglob("*") if file.is_file()]
    return {
        "shape": {"ratio": shape.ratios, "run": shape.runs, "example": shape.examples},
        "record": shape.record,
        "megabytes_on_disk": sum(file.stat().st_size for file in files) / 1e6,
        "contenders": contenders,
    }


def run_contender(record: str, name: str, path: str) -> None:
    """Reduce a cube in this process, and print time and peak memory."""
    elapsed = seconds(lambda: CONTENDERS[record][name](path))
    print(json.dumps({"seconds": elapsed, "peak": peak_memory()}))


def print_row(row: dict[str, Any]) -> None:
    shape = " x ".join(str(size) for size in row["shape"].values())
    print(f"{shape}, recording {row['record']}, {row['megabytes_on_disk']:.0f} MB on disk")
    header = ["", "seconds (minimum, maximum)", "over the floor", "peak MB"]
    rows = []
    for name, result in row["contenders"].items():
        over_floor = f"{result['over_floor']['median']:.2f}"
        peak = f"{result['peak_megabytes']:.0f}"
        rows.append([name, as_text(result["seconds"]), over_floor, peak])
    print_columns(header, rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["contender"]:
        run_contender(*sys.argv[2:])
    else:
        main()
