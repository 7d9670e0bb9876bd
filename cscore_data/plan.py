"""Which examples run (ratio, run) trains on, and its random seeds: a pure function of (seed, ratio, run).

Nothing here depends on how runs are grouped, in which order they are trained or whether the study was interrupted.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.random import MT19937, RandomState, SeedSequence

from cscore_data.errors import InvalidInputError

#: How the subsets of one run number at different ratios hang together.
SUBSETS = ("independent", "nested")

#: What a random stream of a run is for: the first word of its seed sequence.
_SUBSET_STREAM, _TRAINING_STREAM = 0, 1


class Draw(NamedTuple):
    """What some runs at one ratio train on.

    Attributes
    ----------
    subsets : int32 (run, n)
        The training examples of each.
    seeds : uint32 (run, 2)
        For initial weights and batch order.
    held_out : bool (run, example)
        The examples that each run does *not* train on.
    """

    subsets: np.ndarray
    seeds: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True)
class Plan:
    """The random design of a study: subset ratios, seed, and how subsets are drawn.

    Parameters
    ----------
    examples : int
        Number of examples N in the data set.
    ratios : sequence of float
        Subset ratios s = n/N, each in (0, 1), all different; kept in the order given.
    seed : int
        0 <= seed < 2**32; a different seed gives a different, independent study.
    subsets : {"independent", "nested"}
        ``independent`` draws every (ratio, run) afresh, so that both the ratios and the runs are independent.
        ``nested`` draws one permutation per run, of which every ratio takes a prefix; with seed 0 these are the subsets
        of the authors' MNIST demo, ``numpy.random.RandomState(run).choice(N, int(N * ratio), replace=False)``.

    Raises
    ------
    InvalidInputError
        If a ratio is outside (0, 1), given twice, or leaves an empty subset, or another value is out of range.

    Notes
    -----
    Streams come from `SeedSequence` and `RandomState`, the two parts of numpy's random module whose output is promised
    never to change, so a plan means the same subsets under any numpy.
    """

    examples: int
    ratios: tuple[float, ...]
    seed: int = 0
    subsets: str = "independent"

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratios", tuple(float(ratio) for ratio in self.ratios))
        if self.subsets not in SUBSETS:
            raise InvalidInputError(f"subsets: found {self.subsets!r}, expected one of {', '.join(SUBSETS)}")
        if not 0 <= self.seed < 2**32:
            raise InvalidInputError(f"seed: found {self.seed}, expected 0 <= seed < 2**32")
        _check_ratios(self.ratios, self.examples)

    def subset_size(self, ratio: float) -> int:
        """The number n of training examples at `ratio`: the whole part of N * ratio, computed in decimal.

        In binary, ``int(100 * 0.29)`` is 28. At the demo's ratios both ways agree (checked for every N up to 70,000).
        """
        return _subset_size(self.examples, ratio)

    def subset(self, ratio: float, run: int) -> np.ndarray:
        """The training examples of one run: int32 (n,), different indices into 0..N-1, in the order drawn."""
        if self.subsets == "nested":
            random = RandomState(run if self.seed == 0 else [self.seed, run])
        else:
            random = RandomState(MT19937(self._seed_sequence(_SUBSET_STREAM, ratio, run)))
        return random.permutation(self.examples)[: self.subset_size(ratio)].astype(np.int32)

    def draw(self, ratio: float, runs: Sequence[int]) -> Draw:
        """What these runs at `ratio` train on, each subset drawn once."""
        draw = Draw(
            np.empty((len(runs), self.subset_size(ratio)), np.int32),
            np.empty((len(runs), 2), np.uint32),
            np.ones((len(runs), self.examples), bool),
        )
        for run, subset, seed, held_out in zip(runs, *draw, strict=True):
            subset[:] = self.subset(ratio, run)
            seed[:] = self.training_seed(ratio, run)
            held_out[subset] = False
        return draw

    def held_out(self, ratio: float, runs: Sequence[int]) -> np.ndarray:
        """Mask of the examples that each run does *not* train on: bool (run, example)."""
        return self.draw(ratio, runs).held_out

    def share_never_held_out(self, runs: int) -> float:
        """Expected share of the examples that some ratio's `runs` runs all train on: 0..1. They get no C-score."""
        always = [(self.subset_size(ratio) / self.examples) ** runs for ratio in self.ratios]
        # Nested: what the largest subsets leave out the others leave out too.
        return max(always) if self.subsets == "nested" else 1 - math.prod(1 - share for share in always)

    def training_seed(self, ratio: float, run: int) -> np.ndarray:
        """Seed for initial weights and batch order of one run: uint32 (2,), independent of the subset's own stream."""
        return self._seed_sequence(_TRAINING_STREAM, ratio, run).generate_state(2)

    def to_json(self) -> str:
        """The plan as one line of JSON, for a store's attrs."""
        return json.dumps(
            {"examples": self.examples, "ratios": self.ratios, "seed": self.seed, "subsets": self.subsets}
        )

    def digest(self) -> str:
        """SHA-256 of the plan and of the first run's subset and seed at each ratio.

        The subsets are in it so that a change of the drawing itself cannot pass as the same plan.
        """
        sha = hashlib.sha256(self.to_json().encode())
        for ratio in self.ratios:
            sha.update(self.subset(ratio, 0).astype("<i4").tobytes())
            sha.update(self.training_seed(ratio, 0).astype("<u4").tobytes())
        return sha.hexdigest()

    def _seed_sequence(self, stream: int, ratio: float, run: int) -> SeedSequence:
        # The ratio enters by its value, not by its place in the list: adding a ratio leaves the others' runs alone.
        return SeedSequence([stream, self.seed, int(np.float64(ratio).view(np.uint64)), run])


def _subset_size(examples: int, ratio: float) -> int:
    return int(Decimal(repr(float(ratio))) * examples)


def _check_ratios(ratios: tuple[float, ...], examples: int) -> None:
    if not ratios:
        raise InvalidInputError("ratios: none given, expected at least one in (0, 1)")
    for ratio in ratios:
        if not (math.isfinite(ratio) and 0 < ratio < 1):
            raise InvalidInputError(
                f"ratios: found {ratio:g}, expected 0 < ratio < 1 (at 0 there is nothing to train on, at 1 nothing is "
                "held out)"
            )
        if _subset_size(examples, ratio) == 0:
            raise InvalidInputError(
                f"ratios: {ratio:g} of {examples} examples is an empty training subset; "
                f"give a ratio of at least {1 / examples:.2g}"
            )
    twice = sorted({ratio for ratio in ratios if ratios.count(ratio) > 1})
    if twice:
        raise InvalidInputError(f"ratios: {', '.join(map(str, twice))} given more than once; give each ratio once")
