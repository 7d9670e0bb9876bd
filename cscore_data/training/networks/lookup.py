"""The network that a recipe names: one of the package's, or a function of the user's."""

import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from cscore_data.errors import InvalidInputError
from cscore_data.training.model import Model
from cscore_data.training.networks import NETWORKS
from cscore_data.training.recipe import Recipe


def recipe_model(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> Model:
    """The network that `recipe` names, as `make_model`."""
    return make_model(recipe.model, image_shape, classes, hidden=recipe.hidden)


def check_recipe(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> None:
    """Check that images of this shape can be trained on by this recipe.

    Raises
    ------
    InvalidInputError
        If the recipe's network or augmentation does not fit the images.
    """
    recipe_model(recipe, image_shape, classes)
    if (recipe.crop or recipe.flip) and len(image_shape) < 2:
        raise InvalidInputError(
            f"images: found {len(image_shape)} axes, expected height x width to shift and mirror; "
            "choose --crop 0 and --flip no"
        )


def make_model(
    name: str, image_shape: Sequence[int], classes: int, *, hidden: Sequence[int] = ()
) -> Model:
    """The network of this name.

    Parameters
    ----------
    name : str
        A name in `NETWORKS`, or ``module:function``: a function of yours, called as
        ``function(image_shape, classes)``, that returns a `Model`. The module may be in the working
        folder.
    image_shape : sequence of int
        Height, width and, if there is one, channel.
    classes : int
    hidden : sequence of int
        Widths of the hidden layers of ``mlp``.

    Raises
    ------
    InvalidInputError
        If there is no such module or function, if it or its network fails on images of this shape,
        or if what they return is not what `Model` describes.
    """
    if name not in NETWORKS:
        return _model_of_user(name, tuple(image_shape), classes)
    network = NETWORKS[name]
    function = getattr(importlib.import_module(network.module), network.function)
    options = {}
    if network.takes_hidden:
        options["hidden"] = hidden
    model: Model = function(image_shape, classes, **options)
    return model


def _model_of_user(name: str, image_shape: tuple[int, ...], classes: int) -> Model:
    module, _, function = name.partition(":")
    if "" not in sys.path:
        # The working folder: `python -m` looks there by itself, a console command does not.
        sys.path.insert(0, "")
    try:
        make = getattr(importlib.import_module(module), function)
        model = make(image_shape, classes)
        if not isinstance(model, Model):
            found = type(model).__name__
            raise TypeError(f"{function} gives a {found}, expected a cscore_data.Model")
        logits, state, next_state = _trace(model, image_shape)
    except Exception as error:  # the user's code may raise anything
        what = _describe_error(error, module)
        raise InvalidInputError(f"model: {name} on images {image_shape}: {what}") from error

    if logits.shape != (2, classes):
        raise InvalidInputError(
            f"model: {name} gives logits {logits.shape} for 2 images {image_shape}, "
            f"expected (2, {classes})"
        )
    if jax.tree.map(_form, next_state) != jax.tree.map(_form, state):
        raise InvalidInputError(
            f"model: {name}: apply gives a state of another form than init; "
            "give arrays of the same shapes and dtypes"
        )
    return model


def _trace(model: Model, image_shape: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Shapes of the logits, the first and the next state for two images; nothing is computed."""
    images = jax.ShapeDtypeStruct((2, *image_shape), jnp.float32)
    weight = jax.ShapeDtypeStruct((2,), jnp.float32)
    key = jax.random.key(0)
    params, state = jax.eval_shape(model.init, key, images)
    logits, next_state = jax.eval_shape(model.apply, params, state, images, weight)

    # In evaluation, where there are no weights, it must work as well.
    def evaluated(params: Any, state: Any, images: Any) -> Any:
        return model.apply(params, state, images, None)

    jax.eval_shape(evaluated, params, state, images)
    return logits, state, next_state


def _form(array: jax.ShapeDtypeStruct) -> tuple[Any, ...]:
    return array.shape, array.dtype


def _describe_error(error: Exception, module: str) -> str:
    """The type of the error, the line of the module that it came from, and its first line."""
    stem = module.rpartition(".")[2]
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).stem == stem:
            place = f" in line {frame.lineno}"
    message, *_ = str(error).splitlines() or [""]
    return f"{type(error).__name__}{place}: {message}"
