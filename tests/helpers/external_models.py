"""Models that this package did not train, written as docs/own-models.md says.

Only light imports, as processes start with this module.
"""

import os
import threading

import numpy as np

from cscore_data.design.plan import Plan
from cscore_data.schema import cube_template
from cscore_data.storage.cube import create_cube
from cscore_data.storage.writer import CubeWriter

PLAN = Plan(300, ratios=(0.2, 0.5), seed=1)


def points():
    """Points of three overlapping classes and their labels: float (example, 2), int (example,)."""
    label = np.arange(300) % 3
    return np.random.default_rng(0).normal(label[:, None], 1.0, (300, 2)), label


def create_empty_cube(path):
    """A cube of 2 x 15 runs."""
    attrs = {"plan": PLAN.to_json(), "plan_digest": PLAN.digest()}
    _, label = points()
    create_cube(path, cube_template(PLAN.ratios, 15, label, runs_per_chunk=4, attrs=attrs))


def write_pending(path, fsync=True):
    """Classify by the nearest class mean, in every run that is pending."""
    point, label = points()
    writer = CubeWriter(path, fsync=fsync)
    for piece in writer.cube.pieces():
        for run in piece.pending:
            subset = PLAN.subset(piece.ratio, run)
            means = np.array([point[subset][label[subset] == value].mean(0) for value in range(3)])
            correct = ((point[:, None] - means) ** 2).sum(2).argmin(1) == label
            held_out = PLAN.held_out(piece.ratio, [run])[0]
            writer.write_run(piece.ratio, run, correct=correct, held_out=held_out)


def write_pending_and_hang(path, files, signal):
    """Like `write_pending`, but hang before the next file, after this many, takes its final name.

    To be called in a process of its own, which must then be killed. The file `signal` appears when
    it hangs.
    """
    left = iter(range(files))
    replace = os.replace

    def replace_or_hang(source, target):
        if next(left, None) is None:
            signal.touch()
            threading.Event().wait()
        replace(source, target)

    os.replace = replace_or_hang
    write_pending(path)
