"""Store: write, extend, open and resume scan, against raw zarr writes of the same bytes.

The baseline writes the same two arrays with the same chunks and codec and nothing else: no ledger,
checksums, reading back or fsync. A cube that records margins and predictions, like those of trained
models, is written and read next to one that does not, in the same run.

How long the training loop waits for what goes on next to it, writing the last piece and drawing the
subsets of the next one, is given as a share of the time that it runs: for a study of digits on this
device, and for a device that trains at a given speed, which is a pause in place of training. Both
record margins.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import zarr
from zarr.codecs import BloscCodec

from cscore_data import CubeWriter, cube_template
from cscore_data.schema import EXAMPLES_PER_CHUNK
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece
from helpers.cubes import CLASSES, random_booleans, random_outcomes
from helpers.flags import make_parser
from helpers.measure import as_text, seconds, spread
from helpers.ratios import even_ratios
from helpers.results import write_result
from helpers.tables import print_columns
from helpers.waiting import digits_waiting_share, pretended_waiting_share


class Size(NamedTuple):
    """The shape of a cube, and how much to do with it.

    Attributes
    ----------
    ratios, runs, examples, runs_per_chunk : int
    pieces : int
        Number of pieces that are really written.
    models_per_second : int
        Speed of the device whose place a pause takes.
    digits_runs : int
        Runs at each ratio of the study of digits.
    """

    ratios: int
    runs: int
    examples: int
    runs_per_chunk: int
    pieces: int
    models_per_second: int
    digits_runs: int = 48


SIZES = {
    "tiny": Size(3, 40, 2_000, 10, pieces=12, models_per_second=200, digits_runs=6),
    "mnist": Size(9, 200, 60_000, 20, pieces=90, models_per_second=60),
    "imagenet": Size(9, 2000, 1_281_167, 100, pieces=4, models_per_second=20),
}


def main() -> None:
    arguments = make_parser(__doc__, SIZES, repeats=3).parse_args()
    size = SIZES[arguments.size]
    rows = []
    for _ in range(arguments.repeats):
        rows.append(measure_store(size) | measure_margins(size) | measure_waiting(size))
    measured = {}
    for name in rows[0]:
        measured[name] = spread([row[name] for row in rows])

    print_table(size, measured)
    result = {
        "benchmark": "store",
        "size": arguments.size,
        "shape": {
            "ratio": size.ratios,
            "run": size.runs,
            "example": size.examples,
            "runs_per_chunk": size.runs_per_chunk,
        },
        "pieces_written": size.pieces,
        "pretended_models_per_second": size.models_per_second,
        **measured,
    }
    write_result(result, arguments.out)


def measure_store(size: Size) -> dict[str, float]:
    """Seconds of each step, once."""
    outcomes = np.random.default_rng(0).random((2, size.runs_per_chunk, size.examples), np.float32)
    correct, held_out = outcomes < 0.5
    template = cube_template(
        even_ratios(size.ratios),
        size.runs,
        np.zeros(size.examples, np.int64),
        runs_per_chunk=size.runs_per_chunk,
    )
    row = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cube.zarr"
        row["create_seconds"] = seconds(lambda: Cube.create(path, template))

        # The same pieces three times.
        pieces = Cube.open(path).pieces()[: size.pieces]
        raw_path = Path(folder) / "raw.zarr"
        raw = seconds(lambda: write_raw(raw_path, size, pieces, correct, held_out))
        without = seconds(lambda: write_pieces(path, pieces, correct, held_out, fsync=False))
        ours = seconds(lambda: write_pieces(path, pieces, correct, held_out, fsync=True))
        row["raw_write_seconds"] = raw
        row["write_no_fsync_seconds"] = without
        row["write_no_fsync_over_raw"] = without / raw
        row["write_seconds"] = ours
        row["write_over_raw"] = ours / raw

        mark_all_but_the_last(path)
        more = size.runs + size.runs_per_chunk
        row["open_seconds"] = seconds(lambda: Cube.open(path))
        row["resume_scan_seconds"] = seconds(lambda: Cube.open(path).pieces())
        row["extend_seconds"] = seconds(lambda: Cube.open(path).extend(more, history="more"))
    return row


def measure_margins(size: Size) -> dict[str, float]:
    """Seconds to write and read a cube with margins and predictions, and one without, once."""
    random = np.random.default_rng(0)
    label = np.arange(size.examples) % CLASSES
    level = random.normal(5, 4, size.examples).astype(np.float32)
    held_out = random_booleans(random, size.runs_per_chunk, size.examples)
    margin, prediction = random_outcomes(random, label, level, ~held_out)
    outcomes = {"correct": (), "margin": (margin, prediction)}
    write, read = {}, {}
    row = {}
    for record, margins in outcomes.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cube.zarr"
            template = cube_template(
                even_ratios(size.ratios),
                size.runs,
                label,
                runs_per_chunk=size.runs_per_chunk,
                record=record,
            )
            pieces = Cube.create(path, template).pieces()[: size.pieces]
            arguments = (path, pieces, prediction == label, held_out, *margins)
            write[record] = seconds(partial(write_pieces, *arguments, fsync=False))
            read[record] = seconds(partial(read_pieces, path, pieces))
            cells = len(pieces) * held_out.size
            row[f"bits_per_cell_recording_{record}"] = 8 * bytes_of_cells(path) / cells
    row["write_with_margins_seconds"] = write["margin"]
    row["write_with_margins_over_without"] = write["margin"] / write["correct"]
    row["read_with_margins_seconds"] = read["margin"]
    row["read_with_margins_over_without"] = read["margin"] / read["correct"]
    return row


def write_pieces(
    path: Path,
    pieces: Sequence[Piece],
    correct: np.ndarray,
    held_out: np.ndarray,
    *margins: np.ndarray,
    fsync: bool,
) -> None:
    """Write the same outcomes into each of these pieces, as a study does."""
    writer = CubeWriter(path, fsync=fsync)
    valid = np.ones(len(correct), bool)
    for piece in pieces:
        writer.write(piece, correct, held_out, valid, *margins)


def read_pieces(path: Path, pieces: Sequence[Piece]) -> None:
    """Read all variables of these pieces, by zarr alone."""
    arrays = [array for array in Cube.open(path).arrays().values() if array.ndim == 3]
    for piece in pieces:
        for array in arrays:
            _ = array[piece.index, piece.start : piece.stop]


def bytes_of_cells(path: Path) -> int:
    """Size of the chunk files of the variables with a value per cell."""
    total = 0
    for name in ("correct", "held_out", "margin", "prediction"):
        for file in (path / name / "c").rglob("*"):
            total += file.stat().st_size if file.is_file() else 0
    return total


def write_raw(
    path: Path, size: Size, pieces: Sequence[Piece], correct: np.ndarray, held_out: np.ndarray
) -> None:
    """The same by zarr alone."""
    group = zarr.open_group(path, mode="w")
    targets = []
    for name in ("correct", "held_out"):
        target = group.create_array(
            name,
            shape=(size.ratios, size.runs, size.examples),
            chunks=(1, size.runs_per_chunk, min(size.examples, EXAMPLES_PER_CHUNK)),
            dtype=bool,
            compressors=BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=1),
        )
        targets.append(target)
    for piece in pieces:
        for target, values in zip(targets, (correct, held_out), strict=True):
            target[piece.index, piece.start : piece.stop] = values


def mark_all_but_the_last(path: Path) -> None:
    """Fill the ledger as it is near the end of a study; the scan reads it and nothing else."""
    done = Cube.open(path).arrays(mode="r+")["done"]
    done[:] = True
    done[-1, -1] = False


def measure_waiting(size: Size) -> dict[str, float]:
    """Shares of the time of two studies in which their loops wait, once."""
    return {
        "share_of_training_spent_waiting": digits_waiting_share(size.digits_runs),
        "share_of_pretended_training_spent_waiting": pretended_waiting_share(
            size.examples, size.runs_per_chunk, size.models_per_second
        ),
    }


def print_table(size: Size, measured: dict[str, dict[str, float]]) -> None:
    print(
        f"{size.ratios} ratios x {size.runs} runs x {size.examples} examples, "
        f"{size.pieces} pieces of {size.runs_per_chunk} runs written"
    )
    rows = [[name, as_text(values)] for name, values in measured.items()]
    print_columns(["", "median (minimum, maximum)"], rows)


if __name__ == "__main__":
    main()
