"""The pieces of a cube: what they are, which are missing, and who is to train them."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from cscore_data.errors import IncompleteCubeError, InvalidInputError
from cscore_data.schema import EXAMPLES_PER_CHUNK


@dataclass(frozen=True)
class Piece:
    """The unit of work and of writing: one ratio, up to ``runs_per_chunk`` runs, all examples.

    A piece consists of whole chunks.

    Attributes
    ----------
    ratio : float
        The subset ratio.
    index : int
        Its place among the cube's ratios.
    start, stop : int
        First run of the piece, and the run after its last.
    pending : tuple of int
        The runs of the piece that are not done.
    """

    ratio: float
    index: int
    start: int
    stop: int
    pending: tuple[int, ...]

    @property
    def name(self) -> str:
        """Which piece of its cube it is, whatever is pending: ``RATIO_INDEX-FIRST_RUN``."""
        return f"{self.index}-{self.start}"

    def __str__(self) -> str:
        return f"ratio {self.ratio:g} runs {self.start}-{self.stop - 1}"


class Shard(NamedTuple):
    """One of several parts of a cube's pieces: part 1, 2, … of `parts`."""

    part: int
    parts: int


#: All pieces of a cube.
WHOLE = Shard(1, 1)


def parse_shard(text: str) -> Shard:
    """Read ``K/M``, part K of M with 1 <= K <= M.

    Raises
    ------
    InvalidInputError
        If it is not of that form.

    Examples
    --------
    >>> parse_shard("2/4")
    Shard(part=2, parts=4)
    """
    part, _, parts = text.partition("/")
    whole_numbers = part.isdecimal() and parts.isdecimal()
    if not whole_numbers or not 1 <= int(part) <= int(parts):
        raise InvalidInputError(
            f"shard: found {text!r}, expected K/M with 1 <= K <= M, such as 1/4"
        )
    return Shard(int(part), int(parts))


def pending_pieces(cube: xr.Dataset, shard: Shard = WHOLE) -> list[Piece]:
    """The pieces that are not complete, in the order to train them.

    All ratios of the first runs come first, then those of the next runs, so that a partial cube has
    about as many runs at each ratio. Reads the ledger (`done`) only.

    Parameters
    ----------
    cube : xarray.Dataset
    shard : Shard
        Only this part of the pieces. The parts share no piece, and each has about as many pieces
        of each ratio.
    """
    done = cube["done"].values
    ratios = cube["ratio"].values.tolist()
    pieces = []
    for chunk, (start, stop) in enumerate(run_chunks(cube)):
        for index, ratio in enumerate(ratios):
            if not _in_shard(chunk, index, len(ratios), shard):
                continue
            missing = np.flatnonzero(~done[index, start:stop])
            if missing.size:
                pending = tuple((start + missing).tolist())
                piece = Piece(ratio, index=index, start=start, stop=stop, pending=pending)
                pieces.append(piece)
    return pieces


def _in_shard(chunk: int, index: int, ratios: int, shard: Shard) -> bool:
    # Round-robin with a shifting start, so that no shard gets only the expensive (large) ratios.
    position = chunk * ratios + (index + chunk) % ratios
    return position % shard.parts == shard.part - 1


def run_chunks(cube: xr.Dataset) -> Iterator[tuple[int, int]]:
    """First run of each chunk of runs, and the run after its last."""
    step = runs_per_chunk(cube)
    runs = cube.sizes["run"]
    for start in range(0, runs, step):
        yield start, min(start + step, runs)


def runs_per_chunk(cube: xr.Dataset) -> int:
    """Number of runs in a piece of this cube."""
    return int(cube["correct"].variable.chunksizes["run"][0])


def require_complete(cube: xr.Dataset) -> None:
    """Raise `IncompleteCubeError`, saying how much is missing, unless every run is done."""
    missing = len(pending_pieces(cube))
    if not missing:
        return
    done = cube["done"].values
    missing_runs = np.count_nonzero(~done)
    pieces = cube.sizes["ratio"] * len(list(run_chunks(cube)))
    raise IncompleteCubeError(
        f"the cube is not complete: {missing} of {pieces} pieces and {missing_runs} of {done.size} "
        "runs are missing; run train-holdout again with the same flags to finish it, or reduce "
        "what is there with --allow-incomplete"
    )


def objects_per_piece(examples: int, record: str = "correct", *, test_examples: int = 0) -> int:
    """Number of chunk files in a piece of a cube with so many examples and test examples."""
    chunks = math.ceil(examples / EXAMPLES_PER_CHUNK)
    test_chunks = math.ceil(test_examples / EXAMPLES_PER_CHUNK)
    # `correct`, `margin` and `prediction` if recorded, of both; then `held_out`, `digest` and
    # `done`, the last two with one file each.
    outcomes = 3 if record == "margin" else 1
    return outcomes * (chunks + test_chunks) + chunks + 2


def requests_per_piece(examples: int, record: str = "correct", *, test_examples: int = 0) -> int:
    """Number of requests to an object store for taking a piece, writing it and reading it back.

    Measured on s3fs, which asks twice for each object that it reads.
    """
    return 3 * objects_per_piece(examples, record, test_examples=test_examples) + 12


def run_digest(
    ratio: float, run: int, correct: np.ndarray, held_out: np.ndarray, *others: np.ndarray
) -> int:
    """Checksum of one run: 64 bits, also of its ratio and number, so that swapped rows are found.

    Parameters
    ----------
    ratio : float
    run : int
    correct, held_out : bool (example,)
    *others : (example,) or (test_example,)
        Margins and predictions as they are stored, where the cube has them, then what it has of
        test examples.
    """
    head = f"{float(ratio)!r} {run} {len(correct)} "
    digest = hashlib.blake2b(head.encode(), digest_size=8)
    for row in (correct, held_out, *others):
        if row.dtype == bool:
            digest.update(np.packbits(row).data)
        else:
            little_endian = row.dtype.newbyteorder("<")
            digest.update(np.ascontiguousarray(row, little_endian).data)
    return int.from_bytes(digest.digest(), "little")
