"""What training gives for some runs, put together from groups of models."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np


class Outcome(NamedTuple):
    """What training gave for some runs.

    Attributes
    ----------
    correct : bool (run, example)
        The trained model classifies the example correctly, trained-on examples too.
    finite : bool (run,)
        False if training diverged: some logit is infinite or NaN, and the other arrays mean nothing
        for this run.
    margin : float32 (run, example), optional
        log p/(1-p) of the label's probability p.
    prediction : int32 (run, example), optional
        The class that the model gives, 0..classes-1.
    test_correct, test_margin, test_prediction : (run, test_example), optional
        The same of test examples, if the trainer has any.
    """

    correct: np.ndarray
    finite: np.ndarray
    margin: np.ndarray | None = None
    prediction: np.ndarray | None = None
    test_correct: np.ndarray | None = None
    test_margin: np.ndarray | None = None
    test_prediction: np.ndarray | None = None


def first_models(outcome: Outcome, models: int) -> Outcome:
    """The outcome of the first models only."""

    def beginning(part: np.ndarray) -> np.ndarray:
        return part[:models]

    first: Outcome = jax.tree.map(beginning, outcome)
    return first


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcomes of several groups as one."""

    def concatenated(*parts: np.ndarray) -> np.ndarray:
        return np.concatenate(parts)

    whole: Outcome = jax.tree.map(concatenated, *outcomes)
    return whole
