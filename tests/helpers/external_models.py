"""Models that were not trained by this package, written as the README says; imports nothing that takes long."""

import numpy as np

from cscore_data import store
from cscore_data.plan import Plan
from cscore_data.schema import cube_template
from cscore_data.writer import CubeWriter

PLAN = Plan(300, ratios=(0.2, 0.5), seed=1)


def points():
    """Points of three classes that overlap: float (example, 2), int (example,)."""
    label = np.arange(300) % 3
    return np.random.default_rng(0).normal(label[:, None], 1.0, (300, 2)), label


def make_cube(path):
    attrs = {"plan": PLAN.to_json(), "plan_digest": PLAN.digest()}
    store.create_cube(path, cube_template(PLAN.ratios, 15, points()[1], runs_per_chunk=4, attrs=attrs))


def write_pending(path, fsync=True):
    """Classify by the nearest mean of a class, for every run that the ledger lacks."""
    (point, label), writer = points(), CubeWriter(path, fsync=fsync)
    for piece in store.pending_pieces(store.open_cube(path)):
        ratio = PLAN.ratios[piece.ratio]
        for run in piece.pending:
            subset = PLAN.subset(ratio, run)
            means = np.array([point[subset][label[subset] == value].mean(0) for value in range(3)])
            correct = ((point[:, None] - means) ** 2).sum(2).argmin(1) == label
            writer.write_run(ratio, run, correct=correct, held_out=PLAN.held_out(ratio, [run])[0])
