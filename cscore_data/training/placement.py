"""The data of a trainer on its devices, as small and as plain as training needs it."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from cscore_data.training.aligned import aligned_copy
from cscore_data.training.blank_inputs import used_inputs
from cscore_data.training.device import on_every_device
from cscore_data.training.recipe import Recipe
from cscore_data.training.standardization import standardize_alike
from cscore_data.training.training_loop import Data


class LabelledImages(NamedTuple):
    """Images (example, …) and labels int (example,), as those of `trainer.Trainer`."""

    image: np.ndarray
    label: np.ndarray


class Placed(NamedTuple):
    """Sets of examples on the devices, and the inputs that they consist of if not of all."""

    sets: list[Data]
    used: tuple[int, ...] | None


def place(sets: Sequence[LabelledImages], recipe: Recipe) -> Placed:
    """Put sets of examples on the devices, standardized in the way that suits the first."""
    images = standardize_alike([examples.image for examples in sets], recipe.standardize)
    used = used_inputs(recipe, images)
    placed = []
    for examples, image in zip(sets, images, strict=True):
        if used is not None:
            image = image.reshape(len(image), -1)[:, used]
        if image is examples.image or used is not None:
            # All CPU devices share this one, which nobody else changes.
            image = aligned_copy(image)
        label = examples.label.astype(np.int32)
        data = Data(
            image=jax.device_put(image, on_every_device()),
            label=jax.device_put(label, on_every_device()),
        )
        placed.append(data)
    return Placed(placed, used)
