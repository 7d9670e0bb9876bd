"""Runs into a cube on disk or behind a URL: what is missing is read, written and verified."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.errors import InvalidInputError, MismatchError, StoreError
from cscore_data.importers.gathering import Gatherer
from cscore_data.importers.runs import Refused, Runs
from cscore_data.importers.soundness import sound_runs
from cscore_data.schema import CELL_VARIABLES
from cscore_data.storage.cube import Cube
from cscore_data.storage.provenance import versions
from cscore_data.storage.verify import verify_metadata, verify_pieces
from cscore_data.storage.workers import Worker
from cscore_data.storage.zarr_store import is_free

OnProgress = Callable[[int], Any]

#: Runs whose subsets are compared at a time.
_COMPARED = 64

#: Runs in a piece of a cube, if nobody says otherwise.
RUNS_PER_CHUNK = 24


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    cube : Cube
    runs : int
        Number of runs that were imported.
    refused : tuple of str
        Why runs were not, a line each.
    """

    cube: Cube
    runs: int
    refused: tuple[str, ...]

    def raise_refused(self) -> None:
        """Raise `InvalidInputError` if runs were refused: the first of them, and their number."""
        if not self.refused:
            return
        others = ""
        if len(self.refused) > 1:
            others = f" (and {len(self.refused) - 1} more runs like it were refused)"
        done = int(self.cube.dataset["done"].sum())
        raise InvalidInputError(
            f"{self.refused[0]}{others}; {self.cube.path} has the {done} runs that are sound"
        )


def open_destination(
    runs: Runs,
    path: str | Path,
    *,
    history: str,
    runs_per_chunk: int = RUNS_PER_CHUNK,
    overwrite: bool = False,
) -> Cube:
    """The cube for these runs: a new one, or the one that an earlier import of them began.

    Parameters
    ----------
    runs : Runs
    path : path or URL
    history : str
        The line of history that says what made or extended the cube.
    runs_per_chunk : int
        Of a new cube.
    overwrite : bool
        Throw away the cube that is there.

    Raises
    ------
    MismatchError
        If the cube that is there is of other runs.
    StoreError
        As `Cube.create`.
    """
    template = runs.template(runs_per_chunk)
    if overwrite or is_free(path):
        attrs = {**versions(), "history": history}
        return Cube.create(path, template.assign_attrs(attrs), overwrite=overwrite)
    cube = Cube.open(path)
    _check_same(cube, runs, template)
    _check_numbers(cube, runs)
    if template.sizes["run"] > cube.dataset.sizes["run"]:
        cube.extend(template.sizes["run"], history=history)
    return cube


def _check_same(cube: Cube, runs: Runs, template: Any) -> None:
    """Raise `MismatchError` unless a cube was made for these runs."""
    found = cube.dataset
    differing = []
    for name in ("ratio", "label", "test_label"):
        if not np.array_equal(found.get(name, np.array(())), template.get(name, np.array(()))):
            differing.append(name)
    for name in CELL_VARIABLES:
        if (name in found) != (name in template):
            differing.append(name)
    if found.attrs.get("imported") != template.attrs.get("imported"):
        differing.append("source")
    if differing:
        stored = {}
        with suppress(ValueError):
            stored = json.loads(found.attrs.get("imported", "{}"))
        raise MismatchError(
            f"{cube.path}: exists already, with other runs (other {', '.join(differing)}; "
            f"made from {stored or 'no import'}); choose another --out, or --overwrite"
        )


def _check_numbers(cube: Cube, runs: Runs) -> None:
    """Raise `MismatchError` if runs that are in the cube have other numbers by now."""
    if runs.held_out is None:
        return
    done = np.flatnonzero(cube.dataset["done"].values[0])
    done = done[done < runs.counts[0]]
    for start in range(0, len(done), _COMPARED):
        numbers = done[start : start + _COMPARED].tolist()
        stored = cube.dataset["held_out"].isel(ratio=0, run=numbers).values
        masks = runs.held_out(numbers)
        for run, row in zip(numbers, stored, strict=True):
            if run in masks and not np.array_equal(row, masks[run]):
                raise MismatchError(
                    f"{cube.path}: run {run} trained on other examples than in the source now, "
                    "where runs were put in between, or changed; choose another --out, or "
                    "--overwrite"
                )


def fill(
    runs: Runs, cube: Cube, *, fsync: bool = True, on_progress: OnProgress | None = None
) -> Imported:
    """Read and write the runs that a cube lacks.

    A run that is not sound is left out and told of in the result. Whatever else stops the import,
    the runs that were read by then are in the cube.

    Parameters
    ----------
    runs : Runs
    cube : Cube
        From `open_destination`.
    fsync : bool
        As for `CubeWriter`.
    on_progress : callable, optional
        Called with the number of runs that were read since the last call.
    """
    pieces = cube.pieces()
    refused = []
    # While its record is there, nobody overwrites or clears the cube.
    with Worker(cube.folder):
        gatherer = Gatherer(cube, pieces, fsync=fsync)
        try:
            for found in runs.read(pieces):
                if isinstance(found, Refused):
                    faults, read = [found], 1
                else:
                    block, faults = sound_runs(found, runs)
                    gatherer.add(block, is_whole=runs.in_pieces)
                    read = len(found.runs)
                refused += [fault.text for fault in faults]
                if on_progress is not None:
                    on_progress(read)
        except StoreError:
            raise
        except BaseException:
            gatherer.flush()
            raise
        gatherer.flush()
    return Imported(cube, gatherer.written, tuple(refused))


def verify_imported(cube: Cube) -> None:
    """Raise `StoreError` unless a cube reads back as what was written."""
    faults = [str(fault) for fault in verify_metadata(cube)]
    for verdict in verify_pieces(cube):
        faults += [f"{verdict.piece}: {fault}" for fault in verdict.faults]
    if faults:
        raise StoreError(
            f"{cube.path}: {faults[0]}; verify-cube {cube.path} --repair clears what is wrong, and "
            "the same import fills it"
        )
