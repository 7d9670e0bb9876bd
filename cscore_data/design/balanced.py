"""Subsets by which all examples are held out equally often."""

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.random import MT19937, RandomState

from cscore_data.design.seeds import Stream, seed_sequence


class Balanced:
    """Runs cut a sequence of shuffled copies of the data set into windows, one after the other.

    A window is the training subset of its run, or what that run holds out, whichever is smaller. As
    each copy (a *lap*) has every example once, the numbers of times that two examples were held out
    differ by at most one after any number of runs.

    A window may begin in one lap and end in the next. For it to have distinct examples, those that
    it takes from the end of a lap must not stand at the beginning of the next: there they change
    places with examples from the middle of their lap. The end of a lap never changes, so a run
    needs at most three laps, whatever its number. No step looks at what an example is, so each
    single subset is uniformly distributed over all subsets of its size.
    """

    meaning = (
        "all examples are held out equally often, give or take one, however many runs there are"
    )

    def subset(self, examples: int, size: int, *, seed: int, ratio: float, run: int) -> np.ndarray:
        """The training examples of one run, as `subsets.Design` describes."""
        width = min(size, examples - size)
        laps = _Laps(examples, width, seed, ratio)
        window = laps.window(run)
        if width == size:
            return window
        # The window is held out: train on the rest, in an order that is random as well.
        order = laps.shuffled(run * width // examples)
        is_held_out = np.zeros(examples, bool)
        is_held_out[window] = True
        subset: np.ndarray = order[~is_held_out[order]]
        return subset

    def share_never_held_out(self, shares: Sequence[float], runs: int) -> float:
        """Expected share of never held-out examples, as `subsets.Design` describes."""
        held_out_somewhere = [min(1.0, (1 - share) * runs) for share in shares]
        return 1 - math.prod(held_out_somewhere)


class _Laps:
    """The sequence of shuffled copies at one ratio, and its windows."""

    def __init__(self, examples: int, width: int, seed: int, ratio: float):
        self._examples = examples
        self._width = width
        self._seed = seed
        self._ratio = ratio

    def window(self, run: int) -> np.ndarray:
        """The examples of window number `run`: int (width,), all different."""
        number, start = divmod(run * self._width, self._examples)
        stop = start + self._width
        lap = self.lap(number)
        in_this_lap = lap[start:stop]
        missing = self._width - len(in_this_lap)
        if not missing:
            return in_this_lap
        next_lap = self.lap(number + 1)
        return np.concatenate([in_this_lap, next_lap[:missing]])

    def lap(self, number: int) -> np.ndarray:
        """All examples in the order of one lap: int (example,)."""
        order = self.shuffled(number)
        head, tail = self._straddling(number)
        if not head:
            return order

        # Find examples of the head that the same window has already, in the lap before.
        order = order.copy()
        before = self.shuffled(number - 1)
        end_of_lap_before = self._examples - (self._width - head)
        is_taken = np.zeros(self._examples, bool)
        is_taken[before[end_of_lap_before:]] = True
        repeated = np.flatnonzero(is_taken[order[:head]])

        # They change places with the first others from the middle, of which there are enough: the
        # width is at most half of the examples.
        middle = order[head : self._examples - tail]
        free = head + np.flatnonzero(~is_taken[middle])
        others = free[: len(repeated)]
        order[repeated], order[others] = order[others], order[repeated]
        return order

    def shuffled(self, number: int) -> np.ndarray:
        """All examples in the random order from which a lap is made: int (example,)."""
        return _permutation(self._examples, self._seed, self._ratio, number)

    def _straddling(self, number: int) -> tuple[int, int]:
        """How many examples of a lap belong to windows shared with the laps before and after it."""
        head = -number * self._examples % self._width
        tail = (number + 1) * self._examples % self._width
        return head, tail


@functools.lru_cache(maxsize=4)
def _permutation(examples: int, seed: int, ratio: float, lap: int) -> np.ndarray:
    """The random order of a lap; neighbouring runs need the same ones."""
    sequence = seed_sequence(Stream.SUBSET, seed=seed, ratio=ratio, run=lap)
    order: np.ndarray = RandomState(MT19937(sequence)).permutation(examples)
    order.setflags(write=False)
    return order
