import json

import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.recipe import RECIPES, Recipe, default_recipe


def test_mnist_is_the_demos_and_the_default():
    assert default_recipe("mnist") == default_recipe("mine.npz") == "mnist-demo"
    assert RECIPES["mnist-demo"] == Recipe("mlp", (512, 256), 0.1, 0.9, 128, False, 10)
    assert RECIPES["mnist-demo"].schedule == "constant"


def test_json_gives_the_recipe_back():
    for recipe in RECIPES.values():
        assert Recipe(**json.loads(recipe.to_json())) == recipe


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "transformer"},
        {"hidden": (0,)},
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"momentum": 1.0},
        {"batch_size": 0},
        {"epochs": -1},
        {"steps": 0},
        {"schedule": "zigzag"},
        {"warmup": 1.0},
        {"weight_decay": -0.1},
        {"label_smoothing": 1.0},
        {"crop": -1},
        {"precision": "float16"},
        {"model": "module:"},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInputError, match=f"{next(iter(wrong))}: found"):
        Recipe(**wrong)


@pytest.mark.parametrize(
    ("drop_last", "subset_size", "steps"),
    [(False, 32, 2), (False, 33, 3), (False, 5, 1), (True, 32, 2), (True, 47, 2), (True, 5, 1), (True, 16, 1)],
)
def test_steps_an_epoch(drop_last, subset_size, steps):
    assert Recipe(batch_size=16, drop_last=drop_last).steps_an_epoch(subset_size) == steps
