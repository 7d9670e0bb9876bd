"""What a study takes, by arithmetic: pieces, objects, bytes, requests, and time to reduce it."""

import math
from typing import Any, NamedTuple

from cscore_data.schema import EXAMPLES_PER_CHUNK
from cscore_data.storage.pieces import objects_per_piece, requests_per_piece

#: What `train-holdout` takes by default.
RUNS_PER_CHUNK = 24

#: What `train-holdout` records by default.
RECORD = "margin"

#: All that is recorded, as `train-holdout --dry-run` has it from real studies.
BITS_PER_CELL = 11.0

#: Workers of a cluster for which a time is computed, as none is measured.
MANY_WORKERS = 16


class Shape(NamedTuple):
    """The shape of a cube."""

    ratio: int
    run: int
    example: int

    @property
    def cells(self) -> int:
        """Number of outcomes."""
        return math.prod(self)

    @property
    def pieces(self) -> int:
        """Number of pieces."""
        return self.ratio * math.ceil(self.run / RUNS_PER_CHUNK)

    @property
    def chunks(self) -> int:
        """Chunks of `correct`; each is reduced together with one of `held_out`."""
        return self.pieces * math.ceil(self.example / EXAMPLES_PER_CHUNK)


def study_cost(shape: Shape, measured: dict[str, Any]) -> dict[str, Any]:
    """What a whole study takes.

    Parameters
    ----------
    shape : Shape
    measured : dict
        `chunks_of_part`, `reduction_seconds` of the part by contender, and
        `seconds_per_empty_chunk`, which is the work of the scheduler.
    """
    seconds_per_chunk = {}
    reduction_seconds = {}
    for name, seconds in measured["reduction_seconds"].items():
        seconds_per_chunk[name] = seconds["median"] / measured["chunks_of_part"]
        reduction_seconds[name] = shape.chunks * seconds_per_chunk[name]

    # Workers that do not share a machine, each as fast as one alone, unless the scheduler, which
    # they do share, is slower than they are.
    working = math.ceil(shape.chunks / MANY_WORKERS) * seconds_per_chunk["1"]
    scheduling = shape.chunks * measured["seconds_per_empty_chunk"]["median"]
    reduction_seconds[str(MANY_WORKERS)] = max(working, scheduling)
    return {
        "pieces": shape.pieces,
        "objects": shape.pieces * objects_per_piece(shape.example, RECORD),
        "bytes": BITS_PER_CELL * shape.cells / 8,
        "requests": requests(shape),
        "seconds_per_chunk": seconds_per_chunk,
        "reduction_seconds": reduction_seconds,
    }


def requests(shape: Shape) -> dict[str, int]:
    """Requests to an object store; a test counts them at a server."""
    # Reading an object takes two: a chunk that is there is asked for its size first, one that is
    # not is then looked for as a folder.
    return {
        "write": shape.pieces * requests_per_piece(shape.example, RECORD),
        "scan": 2 * shape.pieces,
        # Four variables of cells, and the ledger.
        "reduce": 2 * (4 * shape.chunks + shape.pieces),
    }
