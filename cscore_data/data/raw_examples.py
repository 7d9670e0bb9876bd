"""A data set as its files hold it: what every reader returns, before anything is checked."""

from typing import NamedTuple

import numpy as np


class RawExamples(NamedTuple):
    """A data set as its files hold it; the fields have the same meaning as in `examples.Examples`.

    Attributes
    ----------
    image : array (example, height, width[, channel])
    label : array (example,)
    class_names : tuple of str
    filename : str (example,), optional
    order : str
    """

    image: np.ndarray
    label: np.ndarray
    class_names: tuple[str, ...] = ()
    filename: np.ndarray | None = None
    order: str = "original"
