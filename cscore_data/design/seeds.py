"""Random streams of a run: each a function of the study's seed, the subset ratio and the run."""

from enum import IntEnum

import numpy as np
from numpy.random import SeedSequence


class Stream(IntEnum):
    """What a random stream is used for; streams of one run are independent of each other."""

    SUBSET = 0
    TRAINING = 1
    COPIES = 2


def seed_sequence(stream: Stream, *, seed: int, ratio: float, run: int) -> SeedSequence:
    """The seed sequence of one stream of one run.

    The ratio enters by its value, not by its place in the list of ratios: adding a ratio to a study
    does not change the runs at the others.
    """
    ratio_bits = int(np.float64(ratio).view(np.uint64))
    return SeedSequence([int(stream), seed, ratio_bits, run])
