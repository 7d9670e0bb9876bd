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
from cscore_data.storage.pieces import Piece
from cscore_data.storage.run_rows import rows_digest

#: What is stored where a value of a variable is missing.
_MISSING = {
    "margin": MARGIN_MISSING,
    "prediction": PREDICTION_MISSING,
    "test_margin": MARGIN_MISSING,
    "test_prediction": PREDICTION_MISSING,
}
_PREDICTIONS = ("prediction", "test_prediction")


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
        for row in np.flatnonzero(rows["done"]):
            faults += _run_faults(rows, plan, piece, int(row))
            if classes is not None:
                faults += _prediction_faults(rows, piece, int(row), classes)
    return Verdict(piece, tuple(faults))


def plan_of(dataset: xr.Dataset) -> Plan | None:
    """The plan in a cube's attributes; None if there is none that can be read."""
    try:
        return Plan(**json.loads(dataset.attrs["plan"]))
    except (KeyError, TypeError, ValueError):
        return None


def _prediction_faults(
    rows: dict[str, np.ndarray], piece: Piece, row: int, classes: int
) -> Iterator[str]:
    for name in _PREDICTIONS:
        if name not in rows:
            continue
        prediction = rows[name][row]
        known = prediction[prediction != PREDICTION_MISSING]
        if known.size and (known.min() < 0 or known.max() >= classes):
            found = f"{known.min()}..{known.max()}"
            yield f"run {piece.start + row}: {name} is {found}, expected 0..{classes - 1}"


def _run_faults(
    rows: dict[str, np.ndarray], plan: Plan | None, piece: Piece, row: int
) -> Iterator[str]:
    run = piece.start + row
    held_out = rows["held_out"][row]
    if "digest" in rows:
        own = {name: rows[name][row] for name in CELL_VARIABLES if name in rows}
        if rows["digest"][row] != rows_digest(piece.ratio, run, own):
            *others, last = own
            yield f"run {run}: {', '.join(others)} or {last} is not what was written (digest)"
    for name, empty in _MISSING.items():
        if name not in rows:
            continue
        values = rows[name][row]
        missing = np.count_nonzero(values == empty)
        if missing:
            part = "" if missing == len(values) else f" for {missing} of {len(values)} examples"
            yield f"run {run}: {name} is missing{part} although the run is done"
    if plan is not None and not np.array_equal(held_out, plan.held_out(piece.ratio, [run])[0]):
        count = f"{held_out.sum()} of {len(held_out)} examples"
        yield f"run {run}: held_out is not the plan's ({count})"
