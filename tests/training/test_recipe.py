import dataclasses
import subprocess
import sys

import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.training.recipe import Recipe, recipe_flags


def test_a_number_of_steps_overrides_its_bounds():
    assert Recipe(steps=5, min_steps=10).steps_of(1000) == 5


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
    code = "import sys, cscore_data.training.named_recipes; sys.exit('jax' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
