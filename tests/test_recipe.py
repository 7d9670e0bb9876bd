import json

import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.recipe import Recipe, recipe_for


def test_mnist_is_the_demos_and_the_default():
    assert recipe_for("mnist") == recipe_for("mine.npz") == Recipe("mlp", (512, 256), 0.1, 0.9, 128, 10)


def test_json_gives_the_recipe_back():
    recipe = recipe_for("digits")
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
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInputError, match=f"{next(iter(wrong))}: found"):
        Recipe(**wrong)
