"""Do scores belong to the examples whose labels one has?"""

from typing import Any

import numpy as np
import xarray as xr

from cscore_data.data.identity import Identity, check_same
from cscore_data.errors import InvalidInputError, MismatchError


def check_labels(scores: xr.Dataset, targets: Any) -> None:
    """Check that scores are in the order of a data set of which one has the labels.

    Parameters
    ----------
    scores : xarray.Dataset
        With the coordinates `example` and `label`.
    targets : int (N,) or (N, 1)
        Label of every example of the data set: ``targets[i]`` is compared with the score whose
        `example` is i. Such as the `targets` of a data set of torchvision.

    Raises
    ------
    MismatchError
        If labels differ, with their number, the first three and what to do, or if there are fewer
        targets than the scores have examples.
    InvalidInputError
        If the scores have no labels, or the targets are not whole numbers.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> from cscore_data import reduce_cube
    >>> scores = reduce_cube(make_cube(examples=6))
    >>> targets = scores["label"].values.copy()
    >>> check_labels(scores, targets)
    >>> targets[4] += 1
    >>> check_labels(scores, targets)
    Traceback (most recent call last):
    cscore_data.errors.MismatchError: 1 of 6 labels differ between the scores and the targets ...
    """
    if "label" not in scores.coords:
        raise InvalidInputError("the scores have no labels to compare; use scores that have them")
    found = np.asarray(targets)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1 or found.dtype.kind not in "iub":
        raise InvalidInputError(
            f"targets: found {found.dtype} {found.shape}, expected whole numbers, one per example"
        )
    example = scores["example"].values
    if len(example) and int(example.max()) >= len(found):
        raise MismatchError(
            f"targets: found {len(found)}, but the scores have example {example.max()}; give the "
            "labels of the whole data set, in its original order"
        )
    chosen = found[example]
    label = scores["label"].values
    check_same(
        Identity("the scores", len(label), label=label, example=example),
        Identity("the targets", len(chosen), label=chosen, example=example),
        remedy="give the labels of the training split in its original order; of TensorFlow "
        "Datasets, whose order is another, use to_original",
    )
