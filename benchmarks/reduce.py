"""Reduction: ours against a plain zarr loop and naive xarray, in time and peak memory, with the decompression floor.

Each contender runs in a process of its own on the same synthetic cube; the clock starts after imports and stops when
all results are in memory. The floor decodes every chunk with as many threads as ours uses and does no arithmetic.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data import store
from cscore_data.reduce import reduce_cube
from cscore_data.schema import cube_template
from cscore_data.writer import CubeWriter
from measure import in_own_process, parse_arguments, peak_memory, seconds, spread, write_result

RUNS_PER_CHUNK = 100

#: (ratios, runs, examples) of the cubes; `curves` grows with runs and with examples.
SIZES = {
    "tiny": [(3, 200, 2_000)],
    "cifar": [(9, 2000, 50_000)],
    "imagenet": [(1, 2000, 1_281_167)],
    "curves": [
        *((9, runs, 50_000) for runs in (100, 200, 500, 1000, 2000)),
        *((1, 500, examples) for examples in (50_000, 200_000, 500_000, 1_281_167)),
    ],
}


def main() -> None:
    arguments = parse_arguments(__doc__.splitlines()[0], list(SIZES), repeats=3, figure="time and memory by size")
    rows = []
    for shape in SIZES[arguments.size]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cube.zarr"
            make_cube(path, shape)
            rows.append(measure(path, shape, arguments.repeats))
            print_row(rows[-1])
    if arguments.figure:
        draw(rows).savefig(arguments.figure, dpi=100)
    write_result({"benchmark": "reduce", "size": arguments.size, "cubes": rows}, arguments.out)


def make_cube(path: Path, shape: tuple[int, int, int]) -> None:
    """A complete cube of random booleans: the hardest to compress, so the most to decompress."""
    ratios, runs, examples = shape
    template = cube_template(
        np.arange(1, ratios + 1) / (ratios + 1),
        runs,
        np.zeros(examples, np.int64),
        runs_per_chunk=min(runs, RUNS_PER_CHUNK),
    )
    store.create_cube(path, template)
    writer, random = CubeWriter(path), np.random.default_rng(0)
    for piece in store.pending_pieces(store.open_cube(path)):
        cells = len(piece.pending) * examples
        correct, held_out = (
            np.unpackbits(np.frombuffer(random.bytes(-(-cells // 8)), np.uint8))[:cells]
            .view(bool)
            .reshape(-1, examples)
            for _ in range(2)
        )
        writer.write(piece, correct, held_out, np.ones(len(piece.pending), bool))


def measure(path: Path, shape: tuple[int, int, int], repeats: int) -> dict[str, Any]:
    """Time and peak memory of every contender, taken in turns so that a busy moment of the machine meets all."""
    timings: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for _ in range(repeats):
        for name, results in timings.items():
            results.append(in_own_process("reduce.py", "contender", name, str(path)))
    floor = [result["seconds"] for result in timings["floor"]]
    return {
        "shape": dict(zip(("ratio", "run", "example"), shape, strict=True)),
        "megabytes_on_disk": sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6,
        "contenders": {
            name: {
                "seconds": spread([result["seconds"] for result in results]),
                "over_floor": spread([result["seconds"] / least for result, least in zip(results, floor, strict=True)]),
                "peak_megabytes": max(result["peak"] for result in results) / 1e6,
            }
            for name, results in timings.items()
        },
    }


def ours(path: str) -> Any:
    """`reduce_cube`: counts, profile, C-score and standard error."""
    return reduce_cube(store.open_cube(path)).load()


def zarr_loop(path: str) -> Any:
    """Count and profile, chunk after chunk in one thread, by hand."""
    correct, held_out = (zarr.open_array(path, path=name, mode="r") for name in ("correct", "held_out"))
    hits, count = (np.zeros((correct.shape[0], correct.shape[2]), np.int32) for _ in range(2))
    for ratio, start in blocks(correct):
        c, h = (array[ratio, start : start + correct.chunks[1]] for array in (correct, held_out))
        hits[ratio] += (c & h).sum(0)
        count[ratio] += h.sum(0)
    with np.errstate(invalid="ignore"):
        return hits / count


def naive_xarray(path: str) -> Any:
    """What one types first: no chunks, everything in memory."""
    cube = xr.open_zarr(path, chunks=None)
    return (cube["correct"] & cube["held_out"]).sum("run") / cube["held_out"].sum("run")


def floor(path: str) -> Any:
    """Decode every chunk of both arrays, two threads at a time, and drop it."""
    correct, held_out = (zarr.open_array(path, path=name, mode="r") for name in ("correct", "held_out"))

    def read(block: tuple[int, int]) -> None:
        for array in (correct, held_out):
            array[block[0], block[1] : block[1] + array.chunks[1]]

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(read, blocks(correct)))


def blocks(array: Any) -> Iterator[tuple[int, int]]:
    return ((ratio, start) for ratio in range(array.shape[0]) for start in range(0, array.shape[1], array.chunks[1]))


CONTENDERS: dict[str, Callable[[str], Any]] = {
    "floor": floor,
    "ours": ours,
    "zarr_loop": zarr_loop,
    "naive_xarray": naive_xarray,
}


def run_contender(name: str, path: str) -> None:
    elapsed = seconds(lambda: CONTENDERS[name](path))
    print(json.dumps({"seconds": elapsed, "peak": peak_memory()}))


def draw(rows: list[dict[str, Any]]) -> Any:
    """Seconds and peak memory of every contender against the number of runs and of examples, the other one fixed."""
    from matplotlib.figure import Figure  # here, as the contenders' memory is measured and this is none of theirs

    figure = Figure((9, 6), layout="constrained")
    axes = figure.subplots(2, 2, sharex="col", sharey="row")
    for column, dim in zip(axes.T, ("run", "example"), strict=True):
        series = grown(rows, dim)
        sizes = [row["shape"][dim] for row in series]
        for name in CONTENDERS:
            results = [row["contenders"][name] for row in series]
            time = {key: np.array([result["seconds"][key] for result in results]) for key in ("median", "min", "max")}
            error = [time["median"] - time["min"], time["max"] - time["median"]]
            column[0].errorbar(sizes, time["median"], error, marker="o", capsize=3, label=name.replace("_", " "))
            column[1].plot(sizes, [result["peak_megabytes"] for result in results], marker="o")
        fixed = next(iter(series))["shape"] | {dim: f"{dim}s"}
        column[0].set(title=" × ".join(map(str, fixed.values())), xscale="log", yscale="log")
        column[1].set(xlabel=f"{dim}s", yscale="log")
    axes[0, 0].set_ylabel("seconds, median and range")
    axes[1, 0].set_ylabel("peak memory, MB")
    axes[0, 0].legend()
    return figure


def grown(rows: list[dict[str, Any]], dim: str) -> list[dict[str, Any]]:
    """The cubes that have the most common shape but for `dim`, smallest first."""
    shapes = [tuple(size for name, size in row["shape"].items() if name != dim) for row in rows]
    common = max(shapes, key=shapes.count)
    chosen = [row for row, shape in zip(rows, shapes, strict=True) if shape == common]
    return sorted(chosen, key=lambda row: row["shape"][dim])


def print_row(row: dict[str, Any]) -> None:
    print(f"{' x '.join(map(str, row['shape'].values()))}, {row['megabytes_on_disk']:.0f} MB on disk")
    print("               seconds (least, greatest)   over the floor   peak MB")
    for name, result in row["contenders"].items():
        time, ratio = result["seconds"], result["over_floor"]["median"]
        cells = f"{time['median']:7.2f} ({time['min']:.2f}, {time['max']:.2f})"
        print(f"  {name:<12} {cells:<26} {ratio:12.2f} {result['peak_megabytes']:12.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["contender"]:
        run_contender(*sys.argv[2:])
    else:
        main()
