"""The network that a recipe names: one of the package's, or a function of the user's."""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

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
        If there is no such module or function, or what it gives is no `Model`.
    """
    if name == "mlp":
        return mlp(image_shape, classes, hidden=hidden)
    if name in _CONVOLUTIONAL:
        return _CONVOLUTIONAL[name](image_shape, classes)
    network = _imported(name)(tuple(image_shape), classes)
    if not isinstance(network, Model):
        raise InvalidInputError(f"model: {name} gives a {type(network).__name__}, expected a cscore_data.model.Model")
    return network


def _imported(name: str) -> Callable[[tuple[int, ...], int], Any]:
    module_name, _, function_name = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as python -m has it, and a console command has not
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"model: {name} cannot be imported ({error}); expected MODULE:FUNCTION") from error
    if not callable(function):
        raise InvalidInputError(f"model: {name} is a {type(function).__name__}, expected a function")
    return function  # type: ignore[no-any-return]
