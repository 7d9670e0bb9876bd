import json

import numpy as np
import pytest
import xarray as xr

from cscore_data import Examples
from cscore_data.cli.jobs.chosen_recipe import chosen_recipe
from cscore_data.cli.train_holdout import TrainHoldoutFlags
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import Recipe

NEW = ("min_steps", "max_steps", "standardize")


@pytest.fixture
def features():
    values = np.random.default_rng(0).normal(size=(20, 5))
    return Examples("mine.npz", values, np.arange(20) % 2)


def store_recipe(path, recipe, *, without=()):
    content = {name: value for name, value in recipe.to_dict().items() if name not in without}
    xr.Dataset(attrs={"recipe": json.dumps(content)}).to_zarr(path, zarr_format=3)


def test_features_get_their_own_recipe(features, tmp_path):
    flags = TrainHoldoutFlags(hidden=[])
    found = chosen_recipe(flags, features, str(tmp_path / "new.zarr"))
    assert found.standardize == "auto"
    assert found.hidden == ()


def test_a_cube_that_began_with_the_earlier_default_continues_with_it(features, tmp_path):
    path = tmp_path / "old.zarr"
    store_recipe(path, Recipe(hidden=(8,)), without=NEW)
    assert chosen_recipe(TrainHoldoutFlags(hidden=[8]), features, str(path)) == Recipe(hidden=(8,))
    # Otherwise it is the new one, which is then found to be another study.
    assert chosen_recipe(TrainHoldoutFlags(), features, str(path)) == RECIPES["features"]
    new = chosen_recipe(TrainHoldoutFlags(hidden=[8]), features, str(path), overwrite=True)
    assert new.standardize == "auto"


def test_a_named_recipe_is_taken(features, tmp_path):
    path = tmp_path / "old.zarr"
    store_recipe(path, Recipe(), without=NEW)
    found = chosen_recipe(TrainHoldoutFlags(recipe="features"), features, str(path))
    assert found == RECIPES["features"]
