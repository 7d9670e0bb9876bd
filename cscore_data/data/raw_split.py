"""The test split of a data set as its files hold it, before anything is checked."""

from typing import NamedTuple

import numpy as np

from cscore_data.data.raw_examples import RawExamples


class RawTestSplit(NamedTuple):
    """What the reader of a test split returns.

    Attributes
    ----------
    raw : RawExamples
        The test examples.
    training_image : array (example, …), optional
        The training examples of the same source as they are stored, where their values say what the
        scale of pixels is.
    """

    raw: RawExamples
    training_image: np.ndarray | None = None
