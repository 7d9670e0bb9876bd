"""The network that a recipe names: one of the package's, or a function of the user's."""

import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from cscore_data.convnets import fast_cnn, small_inception
from cscore_data.errors import InvalidInputError
from cscore_data.model import Model, mlp

_CONVOLUTIONAL = {"small-inception": small_inception, "fast-cnn": fast_cnn}


def make_model(name: str, image_shape: Sequence[int], classes: int, *, hidden: Sequence[int] = ()) -> Model:
    """The network that a recipe names.

    Parameters
    ----------
    name : str
        ``mlp``, ``small-inception``, ``fast-cnn``, or ``module:function``: a function of yours, called as
        ``function(image_shape, classes)``, that gives a `Model`; the module is looked for in the working folder too.
    image_shape : sequence of int
    classes : int
    hidden : sequence of int
        Widths of the hidden layers of ``mlp``.

    Raises
    ------
    InvalidInputError
        If there is no such module or function, it or its network fails on images of this shape, or what they give is
        not what `Model` says.
    """
    if name == "mlp":
        return mlp(image_shape, classes, hidden=hidden)
    if name in _CONVOLUTIONAL:
        return _CONVOLUTIONAL[name](image_shape, classes)
    return _network_of_user(name, tuple(image_shape), classes)


def _network_of_user(name: str, image_shape: tuple[int, ...], classes: int) -> Model:
    module, _, function = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as python -m has it, and a console command has not
    batch = jax.ShapeDtypeStruct((2, *image_shape), jnp.float32)
    weight = jax.ShapeDtypeStruct((2,), jnp.float32)
    try:
        network = getattr(importlib.import_module(module), function)(image_shape, classes)
        if not isinstance(network, Model):
            raise TypeError(f"{function} gives a {type(network).__name__}, expected a cscore_data.model.Model")
        params, state = jax.eval_shape(network.init, jax.random.key(0), batch)
        logits, after = jax.eval_shape(network.apply, params, state, batch, weight)
        jax.eval_shape(lambda p, s, x: network.apply(p, s, x, None), params, state, batch)
    except Exception as error:  # whatever code that is not ours may raise
        raise InvalidInputError(f"model: {name} on images {image_shape}: {_in_words(error, module)}") from error
    if logits.shape != (2, classes):
        raise InvalidInputError(
            f"model: {name} gives logits {logits.shape} for 2 images {image_shape}, expected (2, {classes})"
        )
    if jax.tree.map(_form, after) != jax.tree.map(_form, state):
        raise InvalidInputError(f"model: {name}: apply gives a state of another form than init; give arrays as it does")
    return network


def _form(array: jax.ShapeDtypeStruct) -> tuple[Any, ...]:
    return array.shape, array.dtype


def _in_words(error: Exception, module: str) -> str:
    """The error's kind, its first line and the line of the module that it came from."""
    stem = module.rpartition(".")[2]
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).stem == stem]
    place = f" in line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}{place}: {(str(error).splitlines() or [''])[0]}"
