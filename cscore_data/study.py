"""What is trained and where it goes: the study, its cube, and whether a cube that is there is this study's."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data import claims, provenance, store
from cscore_data.errors import InvalidInputError, MismatchError, StoreError
from cscore_data.examples import Examples
from cscore_data.plan import Plan
from cscore_data.recipe import Recipe
from cscore_data.schema import cube_template
from cscore_data.train import check_recipe, default_lanes, device_name

#: Runs in a piece at least, by default: enough for chunks worth a file, few enough to lose little in a crash.
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
        Runs in a piece; by default the store's own, or 24, or as many as lanes if those are more.
    lanes : int, optional
        Models trained side by side; by default as many as the device takes well.
    shard : (int, int)
        (K, M): this process fills the K-th of M parts of the cube.

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
    shard: claims.Shard = claims.WHOLE

    def __post_init__(self) -> None:
        for name in ("runs", "runs_per_chunk", "lanes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InvalidInputError(f"{name}: found {value}, expected a number >= 1")
        for name in ("lanes", "runs_per_chunk"):
            value = getattr(self, name)
            if value is not None and value > self.runs:
                raise InvalidInputError(f"{name}: found {value}, expected at most the number of runs, {self.runs}")

    def default_lanes(self) -> int:
        """Models trained side by side where `lanes` does not say."""
        return default_lanes(self.recipe, self.examples.image.shape[1:], len(self.examples.classes))

    def identity(self) -> dict[str, Any]:
        """Everything that must be the same for two sessions to fill one cube."""
        return {
            "example_digest": self.examples.digest(),
            **{f"plan.{name}": value for name, value in json.loads(self.plan.to_json()).items()},
            "plan_digest": self.plan.digest(),
            **{f"recipe.{name}": value for name, value in self.recipe.to_dict().items()},
        }


def open_study(study: Study, *, command: str, overwrite: bool = False) -> xr.Dataset:
    """Create the study's cube, or open it and make room for more runs.

    Parameters
    ----------
    study : Study
    command : str
        What goes into the `history` attribute, with the device.
    overwrite : bool
        Throw away a cube that is there.

    Returns
    -------
    xarray.Dataset
        The cube, lazy.

    Raises
    ------
    MismatchError
        If the cube that is there was made with another configuration; names each field that differs.
    StoreError
        If something else is there, the place cannot be written, or another process fills the cube to be overwritten.
    """
    if not overwrite and not store.is_free(study.path):
        cube = store.open_cube(study.path)
        check_same_study(study, cube)
        if study.runs == cube.sizes["run"] and not store.pending_pieces(cube, study.shard):
            return cube  # which may be one that cannot be written
    history = f"{command} # {device_name()}"
    with claims.alone(study.path):
        if overwrite:
            claims.refuse_writers(study.path)
        if overwrite or store.is_free(study.path):
            store.create_cube(study.path, _template(study, history), overwrite=overwrite)
        else:
            check_same_study(study, store.open_cube(study.path))  # made or extended by another process until now
            store.reopen_cube(study.path, runs=study.runs, history=history)
    return store.open_cube(study.path)


def planned_pieces(study: Study, *, overwrite: bool = False) -> tuple[list[store.Piece], int]:
    """The pieces of the shard that would be trained and the runs in each, without writing anything.

    Raises
    ------
    MismatchError, StoreError
        As `open_study`.
    """
    cube = _template(study, "")
    if not overwrite and not store.is_free(study.path):
        there = store.open_cube(study.path)
        check_same_study(study, there)
        cube = cube_template(
            study.plan.ratios, study.runs, study.examples.label, runs_per_chunk=store.runs_per_chunk(there)
        )
        cube["done"].data = np.zeros(cube["done"].shape, bool)
        cube["done"].values[:, : there.sizes["run"]] = there["done"].values
    return store.pending_pieces(cube, study.shard), store.runs_per_chunk(cube)


def check_same_study(study: Study, cube: xr.Dataset) -> None:
    """Raise `MismatchError` unless `cube` is this study's, naming each field that differs, found and expected."""
    found = _identity_of(cube)
    wanted = study.identity()
    if study.runs_per_chunk is not None:
        found["runs_per_chunk"], wanted["runs_per_chunk"] = store.runs_per_chunk(cube), study.runs_per_chunk
    if study.runs < cube.sizes["run"]:
        found["runs"], wanted["runs"] = cube.sizes["run"], study.runs
    fields = [name for name in wanted if found.get(name) != wanted[name]]
    if fields == ["runs"]:
        raise MismatchError(
            f"{study.path} has {found['runs']} runs at each ratio, expected at most {study.runs}; runs can be added, "
            "not taken away"
        )
    # The digest follows from the other fields; by itself it means that the drawing of subsets has changed.
    fields = [name for name in fields if name != "plan_digest"] or fields
    if fields:
        differences = "; ".join(f"{name}: found {found.get(name)}, expected {wanted[name]}" for name in fields)
        raise MismatchError(
            f"{study.path} holds another study ({differences}); "
            "give its configuration to go on with it, another --out, or --overwrite to start anew"
        )


def default_runs_per_chunk(study: Study) -> int:
    """Runs in a piece where the store does not say."""
    return study.runs_per_chunk or min(study.runs, max(_RUNS_PER_CHUNK, study.lanes or study.default_lanes()))


def _template(study: Study, history: str) -> xr.Dataset:
    check_recipe(study.recipe, study.examples.image.shape[1:], len(study.examples.classes))
    attrs = {
        "title": f"Held-out correctness of models trained on random subsets of {study.examples.name}",
        "dataset": study.examples.name,
        "example_order": study.examples.order,
        "example_digest": study.examples.digest(),
        "plan": study.plan.to_json(),
        "plan_digest": study.plan.digest(),
        "recipe": study.recipe.to_json(),
        "device": device_name(),
        **provenance.versions(),
        "history": history,
    }
    return cube_template(
        study.plan.ratios,
        study.runs,
        study.examples.label,
        runs_per_chunk=default_runs_per_chunk(study),
        filename=study.examples.filename,
        attrs=attrs,
    )


def _identity_of(cube: xr.Dataset) -> dict[str, Any]:
    try:
        plan, recipe = (json.loads(cube.attrs.get(name, "{}")) for name in ("plan", "recipe"))
    except (TypeError, ValueError) as error:
        raise StoreError(f"the cube's attributes plan and recipe are not readable ({error})") from error
    # What a cube's recipe does not name was not there to choose when it was made, and is as by default.
    recipe = Recipe().to_dict() | recipe if recipe else {}
    return {
        "example_digest": cube.attrs.get("example_digest"),
        **{f"plan.{name}": value for name, value in plan.items()},
        "plan_digest": cube.attrs.get("plan_digest"),
        **{f"recipe.{name}": value for name, value in recipe.items()},
    }
