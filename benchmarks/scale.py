"""Scale: what studies up to the size of ImageNet take, from constants measured here on parts of them.

A part has whole chunks of the study's own shape, so that seconds a chunk are those of the study. It is reduced by one
process with a thread a core, as `reduce-cscores` does, and by one and two workers of a dask.distributed cluster on this
machine, each a process with one thread: the baseline is one worker. Chunks of nothing say what the scheduler costs.
The ledger is scanned at its full size. All else is arithmetic: pieces, objects, bytes, requests, and the time of the
whole reduction, chunks times seconds a chunk.
"""

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr

from cscore_data import store
from cscore_data.cli import train_holdout
from cscore_data.plan import Plan
from cscore_data.reduce import reduce_cube
from cscore_data.schema import EXAMPLES_PER_CHUNK, cube_template, objects_per_piece
from cscore_data.writer import CubeWriter
from measure import in_own_process, parse_arguments, seconds, spread, write_result

#: What `train-holdout` takes by default.
RUNS_PER_CHUNK = 24


class Size(NamedTuple):
    """A study's shape, and ratios and runs of the part of it that is made and reduced."""

    ratios: int
    runs: int
    examples: int
    part_ratios: int
    part_runs: int


SIZES = {
    "tiny": {"tiny": Size(9, 48, 2_000, 2, 48)},
    "studies": {
        "digits, 9 × 200": Size(9, 200, 1_797, 9, 200),
        "MNIST, 9 × 200": Size(9, 200, 60_000, 9, 200),
        "CIFAR, 9 × 2000": Size(9, 2000, 50_000, 9, 480),
        "ImageNet, 9 × 2000": Size(9, 2000, 1_281_167, 1, 480),
    },
}

#: Workers of a cluster for which a time is computed and none is measured.
MANY = 16


def main() -> None:
    arguments = parse_arguments(__doc__.splitlines()[0], list(SIZES), repeats=3)
    studies = {name: measure(size, arguments.repeats) for name, size in SIZES[arguments.size].items()}
    print_tables(studies)
    write_result({"benchmark": "scale", "size": arguments.size, "studies": studies}, arguments.out)


def measure(size: Size, repeats: int) -> dict[str, Any]:
    """Measured constants of a study, and what follows from them."""
    with tempfile.TemporaryDirectory() as folder:
        part, ledger = Path(folder) / "part.zarr", Path(folder) / "ledger.zarr"
        make_part(part, size)
        bits = 8 * sum(file.stat().st_size for file in part.rglob("c/*/*/*")) / math.prod(part_shape(size))
        results: dict[str, list[float]] = {name: [] for name in ("threads", "1", "2", "idle")}
        for _ in range(repeats):
            for name, values in results.items():
                values.append(in_own_process("scale.py", "contender", name, str(part))["seconds"])
        make_ledger(ledger, size)
        scan = [seconds(lambda: store.pending_pieces(store.open_cube(ledger))) for _ in range(repeats)]
    idle = results.pop("idle")
    measured = {
        "part": dict(zip(("ratio", "run", "example"), part_shape(size), strict=True)),
        "chunks_of_part": chunks(part_shape(size)),
        "bits_a_cell_of_part": bits,
        "seconds_a_chunk_of_nothing": spread(idle),
        "reduction_seconds": {name: spread(values) for name, values in results.items()},
        "speedup_of_two_workers": spread([a / b for a, b in zip(results["1"], results["2"], strict=True)]),
        "ledger_scan_seconds": spread(scan),
    }
    return {"measured": measured, "computed": compute(size, measured)}


def compute(size: Size, measured: dict[str, Any]) -> dict[str, Any]:
    """What a whole study takes."""
    shape = (size.ratios, size.runs, size.examples)
    pieces = size.ratios * math.ceil(size.runs / RUNS_PER_CHUNK)
    objects = pieces * objects_per_piece(size.examples)
    a_chunk = {
        name: result["median"] / measured["chunks_of_part"] for name, result in measured["reduction_seconds"].items()
    }
    scheduling = measured["seconds_a_chunk_of_nothing"]["median"]
    return {
        "pieces": pieces,
        "objects": objects,
        # As `train-holdout --dry-run` says it, from cubes of real studies.
        "bytes": train_holdout._BITS_A_CELL * math.prod(shape) / 8,
        "requests": requests(pieces, objects, chunks(shape)),
        "seconds_a_chunk": a_chunk,
        "reduction_seconds": {
            **{name: chunks(shape) * value for name, value in a_chunk.items()},
            # Workers that do not share a machine, each as fast as one alone, unless the scheduler is slower than they.
            str(MANY): max(math.ceil(chunks(shape) / MANY) * a_chunk["1"], chunks(shape) * scheduling),
        },
    }


def requests(pieces: int, objects: int, chunks: int) -> dict[str, int]:
    """Requests to an object store; a test counts them at a server."""
    return {
        # Besides the objects themselves, for each piece: is the claim still ours (2), is the store there (twice).
        "write": objects + 4 * pieces,
        # A chunk that is there is asked for its size first; one that is not is then looked for as a folder.
        "scan": 2 * pieces,
        "reduce": 2 * 2 * chunks,
    }


def part_shape(size: Size) -> tuple[int, int, int]:
    return size.part_ratios, size.part_runs, size.examples


def chunks(shape: tuple[int, int, int]) -> int:
    """Chunks of `correct`; there are as many of `held_out`, and the two are reduced together."""
    return shape[0] * math.ceil(shape[1] / RUNS_PER_CHUNK) * math.ceil(shape[2] / EXAMPLES_PER_CHUNK)


def make_part(path: Path, size: Size) -> None:
    """A complete cube with subsets of a real plan, and examples from easy to hard in no order."""
    random = np.random.default_rng(0)
    plan = Plan(size.examples, tuple((np.arange(size.part_ratios) + 1) / (size.part_ratios + 1)))
    hardness = random.permutation(np.linspace(0, 1, size.examples, dtype=np.float32))
    store.create_cube(path, template(plan.ratios, size.part_runs, size.examples))
    writer = CubeWriter(path, fsync=False)
    for piece in store.pending_pieces(store.open_cube(path)):
        ratio = plan.ratios[piece.ratio]
        chance = 1.1 - hardness * np.float32(1.2 - ratio)
        correct = random.random((len(piece.pending), size.examples), np.float32) < chance
        writer.write(piece, correct, plan.held_out(ratio, piece.pending), np.ones(len(piece.pending), bool))


def make_ledger(path: Path, size: Size) -> None:
    """A cube whose ledger is as it is near the end of the study, and with nothing else in it."""
    ratios = [(index + 1) / (size.ratios + 1) for index in range(size.ratios)]
    store.create_cube(path, template(ratios, size.runs, size.examples))
    done: Any = zarr.open_array(path, path="done", mode="r+")
    done[:] = True
    done[-1, -1] = False


def template(ratios: Any, runs: int, examples: int) -> Any:
    return cube_template(ratios, runs, np.zeros(examples, np.int64), runs_per_chunk=RUNS_PER_CHUNK)


def run_contender(name: str, path: str) -> None:
    """Reduce a cube; the clock starts when every process has imported what it needs."""
    if name == "threads":
        print(json.dumps({"seconds": reduction_seconds(path)}))
        return
    import distributed

    options: Any = {"threads_per_worker": 1, "memory_limit": 0, "dashboard_address": None, "host": "127.0.0.1"}
    workers = 2 if name == "idle" else int(name)
    with distributed.LocalCluster(n_workers=workers, **options) as cluster, distributed.Client(cluster) as client:
        client.run(reduction_seconds, path, runs=RUNS_PER_CHUNK)
        elapsed = idle_seconds_a_chunk() if name == "idle" else reduction_seconds(path)
    print(json.dumps({"seconds": elapsed}))


def reduction_seconds(path: str, runs: int | None = None) -> float:
    """Seconds to reduce the first `runs` of a cube, or all of it."""
    import dask

    cube = store.open_cube(path)
    if runs is None:
        return seconds(lambda: reduce_cube(cube).load())
    with dask.config.set(scheduler="synchronous"):  # on a worker, where `load` would ask the cluster
        return seconds(lambda: reduce_cube(cube.isel(run=slice(runs), ratio=[0])).load())


def idle_seconds_a_chunk(ratios: int = 9, pieces: int = 20) -> float:
    """What a chunk costs in which there is next to nothing: above all the scheduler's part, which all workers share."""
    nothing = template((np.arange(ratios) + 1) / (ratios + 1), pieces * RUNS_PER_CHUNK, 1)
    return seconds(lambda: reduce_cube(nothing).load()) / (ratios * pieces)


def print_tables(studies: dict[str, Any]) -> None:
    print("measured on parts: s = seconds, median (least, greatest)")
    print("| study | part | bits a cell | 2 threads, s | 1 worker, s | 2 workers, s | speedup | ledger scan, s |")
    for name, study in studies.items():
        row = study["measured"]
        times = [shown(row["reduction_seconds"][contender]) for contender in ("threads", "1", "2")]
        part = " × ".join(map(str, row["part"].values()))
        more = f"{row['speedup_of_two_workers']['median']:.2f} | {shown(row['ledger_scan_seconds'])}"
        print(f"| {name} | {part} | {row['bits_a_cell_of_part']:.2f} | {' | '.join(times)} | {more} |")
    print(f"computed for whole studies; {MANY} workers on machines of their own")
    print("requests to write, to scan the ledger once, to reduce; seconds of the reduction")
    print(f"| study | pieces | objects | MB | write | scan | reduce | 2 threads | 2 workers | {MANY} workers |")
    for name, study in studies.items():
        row = study["computed"]
        times = [f"{row['reduction_seconds'][contender]:.3g}" for contender in ("threads", "2", str(MANY))]
        counts = f"{row['pieces']:,} | {row['objects']:,} | {row['bytes'] / 1e6:,.3g}"
        asked = " | ".join(f"{count:,}" for count in row["requests"].values())
        print(f"| {name} | {counts} | {asked} | {' | '.join(times)} |")


def shown(result: dict[str, float]) -> str:
    return f"{result['median']:.3g} ({result['min']:.3g}, {result['max']:.3g})"


if __name__ == "__main__":
    if sys.argv[1:2] == ["contender"]:
        run_contender(*sys.argv[2:])
    else:
        main()
