"""Inputs that are zero in every example, such as pixels at the border of digits."""

from collections.abc import Sequence

import numpy as np

from cscore_data.training.recipe import Recipe

#: Share of blank inputs from which they are left out: MNIST has 8.5 %, digits have 5 %, for which
#: the smaller products would not be faster.
_WORTHWHILE = 0.06


def used_inputs(recipe: Recipe, images: Sequence[np.ndarray]) -> tuple[int, ...] | None:
    """Numbers of the inputs that some example uses; None if nearly all are, or all are needed.

    The weights of a blank input do nothing and never change. A fully connected network without them
    computes the same, in less time.

    Parameters
    ----------
    recipe : Recipe
    images : sequence of number (example, ...)
        All that the models are trained or evaluated on.

    Examples
    --------
    >>> image = np.array([[0, 1, 2], [0, 3, 0]])
    >>> used_inputs(Recipe(), [image])
    (1, 2)
    """
    # Shifted and mirrored pixels use all inputs, other networks have a use for blank ones.
    if recipe.model != "mlp" or recipe.crop or recipe.flip:
        return None
    used_by_set = []
    for image in images:
        rows = image.reshape(len(image), -1)
        used_by_set.append(rows.any(axis=0))
    is_used = np.any(used_by_set, axis=0)
    used = np.flatnonzero(is_used)
    most = (1 - _WORTHWHILE) * len(is_used)
    if len(used) == 0 or len(used) > most:
        return None
    return tuple(used.tolist())
