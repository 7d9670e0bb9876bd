"""Complete synthetic cubes on disk, to be reduced."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cscore_data import CubeWriter, cube_template
from cscore_data.storage.cube import Cube
from helpers.ratios import even_ratios

RUNS_PER_CHUNK = 100

#: Classes of a cube with margins.
CLASSES = 10


class Shape(NamedTuple):
    """The shape of a cube, and what it records of each model (`cube_template`)."""

    ratios: int
    runs: int
    examples: int
    record: str = "correct"


def make_cube(path: Path, shape: Shape) -> None:
    """Write a complete cube of random outcomes.

    Without margins these are fair coins: the hardest to compress, so the most to decompress. Those
    with margins are like outcomes of trained models on digits, and as easy to compress.
    """
    label = np.arange(shape.examples) % CLASSES
    template = cube_template(
        even_ratios(shape.ratios),
        shape.runs,
        label,
        runs_per_chunk=min(shape.runs, RUNS_PER_CHUNK),
        record=shape.record,
    )
    cube = Cube.create(path, template)
    writer = CubeWriter(cube, fsync=False)
    random = np.random.default_rng(0)
    level = random.normal(5, 4, shape.examples).astype(np.float32)
    for piece in cube.pieces():
        runs = len(piece.pending)
        done = np.ones(runs, bool)
        if shape.record == "correct":
            correct = random_booleans(random, runs, shape.examples)
            held_out = random_booleans(random, runs, shape.examples)
            writer.write(piece, correct, held_out, done)
        else:
            held_out = random.random((runs, shape.examples), np.float32) > piece.ratio
            margin, prediction = random_outcomes(random, label, level, ~held_out)
            correct = prediction == label
            writer.write(piece, correct, held_out, done, margin, prediction)


def random_booleans(random: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Fair coins, bool (row, column); several times as fast as `random.random(...) < 0.5`."""
    cells = rows * columns
    coins = np.frombuffer(random.bytes(math.ceil(cells / 8)), np.uint8)
    return np.unpackbits(coins, count=cells).view(bool).reshape(rows, columns)


def random_outcomes(
    random: np.random.Generator, label: np.ndarray, level: np.ndarray, trained_on: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Margins around the level of each example, and predictions that go with them.

    Parameters
    ----------
    random : numpy.random.Generator
    label : int (example,)
        0..CLASSES-1.
    level : float32 (example,)
    trained_on : bool (run, example)

    Returns
    -------
    float32 and int64 (run, example)
    """
    margin = 2 * random.standard_normal(trained_on.shape, np.float32) + level + 2 * trained_on
    # Wrong models give the class next to the label, most of the time.
    other = np.where(random.random(trained_on.shape, np.float32) < 0.8, label + 1, label + 5)
    prediction = np.where(margin > 0, label, other) % CLASSES
    return margin, prediction
