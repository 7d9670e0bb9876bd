"""A study: what is trained, where it goes, and whether a cube that is there is this study's."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.data.examples import Examples
from cscore_data.design.plan import Plan
from cscore_data.errors import InvalidInputError, MismatchError, StoreError, StoreExistsError
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import WHOLE, Piece, Shard, pending_pieces, runs_per_chunk
from cscore_data.storage.provenance import versions
from cscore_data.storage.zarr_store import is_free
from cscore_data.training.device import default_lanes, device_name
from cscore_data.training.networks.lookup import check_recipe
from cscore_data.training.recipe import Recipe

#: Default number of runs in a piece, at least: enough for a chunk worth a file, few enough to lose
#: little in a crash.
_RUNS_PER_CHUNK = 24


@dataclass(frozen=True)
class Study:
    """What is trained and where it goes.

    Parameters
    ----------
    examples : Examples
    plan : Plan
    recipe : Recipe
    runs : int
        Runs at each ratio.
    path : path or URL
        The cube.
    runs_per_chunk : int, optional
        Runs in a piece; by default what the cube has, or 24, or the number of lanes if larger.
    lanes : int, optional
        Models trained at once; by default as many as suit the device.
    shard : Shard
        The part of the cube that this process fills.

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

    def __post_init__(self) -> None:
        for name in ("runs", "runs_per_chunk", "lanes"):
            value = getattr(self, name)
            if value is None:
                continue
            if value < 1:
                raise InvalidInputError(f"{name}: found {value}, expected a number >= 1")
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

    def lanes_or_default(self) -> int:
        """Models trained at once: `lanes`, or as many as suit the device."""
        return self.lanes or default_lanes(self.recipe, self.image_shape, self.classes)

    def runs_per_chunk_or_default(self) -> int:
        """Runs in a piece of a new cube."""
        if self.runs_per_chunk is not None:
            return self.runs_per_chunk
        return min(self.runs, max(_RUNS_PER_CHUNK, self.lanes_or_default()))

    def template(self, *, history: str = "") -> xr.Dataset:
        """The study's cube, empty and lazy, with what made it in its attributes.

        Raises
        ------
        InvalidInputError
            If the recipe cannot train on these images.
        """
        check_recipe(self.recipe, self.image_shape, self.classes)
        examples = self.examples
        attrs = {
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
        return cube_template(
            self.plan.ratios,
            self.runs,
            examples.label,
            runs_per_chunk=self.runs_per_chunk_or_default(),
            filename=examples.filename,
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
    MismatchError
        If the cube that is there was made with another configuration; names each field that
        differs.
    StoreError
        If something else is there, the place cannot be written, or another process fills the cube
        to be overwritten.
    """
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
    if study.runs > cube.dataset.sizes["run"] or cube.pieces(study.shard):
        cube.extend(study.runs, history=history)
    return cube


def planned_pieces(study: Study, *, overwrite: bool = False) -> tuple[list[Piece], int]:
    """The pieces that would be trained and the runs in each, without writing anything.

    Raises
    ------
    MismatchError, StoreError
        As `open_study`.
    """
    planned = study.template()
    if not overwrite and not is_free(study.path):
        cube = Cube.open(study.path).dataset
        check_same_study(study, cube)
        planned = cube_template(
            study.plan.ratios,
            study.runs,
            study.examples.label,
            runs_per_chunk=runs_per_chunk(cube),
        )
        done = np.zeros(planned["done"].shape, bool)
        done[:, : cube.sizes["run"]] = cube["done"].values
        planned["done"].data = done
    return pending_pieces(planned, study.shard), runs_per_chunk(planned)


def check_same_study(study: Study, cube: xr.Dataset) -> None:
    """Raise `MismatchError` unless `cube` is this study's, naming each field that differs."""
    found = _configuration_of(cube)
    expected = _configuration(study)
    if study.runs_per_chunk is not None:
        found["runs_per_chunk"] = runs_per_chunk(cube)
        expected["runs_per_chunk"] = study.runs_per_chunk
    fields = [name for name in expected if found.get(name) != expected[name]]

    # The plan's digest follows from other fields. If it alone differs, subsets are drawn
    # differently now.
    if len(fields) > 1 and "plan_digest" in fields:
        fields.remove("plan_digest")
    if fields:
        differences = []
        for name in fields:
            differences.append(f"{name}: found {found.get(name)}, expected {expected[name]}")
        raise MismatchError(
            f"{study.path} holds another study ({'; '.join(differences)}); give its configuration "
            "to continue it, another --out, or --overwrite to start again"
        )

    runs = cube.sizes["run"]
    if study.runs < runs:
        raise MismatchError(
            f"{study.path} has {runs} runs at each ratio, expected at most {study.runs}; runs can "
            "be added, not taken away"
        )


def _configuration(study: Study) -> dict[str, Any]:
    """Everything that must be the same for two sessions to fill one cube."""
    plan = json.loads(study.plan.to_json())
    return _flat(study.examples.digest(), plan, study.plan.digest(), study.recipe.to_dict())


def _configuration_of(cube: xr.Dataset) -> dict[str, Any]:
    """The same, from a cube's attributes."""
    try:
        plan = json.loads(cube.attrs.get("plan", "{}"))
        recipe = json.loads(cube.attrs.get("recipe", "{}"))
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"the cube's attributes plan and recipe are not readable ({error})"
        ) from error
    # Hyperparameters that a cube does not name did not exist when it was made, and have defaults.
    if recipe:
        recipe = Recipe().to_dict() | recipe
    return _flat(cube.attrs.get("example_digest"), plan, cube.attrs.get("plan_digest"), recipe)


def _flat(
    example_digest: str | None,
    plan: dict[str, Any],
    plan_digest: str | None,
    recipe: dict[str, Any],
) -> dict[str, Any]:
    fields: dict[str, Any] = {"example_digest": example_digest}
    for name, value in plan.items():
        fields[f"plan.{name}"] = value
    fields["plan_digest"] = plan_digest
    for name, value in recipe.items():
        fields[f"recipe.{name}"] = value
    return fields
