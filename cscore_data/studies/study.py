"""A study: what is trained, where it goes, and whether a cube that is there is this study's."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.data.examples import Examples
from cscore_data.data.split import TestSplit
from cscore_data.design.plan import Plan
from cscore_data.errors import InvalidInputError, StoreExistsError
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube
from cscore_data.storage.folder import folder
from cscore_data.storage.pieces import WHOLE, Piece, Shard, pending_pieces, runs_per_chunk
from cscore_data.storage.provenance import versions
from cscore_data.storage.workers import Worker
from cscore_data.storage.zarr_store import is_free
from cscore_data.studies.limits import check_size
from cscore_data.studies.same_study import check_same_study, record_of
from cscore_data.training.device import default_lanes, device_name
from cscore_data.training.networks.lookup import check_recipe
from cscore_data.training.recipe import Recipe

#: Default number of runs in a piece, at least: enough for a chunk worth a file, few enough to lose
#: little in a crash.
_RUNS_PER_CHUNK = 24

#: Runs at each ratio, at most: the list of the pieces of many more would not fit in memory.
MOST_RUNS = 1_000_000

#: What new cubes record.
DEFAULT_RECORD = "margin"


@dataclass(frozen=True)
class Study:
    """What is trained and where it goes.

    Parameters
    ----------
    examples : Examples
    plan : Plan
    recipe : Recipe
    runs : int
        Runs at each ratio, at most `MOST_RUNS`. A cube that has more keeps them; the study is then
        its first runs.
    path : path or URL
        The cube.
    runs_per_chunk : int, optional
        Runs in a piece; by default what the cube has, or 24, or the number of lanes if larger.
    lanes : int, optional
        Models trained at once; by default as many as suit the device.
    shard : Shard
        The part of the cube that this process fills.
    record : {"correct", "margin"}, optional
        What the cube records of each model; by default what the cube has, or ``margin``.
    test : TestSplit, optional
        Of the same data set; each model is evaluated on it, too.

    Raises
    ------
    InvalidInputError
        If a number is out of range.
    """

    examples: Examples
    plan: Plan
    recipe: Recipe
    runs: int
    path: str | Path
    runs_per_chunk: int | None = None
    lanes: int | None = None
    shard: Shard = WHOLE
    record: str | None = None
    test: TestSplit | None = None

    def __post_init__(self) -> None:
        for name in ("runs", "runs_per_chunk", "lanes"):
            value = getattr(self, name)
            if value is None:
                continue
            if value < 1:
                raise InvalidInputError(f"{name}: found {value}, expected a number >= 1")
            if name == "runs" and value > MOST_RUNS:
                raise InvalidInputError(
                    f"runs: found {value}, expected at most {MOST_RUNS} at each ratio"
                )
            if value > self.runs:
                raise InvalidInputError(
                    f"{name}: found {value}, expected at most the number of runs, {self.runs}"
                )

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        return self.examples.image.shape[1:]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.examples.classes)

    @property
    def test_size(self) -> int:
        """Number of test examples."""
        return 0 if self.test is None else len(self.test)

    def lanes_or_default(self) -> int:
        """Models trained at once: `lanes`, or as many as suit the device."""
        return self.lanes or default_lanes(self.recipe, self.image_shape, self.classes)

    def runs_per_chunk_or_default(self) -> int:
        """Runs in a piece of a new cube."""
        if self.runs_per_chunk is not None:
            return self.runs_per_chunk
        at_least = max(_RUNS_PER_CHUNK, self.lanes_or_default())
        return min(self.runs, at_least)

    def template(self, *, history: str = "") -> xr.Dataset:
        """The study's cube, empty and lazy, with what made it in its attributes.

        Raises
        ------
        InvalidInputError
            If the recipe cannot train on these images.
        """
        check_recipe(self.recipe, self.image_shape, self.classes)
        examples = self.examples
        attrs: dict[str, Any] = {
            "title": f"Held-out correctness of models trained on random subsets of {examples.name}",
            "dataset": examples.name,
            "example_order": examples.order,
            "example_digest": examples.digest(),
            "plan": self.plan.to_json(),
            "plan_digest": self.plan.digest(),
            "recipe": self.recipe.to_json(),
            "device": device_name(),
            **versions(),
            "history": history,
        }
        if examples.options.given():
            attrs["dataset_options"] = examples.options.to_json()
        if self.test is not None:
            attrs["test_digest"] = self.test.digest()
        return cube_template(
            self.plan.ratios,
            self.runs,
            examples.label,
            runs_per_chunk=self.runs_per_chunk_or_default(),
            filename=examples.filename,
            example=examples.index,
            record=self.record or DEFAULT_RECORD,
            class_names=examples.class_names,
            test_label=None if self.test is None else self.test.label,
            test_example=None if self.test is None else self.test.index,
            attrs=attrs,
        )


def open_study(study: Study, *, command: str, overwrite: bool = False) -> Cube:
    """Create the study's cube, or open it and make room for more runs.

    Several processes may do so at once: one of them creates the cube, the others open it.

    Parameters
    ----------
    study : Study
    command : str
        For the `history` attribute, which also gets the device.
    overwrite : bool
        Replace a cube that is there.

    Raises
    ------
    InvalidInputError
        If the study is too large for this machine: see `limits.check_size`.
    MismatchError
        If the cube that is there was made with another configuration; names each field that
        differs.
    StoreError
        If something else is there, the place cannot be written, or another process fills the cube
        to be overwritten.
    """
    check_size(study)
    # Raises for a place next to which processes cannot keep their records.
    Worker(folder(study.path))
    history = f"{command} # {device_name()}"
    if overwrite or is_free(study.path):
        try:
            return Cube.create(study.path, study.template(history=history), overwrite=overwrite)
        except StoreExistsError:
            # Unless another process has created it just now, this says what is there.
            if is_free(study.path):
                raise
    cube = Cube.open(study.path)
    check_same_study(study, cube.dataset)
    # A cube to which nothing is added may be on a read-only disk.
    if study.runs > cube.dataset.sizes["run"] or study_pieces(study, cube):
        cube.extend(study.runs, history=history)
    else:
        cube.require_whole()
    return cube


def study_pieces(study: Study, cube: Cube) -> list[Piece]:
    """The pieces of the study's runs and shard that the cube lacks, in the order to train them.

    Of a cube that has more runs, which another command has added, only the study's own.
    """
    return _first_runs(cube.pieces(study.shard), study.runs)


def planned_pieces(study: Study, *, overwrite: bool = False) -> tuple[list[Piece], int]:
    """The pieces that would be trained and the runs in each, without writing anything.

    Raises
    ------
    InvalidInputError, MismatchError, StoreError
        As `open_study`.
    """
    check_size(study)
    planned = study.template()
    if not overwrite and not is_free(study.path):
        cube = Cube.open(study.path).dataset
        check_same_study(study, cube)
        planned = cube_template(
            study.plan.ratios,
            max(study.runs, cube.sizes["run"]),
            study.examples.label,
            runs_per_chunk=runs_per_chunk(cube),
        )
        done = np.zeros(planned["done"].shape, bool)
        done[:, : cube.sizes["run"]] = cube["done"].values
        planned["done"].data = done
    pieces = _first_runs(pending_pieces(planned, study.shard), study.runs)
    return pieces, runs_per_chunk(planned)


def stored_record(study: Study, *, overwrite: bool = False) -> str:
    """What the study's cube records, or will record once it is created."""
    if overwrite or is_free(study.path):
        return study.record or DEFAULT_RECORD
    return record_of(Cube.open(study.path).dataset)


def stored_runs(study: Study) -> int:
    """Number of runs at each ratio that the study's cube has; 0 if there is none."""
    if is_free(study.path):
        return 0
    return int(Cube.open(study.path).dataset.sizes["run"])


def _first_runs(pieces: list[Piece], runs: int) -> list[Piece]:
    """These pieces without all that comes after the first `runs` runs."""
    found = []
    for piece in pieces:
        pending = tuple(run for run in piece.pending if run < runs)
        if pending:
            found.append(replace(piece, stop=min(piece.stop, runs), pending=pending))
    return found
