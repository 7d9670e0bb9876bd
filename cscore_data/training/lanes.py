"""Compile a function of one model for many: each lane of a device holds a model of its own."""

from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import PartitionSpec

from cscore_data.training.device import RUN_AXIS, device_mesh, spread_over_devices


def over_lanes(
    function: Callable[..., Any],
    *,
    in_axes: tuple[int | None, ...],
    one_lane_per_device: bool,
    **options: Any,
) -> Any:
    """Compile a function of one model for all lanes; each device takes an equal part of them.

    Parameters
    ----------
    function : callable
    in_axes : tuple of 0 or None
        For each argument, 0 if it has a leading lane axis and None if all lanes share it.
    one_lane_per_device : bool
        Do without `vmap`, which would make grouped convolutions even of a single lane.
    **options
        For `jax.jit`.
    """
    if one_lane_per_device:
        return jax.jit(_one_lane_per_device(function, in_axes), **options)
    # Equivalent to vmap inside shard_map, which takes a quarter longer on a CPU. The sharding is
    # given for all outputs: otherwise those that begin as zeros would be on one device, and `epoch`
    # would be compiled a second time.
    mapped = jax.vmap(function, in_axes)
    return jax.jit(mapped, out_shardings=spread_over_devices(), **options)


def _one_lane_per_device(
    function: Callable[..., Any], in_axes: tuple[int | None, ...]
) -> Callable[..., Any]:
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
