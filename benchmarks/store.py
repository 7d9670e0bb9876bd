"""Store: write, extend, open and resume scan, against raw zarr writes of the same bytes; what training waits for it.

The baseline writes the same two arrays with the same chunks and codec and nothing else: no ledger, checksums or fsync.
How long the training loop stands still for what goes on beside it, writing the piece before and drawing the subsets of
the next, is given as a share of the time that it runs: for a digits study on this device, and for a device that trains
at a given pace, which is a pause in place of training.
"""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import zarr

from cscore_data import holdout, store
from cscore_data.examples import Examples, load_examples
from cscore_data.plan import Plan
from cscore_data.recipe import RECIPES
from cscore_data.schema import EXAMPLES_PER_CHUNK, cube_template
from cscore_data.study import Study, open_study
from cscore_data.train import Outcome
from cscore_data.writer import CubeWriter
from measure import parse_arguments, seconds, spread, write_result

#: (ratios, runs, examples, runs in a piece) of a cube; pieces that are really written; models a second of the pretended
#: device.
SIZES = {
    "tiny": ((3, 40, 2_000, 10), 12, 200),
    "mnist": ((9, 200, 60_000, 20), 90, 60),
    "imagenet": ((9, 2000, 1_281_167, 100), 4, 20),
}


def main() -> None:
    arguments = parse_arguments(__doc__.splitlines()[0], list(SIZES), repeats=3)
    shape, pieces, pace = SIZES[arguments.size]
    rows = [measure(shape, pieces) for _ in range(arguments.repeats)]
    result = {
        "benchmark": "store",
        "size": arguments.size,
        "shape": dict(zip(("ratio", "run", "example", "runs_per_chunk"), shape, strict=True)),
        "pieces_written": pieces,
        **{name: spread([row[name] for row in rows]) for name in rows[0]},
        "pretended_models_per_second": pace,
        "share_of_training_spent_waiting": spread(
            [digits_waiting_share(6 if arguments.size == "tiny" else 48) for _ in range(arguments.repeats)]
        ),
        "share_of_pretended_training_spent_waiting": spread(
            [pretended_waiting_share(shape, pace) for _ in range(arguments.repeats)]
        ),
    }
    print_table(result)
    write_result(result, arguments.out)


def measure(shape: tuple[int, int, int, int], pieces: int) -> dict[str, float]:
    """Seconds of each step, once."""
    ratios, runs, examples, runs_per_chunk = shape
    correct, held_out = np.random.default_rng(0).random((2, runs_per_chunk, examples), np.float32) < 0.5
    with tempfile.TemporaryDirectory() as folder:
        path, raw = Path(folder) / "cube.zarr", Path(folder) / "raw.zarr"
        template = cube_template(
            np.arange(1, ratios + 1) / (ratios + 1), runs, np.zeros(examples, np.int64), runs_per_chunk=runs_per_chunk
        )
        row: dict[str, float] = {"create_seconds": seconds(lambda: store.create_cube(path, template))}
        todo = store.pending_pieces(store.open_cube(path))[:pieces]
        row["raw_write_seconds"] = seconds(lambda: write_raw(raw, shape, todo, correct, held_out))
        for name, fsync in (("write_no_fsync", False), ("write", True)):
            row[f"{name}_seconds"] = seconds(
                lambda fsync=fsync: write_pieces(path, todo, correct, held_out, fsync=fsync)
            )
            row[f"{name}_over_raw"] = row[f"{name}_seconds"] / row["raw_write_seconds"]
        mark_all_but_the_last(path)
        row["open_seconds"] = seconds(lambda: store.open_cube(path))
        row["resume_scan_seconds"] = seconds(lambda: store.pending_pieces(store.open_cube(path)))
        row["extend_seconds"] = seconds(lambda: store.reopen_cube(path, runs=runs + runs_per_chunk, history="more"))
    return row


def write_pieces(
    path: Path, pieces: list[store.Piece], correct: np.ndarray, held_out: np.ndarray, *, fsync: bool
) -> None:
    writer = CubeWriter(path, fsync=fsync)
    for piece in pieces:
        writer.write(piece, correct, held_out, np.ones(len(piece.pending), bool))


def write_raw(path: Path, shape: tuple[int, ...], pieces: list[store.Piece], *arrays: np.ndarray) -> None:
    ratios, runs, examples, runs_per_chunk = shape
    group = zarr.open_group(path, mode="w")
    targets = [
        group.create_array(
            name,
            shape=(ratios, runs, examples),
            chunks=(1, runs_per_chunk, min(examples, EXAMPLES_PER_CHUNK)),
            dtype=bool,
            compressors=zarr.codecs.BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=1),
        )
        for name in ("correct", "held_out")
    ]
    for piece in pieces:
        for target, values in zip(targets, arrays, strict=True):
            target[piece.ratio, piece.start : piece.stop] = values


def mark_all_but_the_last(path: Path) -> None:
    """Fill the ledger as it is near the end of a study; the scan reads it and nothing else."""
    done: Any = zarr.open_array(path, path="done", mode="r+")
    done[:] = True
    done[-1, -1] = False


def digits_waiting_share(runs: int) -> float:
    """Of a digits study on this device."""
    examples = load_examples("digits")
    plan = Plan(len(examples), (0.1, 0.5, 0.9))
    return waiting_share(lambda path: Study(examples, plan, RECIPES["digits"], runs, path))


def pretended_waiting_share(shape: tuple[int, int, int, int], pace: float) -> float:
    """Of two pieces at each of three ratios, on a device that trains `pace` models a second."""
    _, _, size, runs_per_chunk = shape
    examples = Examples("pretended", np.arange(size, dtype=np.float32)[:, None], np.arange(size) % 10)
    plan = Plan(size, (0.1, 0.5, 0.9))
    outcome = Outcome(np.random.default_rng(0).random((runs_per_chunk, size)) < 0.9, np.ones(runs_per_chunk, bool))

    class Pause:
        def train(self, *_: Any, **__: Any) -> Outcome:
            time.sleep(runs_per_chunk / pace)
            return outcome

    with patch.object(holdout, "make_trainer", lambda *_: Pause()):
        return waiting_share(
            lambda path: Study(examples, plan, RECIPES["mnist-demo"], 2 * runs_per_chunk, path, runs_per_chunk)
        )


def waiting_share(make_study: Callable[[Path], Study]) -> float:
    """Share of a study's training in which its loop waits for the thread beside it."""
    waited = 0.0

    class WatchedPool(ThreadPoolExecutor):
        def submit(self, *arguments: Any) -> Any:
            future = super().submit(*arguments)
            result = future.result

            def watched_result() -> Any:
                nonlocal waited
                waited += seconds(result)
                return result()

            future.result = watched_result
            return future

    with tempfile.TemporaryDirectory() as folder, patch.object(holdout, "ThreadPoolExecutor", WatchedPool):
        study = make_study(Path(folder) / "cube.zarr")
        cube = open_study(study, command="benchmark")
        elapsed = seconds(lambda: holdout.train_pending(study, cube))
    return waited / elapsed


def print_table(result: dict[str, Any]) -> None:
    print(f"{result['shape']}, {result['pieces_written']} pieces written; median (least, greatest)")
    for name, value in result.items():
        if isinstance(value, dict) and "median" in value:
            print(f"  {name:<42} {value['median']:.4f} ({value['min']:.4f}, {value['max']:.4f})")


if __name__ == "__main__":
    main()
