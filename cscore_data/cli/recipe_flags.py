"""The hyperparameters of a recipe as flags: declared once, as fields of `Recipe`."""

import argparse
import dataclasses
from typing import Any, Optional, TypeVar

from cscore_data.cli.flags import option
from cscore_data.training.hyperparameters import Flag
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import Recipe, recipe_flags

FlagsClass = TypeVar("FlagsClass", bound=type)


def with_recipe_flags(flags_class: FlagsClass) -> FlagsClass:
    """Add a field for each hyperparameter of `Recipe`, after the field `recipe`.

    A class decorator, applied before `dataclass`. A hyperparameter whose flag is not given is
    None: it is as in the named recipe.
    """
    # The order of annotations is the order of fields, and of the flags in --help.
    annotations: dict[str, Any] = {}
    for name, annotation in flags_class.__annotations__.items():
        annotations[name] = annotation
        if name == "recipe":
            for flag in recipe_flags().values():
                annotations[flag.name] = recipe_annotation(flag)
                setattr(flags_class, flag.name, recipe_option(flag))
    flags_class.__annotations__ = annotations
    return flags_class


def recipe_annotation(flag: Flag) -> Any:
    """The type of the field for one hyperparameter."""
    kind: Any = flag.kind
    if flag.several:
        kind = list[kind]
    # argparse-dataclass does not know `kind | None`.
    return Optional[kind]


def recipe_option(flag: Flag) -> Any:
    """The field for one hyperparameter."""
    metadata: dict[str, Any] = {"choices": flag.choices, "metavar": flag.metavar}
    meaning = flag.help
    if flag.kind is bool:
        metadata |= {"type": yes_or_no, "metavar": "{yes,no}"}
        meaning = f"{meaning}: yes or no"
    if flag.several:
        metadata |= {"nargs": "*", "type": flag.kind}
    return option(None, f"{meaning} (default: the recipe's)", **metadata)


def yes_or_no(text: str) -> bool:
    """Read the value of a switch that a recipe may have on or off."""
    if text not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected yes or no")
    return text == "yes"


def changed_recipe(name: str, flags: object) -> Recipe:
    """The recipe of this name, with the hyperparameters that are given in `flags`.

    Parameters
    ----------
    name : str
        A key of `RECIPES`.
    flags : dataclass
        Of a class that was made by `with_recipe_flags`.

    Raises
    ------
    InvalidInputError
        If one of them is out of range.
    """
    changes = {}
    for hyperparameter in recipe_flags():
        value = getattr(flags, hyperparameter)
        if value is not None:
            changes[hyperparameter] = value
    return dataclasses.replace(RECIPES[name], **changes)
