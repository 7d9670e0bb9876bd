"""Whether a cube that is there was made by a study like this one."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from cscore_data.errors import MismatchError, StoreError
from cscore_data.storage.pieces import runs_per_chunk
from cscore_data.training.recipe import Recipe

if TYPE_CHECKING:
    from cscore_data.studies.study import Study


def check_same_study(study: "Study", cube: xr.Dataset) -> None:
    """Raise `MismatchError` unless `cube` is this study's, naming each field that differs."""
    if study.test is not None and "test_digest" not in cube.attrs:
        raise MismatchError(
            f"{study.path} holds a study without a test split, expected one with; leave --test "
            "out to continue it, give another --out, or --overwrite to start again"
        )
    found = _configuration_of(cube)
    expected = _configuration(study)
    if study.runs_per_chunk is not None:
        found["runs_per_chunk"] = runs_per_chunk(cube)
        expected["runs_per_chunk"] = study.runs_per_chunk
    if study.record is not None:
        found["record"] = record_of(cube)
        expected["record"] = study.record
    found["test_digest"] = cube.attrs.get("test_digest")
    expected["test_digest"] = None if study.test is None else study.test.digest()
    fields = [name for name in expected if found.get(name) != expected[name]]

    # The plan's digest follows from other fields. If it alone differs, subsets are drawn
    # differently now.
    if len(fields) > 1 and "plan_digest" in fields:
        fields.remove("plan_digest")
    if fields:
        differences = []
        if "example_digest" in fields:
            differences.append(_difference_of_examples(study, cube))
        for name in fields:
            own, others = _short(expected, name), _short(found, name)
            differences.append(f"{name}: found {others}, expected {own}")
        raise MismatchError(
            f"{study.path} holds another study ({'; '.join(differences)}); give its configuration "
            "to continue it, another --out, or --overwrite to start again"
        )


def _short(fields: dict[str, Any], name: str) -> str:
    """A field as a message shows it: of a digest, the beginning tells it from another."""
    text = str(fields.get(name))
    return text[:12] if name.endswith("_digest") else text


def record_of(cube: xr.Dataset) -> str:
    """What a cube records of each model: ``correct`` or ``margin``."""
    return "margin" if "margin" in cube else "correct"


def _difference_of_examples(study: "Study", cube: xr.Dataset) -> str:
    """In which way a cube has other examples than a study."""
    found, expected = cube["label"].values, study.examples.label
    if len(found) != len(expected):
        return f"examples: found {len(found)}, expected {len(expected)}"
    rows = np.flatnonzero(found != expected)
    if not rows.size:
        return "images or features: found others, or in another order"
    return (
        f"labels: {rows.size} of {len(found)} differ (row {rows[0]}: found {found[rows[0]]}, "
        f"expected {expected[rows[0]]})"
    )


def _configuration(study: "Study") -> dict[str, Any]:
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
    # Which ones they are is in the digest; there may be thousands.
    fields["plan.groups"] = len(plan.get("groups", ()))
    fields["plan_digest"] = plan_digest
    for name, value in recipe.items():
        fields[f"recipe.{name}"] = value
    return fields
