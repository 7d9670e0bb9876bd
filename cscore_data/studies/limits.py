"""Whether a machine can train a study at all, found out before there is a cube."""

import math
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import jax

from cscore_data.errors import InvalidInputError
from cscore_data.training.model import weight_shapes
from cscore_data.training.networks.lookup import check_recipe, recipe_model

if TYPE_CHECKING:
    from cscore_data.studies.study import Study

#: Steps are counted in int32.
_MOST_STEPS = 2**31 - 1

_BYTES_PER_NUMBER = 4


def check_size(study: "Study") -> None:
    """Raise `InvalidInputError` if not even one model of the study can be trained here.

    Parameters
    ----------
    study : Study

    Raises
    ------
    InvalidInputError
        If the recipe cannot train on these images, takes more steps than can be counted, or needs
        more memory than there is.
    """
    recipe = study.recipe
    for ratio in study.plan.ratios:
        steps = recipe.steps_of(study.plan.subset_size(ratio))
        if steps > _MOST_STEPS:
            raise InvalidInputError(
                f"steps: found {steps} at ratio {ratio:g}, expected at most {_MOST_STEPS}; choose "
                "fewer --epochs or --steps"
            )
    check_recipe(recipe, study.image_shape, study.classes)
    needed = bytes_per_model(study)
    available = bytes_of_device()
    if available is not None and needed > available:
        raise InvalidInputError(
            f"a single model needs about {needed / 1e9:.3g} GB of memory to be trained, and there "
            f"are {available / 1e9:.3g} GB; choose narrower --hidden layers, a smaller "
            "--batch-size or --crop, or another device"
        )


def bytes_per_model(study: "Study") -> int:
    """Memory that training one model takes at least: weights, their gradients, and one batch."""
    recipe = study.recipe
    model = recipe_model(recipe, study.image_shape, study.classes)
    shapes = weight_shapes(model, study.image_shape)
    weights = sum(math.prod(shape) for shape in shapes)
    # Weights, momentum and gradients.
    state = 3 * weights * _BYTES_PER_NUMBER

    # Images are padded before they are shifted.
    padded = [size + 2 * recipe.crop for size in study.image_shape[:2]]
    pixels = math.prod([*padded, *study.image_shape[2:]])
    batch = recipe.batch_size * pixels * _BYTES_PER_NUMBER
    return state + batch


def bytes_of_device() -> int | None:
    """Memory of the device that trains; of a CPU, that of the machine. None if unknown."""
    device = jax.local_devices()[0]
    if device.platform != "cpu":
        stats = device.memory_stats() or {}
        return stats.get("bytes_limit")
    found = []
    with suppress(AttributeError, OSError, ValueError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    # In a container, or a batch job, it may be less; there the file says "max" for no limit.
    with suppress(OSError, ValueError):
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(found, default=None)
