"""Is a cube what was written? Metadata, coordinates and every chunk against checksums, plan and data set; repair."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data import claims, places
from cscore_data.examples import Examples
from cscore_data.plan import Plan
from cscore_data.schema import CUBE_VARIABLES, run_digest
from cscore_data.store import (
    ROOT,
    Piece,
    array_of,
    metadata_digest,
    open_cube,
    root_document,
    run_chunks,
    runs_per_chunk,
)


@dataclass(frozen=True)
class Verdict:
    """What was found of one piece.

    Attributes
    ----------
    piece : Piece
        Its `pending` are the runs that the ledger lacks; none if the ledger cannot be read.
    faults : tuple of str
        What is wrong with it; nothing if it is good.
    """

    piece: Piece
    faults: tuple[str, ...]


def verify_metadata(path: str | Path, *, examples: Examples | None = None) -> list[str]:
    """What is wrong with a cube's metadata and coordinates; reads everything but the results.

    Parameters
    ----------
    path : path or URL
    examples : Examples, optional
        The data set, to hold labels and digest against.

    Raises
    ------
    StoreError
        If the cube cannot be opened at all.
    """
    cube = open_cube(path)
    try:
        return [*_metadata_faults(path, cube), *_coordinate_faults(cube, examples)]
    except Exception as error:  # a damaged chunk or file raises whatever its reader likes
        return [f"metadata or coordinates cannot be read ({_reason(error)})"]


def verify_pieces(path: str | Path) -> Iterator[Verdict]:
    """Read every chunk of a cube, piece by piece.

    Of runs that the ledger calls done, the checksum that was written with them must be that of `correct` and
    `held_out`, and where the cube has a plan, `held_out` must be the plan's. What others write meanwhile does not
    disturb: the ledger is read first, as it is written last.

    Raises
    ------
    StoreError
        If the cube cannot be opened.
    """
    cube, plan = open_cube(path), None
    with places.errors(path, "read"):
        group = zarr.open_group(places.open_files(path), mode="r", use_consolidated=True)
    arrays = {name: array_of(group, name) for name in reversed(CUBE_VARIABLES) if name in group}
    if "plan" in cube.attrs:
        plan = plan_of(cube)
    for start, stop in run_chunks(cube):
        for ratio, value in enumerate(cube["ratio"].values):
            yield _verify_piece(arrays, plan, float(value), Piece(ratio, start, stop, ()))


def repair_cube(path: str | Path, pieces: list[Piece]) -> None:
    """Clear pieces, their ledger first, so that `train-holdout` fills them again.

    Chunk files are removed, not overwritten: those that cannot be decoded could not be.

    Raises
    ------
    StoreError
        If the store cannot be written, or another process is writing to it.
    """
    cube = open_cube(path)
    with claims.alone(path), places.errors(path, "written"):
        claims.refuse_writers(path)
        group = zarr.open_group(places.open_files(path), mode="r", use_consolidated=True)
        arrays = {name: array_of(group, name) for name in reversed(CUBE_VARIABLES) if name in group}
        for piece in pieces:
            for name, array in arrays.items():
                for example in range(array.cdata_shape[2] if array.ndim == 3 else 1):
                    index = (piece.ratio, piece.start // runs_per_chunk(cube), example)[: array.ndim]
                    places.remove(path, f"{name}/{array.metadata.encode_chunk_key(index)}")


def plan_of(cube: xr.Dataset) -> Plan | None:
    """The plan in a cube's attributes; None if it is not readable."""
    try:
        return Plan(**json.loads(cube.attrs["plan"]))
    except (KeyError, TypeError, ValueError):
        return None


def _metadata_faults(path: str | Path, cube: xr.Dataset) -> Iterator[str]:
    root = json.loads(places.read(path, ROOT))
    names = root.get("consolidated_metadata", {}).get("metadata", {})
    documents = {name: json.loads(places.read(path, f"{name}/zarr.json")) for name in names}
    if root != root_document(root["attributes"], documents):
        yield f"{ROOT} and those of the arrays do not say the same"
    if cube.attrs.get("metadata_digest") != metadata_digest(root["attributes"], documents, cube):
        yield "attributes, arrays' metadata or coordinates are not those that were written (metadata_digest)"
    plan = plan_of(cube) if "plan" in cube.attrs else None
    if "plan" in cube.attrs and (plan is None or plan.digest() != cube.attrs.get("plan_digest")):
        yield "plan and plan_digest do not go together"


def _coordinate_faults(cube: xr.Dataset, examples: Examples | None) -> Iterator[str]:
    for name in ("run", "example"):
        if not np.array_equal(cube[name].values, np.arange(cube.sizes[name])):
            yield f"{name} is not 0, 1, …"
    if examples is None:
        return
    if not np.array_equal(cube["label"].values, examples.label):
        yield f"label is not that of {examples.name}"
    if cube.attrs.get("example_digest") not in (None, examples.digest()):
        yield (
            f"the cube is not of {examples.name}, or of another order of it (example_digest "
            f"{cube.attrs['example_digest']}, found {examples.digest()})"
        )


def _verify_piece(arrays: dict[str, zarr.Array[Any]], plan: Plan | None, ratio: float, piece: Piece) -> Verdict:
    rows, faults = {}, []
    for name, array in arrays.items():
        try:
            rows[name] = np.asarray(array[piece.ratio, piece.start : piece.stop])
        except Exception as error:  # a damaged chunk raises whatever its codec likes
            faults.append(f"{name} cannot be read ({_reason(error)})")
    if "done" not in rows:
        return Verdict(piece, tuple(faults))
    pending = piece.start + np.flatnonzero(~rows["done"])
    piece = Piece(piece.ratio, piece.start, piece.stop, tuple(map(int, pending)))
    if not faults:
        faults = [
            fault for row in np.flatnonzero(rows["done"]) for fault in _run_faults(rows, plan, ratio, piece, int(row))
        ]
    return Verdict(piece, tuple(faults))


def _run_faults(rows: dict[str, np.ndarray], plan: Plan | None, ratio: float, piece: Piece, row: int) -> Iterator[str]:
    run = piece.start + row
    correct, held_out = rows["correct"][row], rows["held_out"][row]
    if "digest" in rows and rows["digest"][row] != run_digest(ratio, run, correct, held_out):
        yield f"run {run}: correct or held_out is not what was written (digest)"
    if plan is not None and not np.array_equal(held_out, plan.held_out(ratio, [run])[0]):
        yield f"run {run}: held_out is not the plan's ({held_out.sum()} of {len(held_out)} examples)"


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
