import dataclasses
import json
import subprocess
import sys

import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.training.recipe import RECIPES, Recipe, default_recipe, recipe_flags


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


def test_a_number_of_steps_overrides_its_bounds():
    assert Recipe(steps=5, min_steps=10).steps_of(1000) == 5


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
        {"min_steps": 0},
        {"min_steps": 20, "max_steps": 10},
        {"standardize": "rows"},
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
    [
        (False, 32, 2),
        (False, 33, 3),
        (False, 5, 1),
        (True, 32, 2),
        (True, 47, 2),
        (True, 5, 1),
        (True, 16, 1),
    ],
)
def test_steps_per_epoch(drop_last, subset_size, steps):
    assert Recipe(batch_size=16, drop_last=drop_last).steps_per_epoch(subset_size) == steps


def test_every_hyperparameter_is_a_flag_in_the_order_of_the_fields():
    assert list(recipe_flags()) == [field.name for field in dataclasses.fields(Recipe)]


@pytest.mark.parametrize(
    ("name", "kind", "several", "metavar"),
    [
        ("model", str, False, "NAME"),
        ("hidden", int, True, "WIDTH"),
        ("learning_rate", float, False, None),
        ("drop_last", bool, False, None),
        ("steps", int, False, None),
    ],
)
def test_kinds_of_flags(name, kind, several, metavar):
    flag = recipe_flags()[name]
    assert (flag.kind, flag.several, flag.metavar) == (kind, several, metavar)


def test_flags_with_named_values_list_them():
    choices = {flag.name: flag.choices for flag in recipe_flags().values() if flag.choices}
    assert choices == {
        "schedule": ("constant", "triangular", "cosine"),
        "standardize": ("no", "columns", "auto"),
        "precision": ("float32", "tf32", "bfloat16"),
    }


def test_errors_say_what_was_expected():
    with pytest.raises(InvalidInputError, match=r"momentum: found 1.0, expected 0 <= momentum < 1"):
        Recipe(momentum=1.0)
    with pytest.raises(InvalidInputError, match="expected one of constant, triangular, cosine"):
        Recipe(schedule="zigzag")


def test_recipes_need_no_jax():
    code = "import sys, cscore_data.training.recipe; sys.exit('jax' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
