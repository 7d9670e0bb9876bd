"""Whether a cube is what was written: every chunk against checksums, ledger, plan and data set."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.data import identity
from cscore_data.data.examples import Examples
from cscore_data.design.plan import Plan
from cscore_data.errors import reason
from cscore_data.schema import MARGIN_MISSING
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece, run_chunks, run_digest
from cscore_data.storage.zarr_store import (
    ROOT,
    array_documents,
    metadata_digest,
    root_document,
)


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


def verify_metadata(cube: Cube, *, examples: Examples | None = None) -> list[str]:
    """What is wrong with a cube's metadata and coordinates; reads everything but the results.

    Parameters
    ----------
    cube : Cube
    examples : Examples, optional
        The data set, to compare labels and digest with.
    """
    try:
        faults = [*_metadata_faults(cube), *_coordinate_faults(cube.dataset)]
        if examples is not None:
            faults += _example_faults(cube.dataset, examples)
    except Exception as error:  # a damaged chunk or file raises whatever its reader likes
        return [f"metadata or coordinates cannot be read ({reason(error)})"]
    return faults


def verify_pieces(cube: Cube) -> Iterator[Verdict]:
    """Read every chunk of a cube, piece by piece.

    For runs that the ledger calls done, the checksum that was written with them must be that of
    `correct` and `held_out`, and if the cube has a plan, `held_out` must be the plan's. Processes
    that write to the cube meanwhile do no harm: the ledger is read first, as it is written last.

    Raises
    ------
    StoreError
        If the arrays cannot be opened.
    """
    arrays = dict(reversed(cube.arrays().items()))
    plan = plan_of(cube.dataset)
    for start, stop in run_chunks(cube.dataset):
        for index, ratio in enumerate(cube.dataset["ratio"].values):
            piece = Piece(float(ratio), index=index, start=start, stop=stop, pending=())
            yield _verify_piece(arrays, plan, piece)


def plan_of(dataset: xr.Dataset) -> Plan | None:
    """The plan in a cube's attributes; None if there is none that can be read."""
    try:
        return Plan(**json.loads(dataset.attrs["plan"]))
    except (KeyError, TypeError, ValueError):
        return None


def _metadata_faults(cube: Cube) -> Iterator[str]:
    # The consolidated metadata repeat those of the arrays.
    root = json.loads(cube.folder.read(ROOT))
    names = root.get("consolidated_metadata", {}).get("metadata", {})
    documents = array_documents(cube.folder, list(names))
    if root != root_document(root["attributes"], documents):
        yield f"{ROOT} and those of the arrays do not say the same"

    # The digest covers all of them, and the values of coordinates.
    attrs = cube.dataset.attrs
    digest = metadata_digest(root["attributes"], documents, cube.dataset)
    if attrs.get("metadata_digest") != digest:
        yield (
            "attributes, arrays' metadata or coordinates are not those that were written "
            "(metadata_digest)"
        )

    # The plan must still draw the same subsets.
    if "plan" in attrs:
        plan = plan_of(cube.dataset)
        if plan is None or plan.digest() != attrs.get("plan_digest"):
            yield "plan and plan_digest do not belong together"


def _coordinate_faults(dataset: xr.Dataset) -> Iterator[str]:
    for name in ("run", "example"):
        if not np.array_equal(dataset[name].values, np.arange(dataset.sizes[name])):
            yield f"{name} is not 0, 1, …"


def _example_faults(dataset: xr.Dataset, examples: Examples) -> list[str]:
    found = identity.of_dataset(dataset, "the cube")
    expected = identity.of_examples(examples)
    # The order's name may differ where the digest, which depends on it, does not.
    found_differences = identity.differences(found, expected)
    return [difference.text for difference in found_differences if difference.kind != "order"]


def _verify_piece(arrays: dict[str, zarr.Array[Any]], plan: Plan | None, piece: Piece) -> Verdict:
    # Read all arrays, the ledger first.
    rows = {}
    faults = []
    for name, array in arrays.items():
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
    return Verdict(piece, tuple(faults))


def _run_faults(
    rows: dict[str, np.ndarray], plan: Plan | None, piece: Piece, row: int
) -> Iterator[str]:
    run = piece.start + row
    held_out = rows["held_out"][row]
    if "digest" in rows:
        others = [rows[name][row] for name in ("margin", "prediction") if name in rows]
        expected = run_digest(piece.ratio, run, rows["correct"][row], held_out, *others)
        if rows["digest"][row] != expected:
            names = "correct, held_out, margin or prediction" if others else "correct or held_out"
            yield f"run {run}: {names} is not what was written (digest)"
    if "margin" in rows and (rows["margin"][row] == MARGIN_MISSING).all():
        yield f"run {run}: margin is missing although the run is done"
    if plan is not None and not np.array_equal(held_out, plan.held_out(piece.ratio, [run])[0]):
        count = f"{held_out.sum()} of {len(held_out)} examples"
        yield f"run {run}: held_out is not the plan's ({count})"
