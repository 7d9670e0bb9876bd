import json

import pytest

from cscore_data.training.named_recipes import RECIPES, against_wrong_labels, default_recipe
from cscore_data.training.recipe import Recipe


def test_mnist_is_the_demos_and_the_default():
    assert default_recipe("mnist") == default_recipe("mine.npz") == "mnist-demo"
    assert RECIPES["mnist-demo"] == Recipe("mlp", (512, 256), 0.1, 0.9, 128, False, 10)
    assert RECIPES["mnist-demo"].schedule == "constant"


def test_features_have_a_recipe_of_their_own_by_their_shape():
    assert default_recipe("mine.npz", (256,)) == "features"
    assert default_recipe("mine.npz", (28, 28)) == "mnist-demo"
    assert default_recipe("digits", (8, 8)) == "digits"


@pytest.mark.parametrize(
    ("size", "steps"), [(80, 240), (2048, 240), (8002, 15 * 63), (1_000_000, 20_000)]
)
def test_the_length_of_training_on_features_is_bounded(size, steps):
    assert RECIPES["features"].steps_of(size) == steps


def test_only_recipes_that_learn_wrong_labels_by_heart_are_changed():
    changed = [name for name, recipe in RECIPES.items() if against_wrong_labels(recipe)]
    assert changed == ["digits", "mnist-demo"]


def test_json_gives_each_recipe_back():
    for recipe in RECIPES.values():
        assert Recipe(**json.loads(recipe.to_json())) == recipe
