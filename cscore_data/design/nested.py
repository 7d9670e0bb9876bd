"""Subsets of which the smaller are part of the larger, as in the authors' MNIST demo."""

from collections.abc import Sequence

import numpy as np
from numpy.random import RandomState


class Nested:
    """Every run draws one permutation, and each ratio takes a prefix of it.

    With seed 0 these are the subsets of the authors' MNIST demo,
    ``numpy.random.RandomState(run).choice(N, int(N * ratio), replace=False)``.
    """

    meaning = (
        "one permutation per run, of which each ratio takes a prefix, with seed 0 the subsets of "
        "the authors' MNIST demo"
    )

    def subset(self, examples: int, size: int, *, seed: int, ratio: float, run: int) -> np.ndarray:
        """The training examples of one run, as `subsets.Design` describes."""
        if seed == 0:
            demo = RandomState(run)
            return demo.permutation(examples)[:size]
        return RandomState([seed, run]).permutation(examples)[:size]

    def share_never_held_out(self, shares: Sequence[float], runs: int) -> float:
        """Expected share of never held-out examples, as `subsets.Design` describes."""
        # An example that the largest subset leaves out is left out by the smaller ones, too.
        return max(share**runs for share in shares)
