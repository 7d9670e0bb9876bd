"""The training loop compiled for many models at a time.

One small model leaves most of a device idle. Therefore a device has several lanes, each with a
model of its own: `vmap` turns the functions of one model into functions of all lanes, whose matrix
products are batched ones. A group of models, one for each lane, is spread over all devices.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jax.sharding import PartitionSpec

from cscore_data.training import evaluation, training_loop
from cscore_data.training.device import RUN_AXIS, device_mesh, spread_over_devices
from cscore_data.training.evaluation import Evaluation
from cscore_data.training.networks.lookup import recipe_model
from cscore_data.training.networks.mlp import without_inputs
from cscore_data.training.recipe import Recipe
from cscore_data.training.training_loop import Counts, Data, Learner, Run


class Programs(NamedTuple):
    """The functions of `training_loop` for all lanes; learners and runs have a lane axis.

    Attributes
    ----------
    initialize : callable
        ``initialize(runs, data, counts) -> learners``.
    train_epochs : callable
        ``train_epochs(learners, runs, data, first, epochs, counts) -> learners``; `learners` given
        to it cannot be used afterwards.
    evaluate : callable
        ``evaluate(learners, data) -> Evaluation``.
    """

    initialize: Callable[[Run, Data, Counts], Learner]
    train_epochs: Callable[[Learner, Run, Data, int, int, Counts], Learner]
    evaluate: Callable[[Learner, Data], Evaluation]


@functools.cache
def compiled_programs(
    recipe: Recipe,
    image_shape: tuple[int, ...],
    classes: int,
    one_lane_per_device: bool,
    with_margins: bool = False,
    used: tuple[int, ...] | None = None,
) -> Programs:
    """The programs of a recipe; cached, so that a second trainer of a kind compiles nothing.

    With `used`, from `blank_inputs.used_inputs`, images consist of these inputs alone.
    """
    model = recipe_model(recipe, image_shape, classes)
    if used is not None:
        model = without_inputs(model, used)
    initialize = functools.partial(training_loop.initialize, recipe, model)
    train_epochs = functools.partial(training_loop.train_epochs, recipe, model)
    evaluate = functools.partial(evaluation.evaluate, recipe, model, with_margins)

    compiled = functools.partial(over_lanes, one_lane_per_device=one_lane_per_device)
    return Programs(
        initialize=compiled(initialize, in_axes=(0, None, None)),
        # The learners of the next epochs are written where those of the last are: otherwise both
        # would be in memory.
        train_epochs=compiled(
            train_epochs, in_axes=(0, 0, None, None, None, None), donate_argnums=0
        ),
        evaluate=compiled(evaluate, in_axes=(0, None)),
    )


def over_lanes(
    function: Callable[..., Any],
    *,
    in_axes: tuple[int | None, ...],
    one_lane_per_device: bool,
    donate_argnums: int | tuple[int, ...] = (),
) -> Any:
    """Compile a function of one model for all lanes; each device takes an equal part of them.

    Parameters
    ----------
    function : callable
    in_axes : tuple of 0 or None
        For each argument, 0 if it has a leading lane axis and None if all lanes share it.
    one_lane_per_device : bool
        Do without `vmap`. It turns each convolution into a grouped one, even for a single lane,
        which is slower; with one model per device nothing has to be batched.
    donate_argnums : int or tuple of int
        Arguments whose memory the outputs take over.
    """
    if one_lane_per_device:
        return jax.jit(_without_vmap(function, in_axes), donate_argnums=donate_argnums)
    # Without shard_map, inside of which vmap takes a quarter longer on a CPU. The sharding is given
    # for all outputs: otherwise those that begin as zeros would be on one device, and
    # `train_epochs` would be compiled a second time.
    return jax.jit(
        jax.vmap(function, in_axes),
        out_shardings=spread_over_devices(),
        donate_argnums=donate_argnums,
    )


def _without_vmap(
    function: Callable[..., Any], in_axes: tuple[int | None, ...]
) -> Callable[..., Any]:
    """Run `function` on each device for the single lane that the device holds."""

    def on_device(*arguments: Any) -> Any:
        own = []
        for argument, axis in zip(arguments, in_axes, strict=True):
            if axis is not None:
                argument = jax.tree.map(lambda leaf: leaf[0], argument)
            own.append(argument)
        return jax.tree.map(lambda leaf: leaf[None], function(*own))

    per_lane = PartitionSpec(RUN_AXIS)
    shared = PartitionSpec()
    spec_of_axis = {0: per_lane, None: shared}
    mapped: Callable[..., Any] = jax.shard_map(
        on_device,
        mesh=device_mesh(),
        in_specs=tuple(spec_of_axis[axis] for axis in in_axes),
        out_specs=per_lane,
        check_vma=False,
    )
    return mapped
