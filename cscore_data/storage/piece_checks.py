"""Whether the runs of a piece are what was written: against their checksums and the plan."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.design.plan import Plan
from cscore_data.errors import reason
from cscore_data.schema import CELL_VARIABLES, MARGIN_MISSING, PREDICTION_MISSING
from cscore_data.storage.margins import MARGINS, PREDICTIONS
from cscore_data.storage.pieces import Piece
from cscore_data.storage.run_rows import rows_digest

#: What is stored where a value of a variable is missing.
_MISSING = {
    **dict.fromkeys(MARGINS, MARGIN_MISSING),
    **dict.fromkeys(PREDICTIONS, PREDICTION_MISSING),
}

#: What a cube has of one run: arrays (example,) or (test_example,) and its checksum, by name.
_Run = dict[str, np.ndarray]


@dataclass(frozen=True)
class Verdict:
    """What was found of one piece.

    Attributes
    ----------
    piece : Piece
        Its `pending` are the runs that the ledger lacks; none if the ledger cannot be read.
    faults : tuple of str
        What is wrong with it; empty if it is good.
    """

    piece: Piece
    faults: tuple[str, ...]


def check_piece(
    arrays: dict[str, zarr.Array[Any]],
    plan: Plan | None,
    piece: Piece,
    *,
    classes: int | None = None,
) -> Verdict:
    """Read a piece and check it.

    Parameters
    ----------
    arrays : dict of str to zarr.Array
        In the order of writing. They are read the other way round: what is done was written before.
    plan : Plan, optional
    piece : Piece
    classes : int, optional
        Number of classes that predictions may be of.
    """
    rows = {}
    faults = []
    for name, array in reversed(arrays.items()):
        try:
            rows[name] = np.asarray(array[piece.index, piece.start : piece.stop])
        except Exception as error:  # a damaged chunk raises whatever its codec likes
            faults.append(f"{name} cannot be read ({reason(error, longest=200)})")
    if "done" not in rows:
        return Verdict(piece, tuple(faults))

    # Compare the runs that are done, if all arrays can be read.
    pending = piece.start + np.flatnonzero(~rows["done"])
    piece = replace(piece, pending=tuple(map(int, pending)))
    if not faults:
        for row in np.flatnonzero(rows["done"]).tolist():
            number = piece.start + row
            run = {name: values[row] for name, values in rows.items()}
            for fault in _run_faults(run, plan, piece.ratio, number, classes):
                faults.append(f"run {number}: {fault}")
    return Verdict(piece, tuple(faults))


def plan_of(dataset: xr.Dataset) -> Plan | None:
    """The plan in a cube's attributes; None if there is none that can be read."""
    try:
        return Plan(**json.loads(dataset.attrs["plan"]))
    except (KeyError, TypeError, ValueError):
        return None


def _run_faults(
    run: _Run, plan: Plan | None, ratio: float, number: int, classes: int | None
) -> Iterator[str]:
    """What is wrong with a run that is done."""
    yield from _digest_faults(run, ratio, number)
    yield from _gaps(run)
    if plan is not None:
        yield from _subset_faults(run["held_out"], plan.held_out(ratio, [number])[0])
    if classes is not None:
        yield from _prediction_faults(run, classes)


def _digest_faults(run: _Run, ratio: float, number: int) -> Iterator[str]:
    """That a run is not that of its checksum, where the cube has one."""
    if "digest" not in run:
        return
    if run["digest"] != rows_digest(ratio, number, run):
        *others, last = [name for name in CELL_VARIABLES if name in run]
        yield f"{', '.join(others)} or {last} is not what was written (digest)"


def _gaps(run: _Run) -> Iterator[str]:
    """Values that are missing."""
    for name, empty in _MISSING.items():
        if name not in run:
            continue
        values = run[name]
        missing = np.count_nonzero(values == empty)
        if missing:
            part = "" if missing == len(values) else f" for {missing} of {len(values)} examples"
            yield f"{name} is missing{part} although the run is done"


def _subset_faults(held_out: np.ndarray, expected: np.ndarray) -> Iterator[str]:
    """That a run has held out other examples than the plan says."""
    if not np.array_equal(held_out, expected):
        yield f"held_out is not the plan's ({held_out.sum()} of {len(held_out)} examples)"


def _prediction_faults(run: _Run, classes: int) -> Iterator[str]:
    """Predictions that are no class."""
    for name in PREDICTIONS:
        if name not in run:
            continue
        prediction = run[name]
        known = prediction[prediction != PREDICTION_MISSING]
        if not known.size:
            continue
        lowest = known.min()
        highest = known.max()
        if lowest < 0 or highest >= classes:
            yield f"{name} is {lowest}..{highest}, expected 0..{classes - 1}"
