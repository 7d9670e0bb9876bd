"""The hyperparameters of a recipe as flags: declared once, as fields of `Recipe`."""

import argparse
import dataclasses
from typing import Any, Optional

from cscore_data.cli.flags import option
from cscore_data.training.hyperparameters import Flag
from cscore_data.training.recipe import RECIPES, Recipe, recipe_flags


def with_recipe_flags(base: type) -> Any:
    """A dataclass with the fields of `base`, followed by one for each hyperparameter.

    A hyperparameter that is not given is None: it is as in the named recipe.
    """
    fields = []
    for flag in recipe_flags().values():
        kind: Any = flag.kind
        if flag.several:
            kind = list[kind]
        # argparse-dataclass does not know `kind | None`.
        fields.append((flag.name, Optional[kind], recipe_option(flag)))
    return dataclasses.make_dataclass(f"{base.__name__}WithRecipe", fields, bases=(base,))


def recipe_option(flag: Flag) -> Any:
    """The field for one hyperparameter."""
    metadata: dict[str, Any] = {"choices": flag.choices, "metavar": flag.metavar}
    if flag.kind is bool:
        metadata |= {"type": yes_or_no, "metavar": "{yes,no}"}
    if flag.several:
        metadata |= {"nargs": "+", "type": flag.kind}
    return option(None, f"{flag.help} (default: the recipe's)", **metadata)


def yes_or_no(text: str) -> bool:
    """Read the value of a switch that a recipe may have on or off."""
    if text not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected yes or no")
    return text == "yes"


def changed_recipe(name: str, config: Any) -> Recipe:
    """The recipe of this name, with the hyperparameters that are given in `config`.

    Raises
    ------
    InvalidInputError
        If one of them is out of range.
    """
    changes = {}
    for hyperparameter in recipe_flags():
        value = getattr(config, hyperparameter)
        if value is not None:
            changes[hyperparameter] = value
    return dataclasses.replace(RECIPES[name], **changes)
