"""Which recipe a study has: the one that is named, that of its cube, or the data set's."""

import json
from contextlib import suppress
from typing import Any, Protocol

from cscore_data.cli.recipe_flags import changed_recipe
from cscore_data.data.examples import Examples
from cscore_data.storage.zarr_store import stored_attrs
from cscore_data.training.named_recipes import default_recipe
from cscore_data.training.recipe import Recipe

#: The default of features in versions without the recipe `features`.
_EARLIER_DEFAULT = "mnist-demo"


class FlagsWithRecipe(Protocol):
    """Flags of a class that was made by `with_recipe_flags`."""

    recipe: str | None


def chosen_recipe(
    flags: FlagsWithRecipe, examples: Examples, path: str, *, overwrite: bool = False
) -> Recipe:
    """The recipe that the flags name, or the default for the data set, with what flags change.

    A cube of features that an earlier version began with its default continues with that.

    Parameters
    ----------
    flags : dataclass
    examples : Examples
    path : str
        The cube, which may not be there yet.
    overwrite : bool
        What is there does not count.

    Raises
    ------
    InvalidInputError
        If a hyperparameter is out of range.
    """
    name = flags.recipe or default_recipe(examples.name, examples.image.shape[1:])
    if flags.recipe is None and name == "features" and not overwrite:
        earlier = changed_recipe(_EARLIER_DEFAULT, flags)
        # Hyperparameters that a cube does not name did not exist when it was made.
        stored = stored_recipe(path)
        if stored and Recipe().to_dict() | stored == earlier.to_dict():
            return earlier
    return changed_recipe(name, flags)


def stored_recipe(path: str) -> dict[str, Any]:
    """The hyperparameters of the cube that is there, by name; empty if there is none."""
    with suppress(KeyError, TypeError, ValueError):
        return dict(json.loads(stored_attrs(path)["recipe"]))
    return {}
