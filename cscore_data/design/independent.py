"""Subsets that are independent of each other."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import MT19937, RandomState

from cscore_data.design.seeds import Stream, seed_sequence


class Independent:
    """Every (ratio, run) draws its own permutation and takes a prefix."""

    meaning = "drawn again for each ratio and run"

    def subset(self, examples: int, size: int, *, seed: int, ratio: float, run: int) -> np.ndarray:
        """The training examples of one run, as `subsets.Design` describes."""
        sequence = seed_sequence(Stream.SUBSET, seed=seed, ratio=ratio, run=run)
        random = RandomState(MT19937(sequence))
        return random.permutation(examples)[:size]

    def share_never_held_out(self, shares: Sequence[float], runs: int) -> float:
        """Expected share of never held-out examples, as `subsets.Design` describes."""
        held_out_somewhere = [1 - share**runs for share in shares]
        return 1 - math.prod(held_out_somewhere)
