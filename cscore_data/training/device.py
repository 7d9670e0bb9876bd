"""The devices that models are trained on, and how many models each takes at once."""

import math
import os

import jax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from cscore_data.errors import InvalidInputError, reason
from cscore_data.training.model import is_convolutional, weight_shapes
from cscore_data.training.networks.lookup import recipe_model
from cscore_data.training.recipe import Recipe

#: The name of the mesh axis along which runs are spread over devices.
RUN_AXIS = "run"

#: MLPs with more weights than this count as large in `default_lanes`.
_MANY_WEIGHTS = 100_000


def device_name() -> str:
    """Platform and kind of the device that trains, such as ``gpu: NVIDIA H100``."""
    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind}"


def check_device() -> None:
    """Raise `InvalidInputError` unless jax can start on the devices that it is told to use."""
    try:
        jax.devices()
    except (AssertionError, RuntimeError) as error:  # the first one if JAX_PLATFORMS is cuda
        wanted = os.environ.get("JAX_PLATFORMS", "")
        why = reason(error) if str(error) else "there are none"
        raise InvalidInputError(
            f"jax cannot start on the devices of JAX_PLATFORMS={wanted} ({why}); unset the "
            "variable to use what is there, or install jax with support for them, such as "
            "jax[cuda12]"
        ) from error


def device_mesh() -> Mesh:
    """All devices of the machine, in one row."""
    return Mesh(jax.devices(), (RUN_AXIS,))


def spread_over_devices() -> NamedSharding:
    """Each device holds an equal part of the lanes, the first axis."""
    return NamedSharding(device_mesh(), PartitionSpec(RUN_AXIS))


def on_every_device() -> NamedSharding:
    """Each device holds a copy of the whole array."""
    return NamedSharding(device_mesh(), PartitionSpec())


def default_lanes(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> int:
    """Number of models to train at the same time, if the user does not give one.

    Parameters
    ----------
    recipe : Recipe
    image_shape : tuple of int
        Height, width and, if there is one, channel.
    classes : int

    Returns
    -------
    int
        A multiple of the number of devices.
    """
    shapes = weight_shapes(recipe_model(recipe, image_shape, classes), image_shape)
    return _lanes_per_device(shapes) * jax.device_count()


def _lanes_per_device(shapes: list[tuple[int, ...]]) -> int:
    # One convolutional network fills a device, and with weights of its own for each lane its
    # convolutions would become grouped ones.
    if is_convolutional(shapes):
        return 1
    if jax.default_backend() != "cpu":
        return 100
    # On a CPU lanes share the caches. On two cores, MNIST's network of 535,818 weights takes 5 %
    # less time with 1 lane per core than with 2, digits' of 4,810 weights 7 % less with 6 than 4.
    weights = sum(math.prod(shape) for shape in shapes)
    if weights > _MANY_WEIGHTS:
        return 1
    return 6
