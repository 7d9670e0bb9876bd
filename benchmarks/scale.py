"""Scale: what studies up to the size of ImageNet take, from constants measured here on parts.

A part has whole chunks of the study's own shape, so that seconds per chunk are those of the study.
It is reduced by one process with a thread per core, as `reduce-cscores` does, and by one and two
workers of a dask.distributed cluster on this machine, each a process with one thread: the baseline
is one worker. Empty chunks say what the scheduler costs. The ledger is scanned at its full size.
All else is arithmetic (`helpers.study_cost`).
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import dask
import numpy as np
import xarray as xr

from cscore_data import CubeWriter, Plan, cube_template, open_cube, reduce_cube
from cscore_data.storage.cube import Cube
from helpers.flags import make_parser
from helpers.measure import as_text, in_own_process, quotients, repeated_seconds, seconds, spread
from helpers.ratios import even_ratios
from helpers.results import write_result
from helpers.study_cost import MANY_WORKERS, RUNS_PER_CHUNK, Shape, study_cost
from helpers.tables import print_columns


class Size(NamedTuple):
    """The shape of a study, and of the part of it that is made and reduced."""

    study: Shape
    part: Shape


SIZES = {
    "tiny": {
        "tiny": Size(Shape(9, 48, 2_000), part=Shape(2, 48, 2_000)),
    },
    "studies": {
        "digits, 9 × 200": Size(Shape(9, 200, 1_797), part=Shape(9, 200, 1_797)),
        "MNIST, 9 × 200": Size(Shape(9, 200, 60_000), part=Shape(9, 200, 60_000)),
        "CIFAR, 9 × 2000": Size(Shape(9, 2000, 50_000), part=Shape(9, 480, 50_000)),
        "ImageNet, 9 × 2000": Size(Shape(9, 2000, 1_281_167), part=Shape(1, 480, 1_281_167)),
    },
}


def main() -> None:
    arguments = make_parser(__doc__, SIZES, repeats=3).parse_args()
    studies = {}
    for name, size in SIZES[arguments.size].items():
        measured = measure(size, arguments.repeats)
        studies[name] = {"measured": measured, "computed": study_cost(size.study, measured)}
    print_measured(studies)
    print_computed(studies)
    result = {"benchmark": "scale", "size": arguments.size, "studies": studies}
    write_result(result, arguments.out)


def measure(size: Size, repeats: int) -> dict[str, Any]:
    """Constants of a study."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.zarr"
        make_part(part, size.part)
        chunk_files = list(part.rglob("c/*/*/*"))
        bits = 8 * sum(file.stat().st_size for file in chunk_files)
        results: dict[str, list[float]] = {name: [] for name in REDUCTIONS}
        for _ in range(repeats):
            for name in REDUCTIONS:
                result = in_own_process("scale.py", "contender", name, str(part))
                results[name].append(result["seconds"])

        ledger = Path(folder) / "ledger.zarr"
        make_ledger(ledger, size.study)
        scan = repeated_seconds(lambda: Cube.open(ledger).pieces(), repeats)
    empty = results.pop("empty")
    return {
        "part": size.part._asdict(),
        "chunks_of_part": size.part.chunks,
        "bits_per_cell_of_part": bits / size.part.cells,
        "seconds_per_empty_chunk": spread(empty),
        "reduction_seconds": {name: spread(values) for name, values in results.items()},
        "speedup_of_two_workers": quotients(results["1"], results["2"]),
        "ledger_scan_seconds": spread(scan),
    }


def make_part(path: Path, shape: Shape) -> None:
    """A complete cube with subsets of a real plan, and examples from easy to hard in no order."""
    plan = Plan(shape.example, even_ratios(shape.ratio))
    cube = Cube.create(path, template(plan.ratios, shape.run, shape.example))
    writer = CubeWriter(cube, fsync=False)
    random = np.random.default_rng(0)
    hardness = random.permutation(np.linspace(0, 1, shape.example, dtype=np.float32))
    for piece in cube.pieces():
        runs = len(piece.pending)
        chance = 1.1 - hardness * np.float32(1.2 - piece.ratio)
        correct = random.random((runs, shape.example), np.float32) < chance
        held_out = plan.held_out(piece.ratio, piece.pending)
        writer.write(piece, correct, held_out, np.ones(runs, bool))


def make_ledger(path: Path, shape: Shape) -> None:
    """A cube whose ledger is as it is near the end of the study, and with nothing else in it."""
    cube = Cube.create(path, template(even_ratios(shape.ratio), shape.run, shape.example))
    done = cube.arrays(mode="r+")["done"]
    done[:] = True
    done[-1, -1] = False


def template(ratios: Sequence[float], runs: int, examples: int) -> xr.Dataset:
    """An empty cube with the chunks of a study."""
    label = np.zeros(examples, np.int64)
    cube: xr.Dataset = cube_template(ratios, runs, label, runs_per_chunk=RUNS_PER_CHUNK)
    return cube


def run_contender(name: str, path: str) -> None:
    """Reduce a cube in this process or on a cluster, and print the time."""
    reduce = REDUCTIONS[name]
    print(json.dumps({"seconds": reduce(path)}))


def reduction_seconds(path: str) -> float:
    """Seconds to reduce a cube, by the cluster if this process has a client of one."""
    cube = open_cube(path)
    return seconds(lambda: reduce_cube(cube).load())


def seconds_by_one_worker(path: str) -> float:
    with local_cluster(1, path):
        return reduction_seconds(path)


def seconds_by_two_workers(path: str) -> float:
    with local_cluster(2, path):
        return reduction_seconds(path)


def seconds_per_empty_chunk(path: str, ratios: int = 9, chunks_of_runs: int = 20) -> float:
    """What next to nothing costs: above all the work of the scheduler, which all workers share."""
    cube = template(even_ratios(ratios), chunks_of_runs * RUNS_PER_CHUNK, examples=1)
    with local_cluster(2, path):
        return seconds(lambda: reduce_cube(cube).load()) / (ratios * chunks_of_runs)


@contextmanager
def local_cluster(workers: int, path: str) -> Iterator[None]:
    """A cluster on this machine, of which every worker has imported what it needs."""
    import distributed

    with (
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address=None,
            host="127.0.0.1",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.run(reduce_one_piece, path)
        yield


def reduce_one_piece(path: str) -> None:
    """Reduce the first piece of a cube, on the worker that this runs on."""
    piece = open_cube(path).isel(ratio=[0], run=slice(RUNS_PER_CHUNK))
    # By default `load` would ask the cluster.
    with dask.config.set(scheduler="synchronous"):
        reduce_cube(piece).load()


#: By this process with a thread per core, by one and two workers of a cluster, and what two workers
#: take for an empty chunk.
REDUCTIONS = {
    "threads": reduction_seconds,
    "1": seconds_by_one_worker,
    "2": seconds_by_two_workers,
    "empty": seconds_per_empty_chunk,
}


def print_measured(studies: dict[str, Any]) -> None:
    print("measured on parts: seconds, median (minimum, maximum)")
    header = ["study", "part", "bits per cell", "2 threads", "1 worker", "2 workers", "speedup"]
    rows = []
    for name, study in studies.items():
        found = study["measured"]
        part = " × ".join(str(size) for size in found["part"].values())
        times = [as_text(found["reduction_seconds"][who]) for who in ("threads", "1", "2")]
        speedup = f"{found['speedup_of_two_workers']['median']:.2f}"
        scan = as_text(found["ledger_scan_seconds"])
        rows.append([name, part, f"{found['bits_per_cell_of_part']:.2f}", *times, speedup, scan])
    print_columns([*header, "ledger scan"], rows)


def print_computed(studies: dict[str, Any]) -> None:
    print(f"computed for whole studies; {MANY_WORKERS} workers on machines of their own")
    print("requests to write, to scan the ledger once, to reduce; seconds of the reduction")
    many = str(MANY_WORKERS)
    header = ["study", "pieces", "objects", "MB", "write", "scan", "reduce", "2 threads"]
    header += ["2 workers", f"{many} workers"]
    rows = []
    for name, study in studies.items():
        found = study["computed"]
        cells = [name, f"{found['pieces']:,}", f"{found['objects']:,}"]
        cells.append(f"{found['bytes'] / 1e6:,.3g}")
        cells += [f"{count:,}" for count in found["requests"].values()]
        cells += [f"{found['reduction_seconds'][who]:.3g}" for who in ("threads", "2", many)]
        rows.append(cells)
    print_columns(header, rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["contender"]:
        run_contender(*sys.argv[2:])
    else:
        main()
