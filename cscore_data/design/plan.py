"""The random design of a study: which run trains on what, and with which seed."""

import functools
import hashlib
import json
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.random import MT19937, RandomState

from cscore_data.design.groups import GroupMembers, Units, as_members
from cscore_data.design.seeds import Stream, seed_sequence
from cscore_data.design.subsets import DESIGNS
from cscore_data.errors import InvalidInputError


class Draw(NamedTuple):
    """What some runs at one ratio train on.

    Attributes
    ----------
    subsets : int32 (run, n)
        The training examples of each run.
    seeds : uint32 (run, 2)
        For initial weights and batch order.
    held_out : bool (run, example)
        The examples that each run does *not* train on, nor on any of their group.
    """

    subsets: np.ndarray
    seeds: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True)
class Plan:
    """The random design of a study: subset ratios, seed, and how subsets are drawn.

    Everything is a pure function of (seed, ratio, run): it does not depend on how runs are grouped,
    in which order they are trained, or whether the study was interrupted.

    Parameters
    ----------
    examples : int
        Number of examples N in the data set.
    ratios : sequence of float
        Subset ratios s = n/N, each in (0, 1), all different; kept in the order given.
    seed : int
        0 <= seed < 2**32; another seed gives another, independent study.
    subsets : {"balanced", "independent", "nested"}
        A name in `subsets.DESIGNS`. ``train-holdout`` takes balanced ones for a new cube; here the
        default stays as it was, so that a program that adds runs to its own cube draws the same.
    groups : sequence of sequence of int, optional
        Examples that are trained on or held out together, such as exact copies, as
        `groups.members_of` gives them. Subsets are then drawn from groups and single examples
        alike, a share s of them all, and what a design promises of examples holds for these. A run
        still trains on n examples: where the groups drawn have more, it leaves some copies out, and
        where they have fewer, it takes some examples twice.

    Raises
    ------
    InvalidInputError
        If a ratio is outside (0, 1), given twice, or leaves an empty subset, an example is in two
        groups, or another value is out of range.

    Notes
    -----
    Streams come from `SeedSequence` and `RandomState`, the two parts of numpy's random module whose
    output is promised never to change, so a plan means the same subsets under any numpy.

    Examples
    --------
    >>> plan = Plan(examples=10, ratios=(0.3, 0.7), seed=1)
    >>> plan.subset_size(0.3)
    3
    >>> plan.subset(0.3, run=0)
    array([4, 3, 0], dtype=int32)
    >>> plan.held_out(0.7, runs=[0, 1]).sum(axis=1)
    array([3, 3])

    Examples 2 and 7 are copies of each other:

    >>> plan = Plan(examples=10, ratios=(0.3,), seed=1, groups=[(2, 7)])
    >>> held_out = plan.held_out(0.3, runs=range(100))
    >>> bool((held_out[:, 2] == held_out[:, 7]).all())
    True
    """

    examples: int
    ratios: tuple[float, ...]
    seed: int = 0
    subsets: str = "independent"
    groups: GroupMembers = ()

    def __post_init__(self) -> None:
        # Also numpy's numbers, which json does not know.
        ratios = tuple(float(ratio) for ratio in self.ratios)
        object.__setattr__(self, "examples", operator.index(self.examples))
        object.__setattr__(self, "seed", operator.index(self.seed))
        object.__setattr__(self, "ratios", ratios)
        if self.examples < 2:
            raise InvalidInputError(f"examples: found {self.examples}, expected at least 2")
        if self.subsets not in DESIGNS:
            expected = ", ".join(DESIGNS)
            raise InvalidInputError(f"subsets: found {self.subsets!r}, expected one of {expected}")
        if not 0 <= self.seed < 2**32:
            raise InvalidInputError(f"seed: found {self.seed}, expected 0 <= seed < 2**32")
        groups = as_members(self.groups, self.examples)
        object.__setattr__(self, "groups", groups)
        _check_ratios(self.ratios, self._unit_count)

    @property
    def _unit_count(self) -> int:
        """How many groups and single examples there are to draw from."""
        copies = [len(group) - 1 for group in self.groups]
        return self.examples - sum(copies)

    @functools.cached_property
    def _units(self) -> Units:
        return Units(self.examples, self.groups)

    def subset_size(self, ratio: float) -> int:
        """The number n of training examples at `ratio`: N * ratio, rounded down, in decimal.

        In binary, ``int(100 * 0.29)`` is 28. At the demo's ratios both agree (checked for every N
        up to 70,000).
        """
        return _subset_size(self.examples, ratio)

    def subset(self, ratio: float, run: int) -> np.ndarray:
        """The training examples of one run.

        Returns
        -------
        int32 (n,)
            Indices into 0..N-1, in the order drawn; distinct if there are no groups.
        """
        design = DESIGNS[self.subsets]
        units = self._unit_count
        size = _subset_size(units, ratio)
        subset = design.subset(units, size, seed=self.seed, ratio=ratio, run=run)
        if self.groups:
            sequence = seed_sequence(Stream.COPIES, seed=self.seed, ratio=ratio, run=run)
            random = RandomState(MT19937(sequence))
            size = self.subset_size(ratio)
            subset = self._units.training_examples(subset, size, random)
        return subset.astype(np.int32)

    def training_seed(self, ratio: float, run: int) -> np.ndarray:
        """The seed of one run's initial weights and batch order.

        Returns
        -------
        uint32 (2,)
            Independent of the random stream of the subset.
        """
        sequence = seed_sequence(Stream.TRAINING, seed=self.seed, ratio=ratio, run=run)
        return sequence.generate_state(2)

    def draw(self, ratio: float, runs: Sequence[int]) -> Draw:
        """What these runs at `ratio` train on; each subset is drawn once."""
        count = len(runs)
        subsets = np.empty((count, self.subset_size(ratio)), np.int32)
        seeds = np.empty((count, 2), np.uint32)
        held_out = np.ones((count, self.examples), bool)
        for row, run in enumerate(runs):
            subset = self.subset(ratio, run)
            subsets[row] = subset
            seeds[row] = self.training_seed(ratio, run)
            held_out[row, subset] = False
            if self.groups:
                seen = self._units.with_copies(subset)
                held_out[row, seen] = False
        return Draw(subsets, seeds, held_out)

    def held_out(self, ratio: float, runs: Sequence[int]) -> np.ndarray:
        """What these runs at `ratio` hold out, as in `Draw`: bool (run, example)."""
        return self.draw(ratio, runs).held_out

    def share_never_held_out(self, runs: int) -> float:
        """Expected share of the examples (0..1) that all runs of some ratio are trained on.

        These examples get no C-score.

        Parameters
        ----------
        runs : int
            Number of runs at each ratio.
        """
        units = self._unit_count
        shares = [_subset_size(units, ratio) / units for ratio in self.ratios]
        return DESIGNS[self.subsets].share_never_held_out(shares, runs)

    def to_json(self) -> str:
        """The plan as one line of JSON, for a store's attributes."""
        fields = {
            "examples": self.examples,
            "ratios": self.ratios,
            "seed": self.seed,
            "subsets": self.subsets,
        }
        # Plans without groups keep the text, and so the digest, that they had before there were
        # any.
        if self.groups:
            fields["groups"] = self.groups
        return json.dumps(fields)

    def digest(self) -> str:
        """SHA-256 of the plan and of the first run's subset and seed at each ratio.

        The subsets are included so that a change of the drawing cannot pass as the same plan.
        """
        sha = hashlib.sha256(self.to_json().encode())
        # Little-endian, so that the digest is the same on every machine.
        for ratio in self.ratios:
            subset = self.subset(ratio, 0).astype("<i4")
            seed = self.training_seed(ratio, 0).astype("<u4")
            sha.update(subset.tobytes())
            sha.update(seed.tobytes())
        return sha.hexdigest()


def _subset_size(examples: int, ratio: float) -> int:
    exactly = Decimal(repr(float(ratio)))
    return int(exactly * examples)


def _check_ratios(ratios: tuple[float, ...], examples: int) -> None:
    if not ratios:
        raise InvalidInputError("ratios: none given, expected at least one in (0, 1)")
    for ratio in ratios:
        if not (math.isfinite(ratio) and 0 < ratio < 1):
            raise InvalidInputError(
                f"ratios: found {ratio:g}, expected 0 < ratio < 1 (at 0 there is nothing to train "
                "on, at 1 nothing is held out)"
            )
        if _subset_size(examples, ratio) == 0:
            smallest = 1 / examples
            raise InvalidInputError(
                f"ratios: {ratio:g} of {examples} examples is an empty training subset; "
                f"give a ratio of at least {smallest:.2g}"
            )
    repeated = {ratio for ratio in ratios if ratios.count(ratio) > 1}
    if repeated:
        listed = ", ".join(map(str, sorted(repeated)))
        raise InvalidInputError(f"ratios: {listed} given more than once; give each ratio once")
