"""Groups of examples that are trained on or held out together, such as exact copies."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.random import RandomState

from cscore_data.errors import InvalidInputError

#: Examples of each group of at least two; all others are on their own.
GroupMembers = tuple[tuple[int, ...], ...]


def members_of(group: np.ndarray) -> GroupMembers:
    """The examples of each group of at least two, for `plan.Plan`.

    Parameters
    ----------
    group : int (example,)
        The same number for examples of the same group.

    Examples
    --------
    >>> members_of(np.array([0, 1, 0, 3, 1, 0]))
    ((0, 2, 5), (1, 4))
    """
    _, number, sizes = np.unique(group, return_inverse=True, return_counts=True)
    has_company = sizes[number] > 1
    members: dict[int, list[int]] = {}
    for example in np.flatnonzero(has_company).tolist():
        own = members.setdefault(int(number[example]), [])
        own.append(example)
    return as_members(members.values(), len(group))


def as_members(groups: Iterable[Sequence[int]], examples: int) -> GroupMembers:
    """Groups in the order of their first examples, each sorted.

    Raises
    ------
    InvalidInputError
        If a group has fewer than two examples, or an example is out of range or in two groups.
    """
    members = []
    for given in groups:
        numbers = [int(example) for example in given]
        members.append(tuple(sorted(numbers)))
    members.sort()

    seen: set[int] = set()
    for group in members:
        shown = list(group)
        if len(group) < 2:
            raise InvalidInputError(f"groups: found {shown}, expected at least two examples")
        if group[0] < 0 or group[-1] >= examples:
            raise InvalidInputError(f"groups: found {shown}, expected 0..{examples - 1}")
        is_repeated = len(set(group)) < len(group)
        if is_repeated or not seen.isdisjoint(group):
            raise InvalidInputError(f"groups: found an example of {shown} more than once")
        seen.update(group)
    return tuple(members)


class Units:
    """What a design draws if there are groups: each group, and each example that is on its own.

    Parameters
    ----------
    examples : int
        Number of examples N.
    groups : GroupMembers
        As `as_members` gives them.
    """

    def __init__(self, examples: int, groups: GroupMembers):
        # The first example of its unit, for each example.
        first = np.arange(examples)
        for group in groups:
            members = list(group)
            first[members] = group[0]
        # The unit of each example, and the examples unit by unit, each from its start on.
        _, self._unit = np.unique(first, return_inverse=True)
        self._members = np.argsort(self._unit, kind="stable")
        self._sizes = np.bincount(self._unit)
        self._starts = np.cumsum(self._sizes) - self._sizes

    def training_examples(self, units: np.ndarray, size: int, random: RandomState) -> np.ndarray:
        """The examples to train on, when some units are drawn.

        Parameters
        ----------
        units : int (unit,)
            At most `size`, all different.
        size : int
            Number of training examples n.
        random : numpy.random.RandomState

        Returns
        -------
        int (n,)
            At least one example of each unit. If the units have more than n examples, some copies
            are left out at random; if they have fewer, some examples are there twice.
        """
        # One of each unit, so that none is left out as a whole.
        shares = random.random_sample(len(units))
        places = (shares * self._sizes[units]).astype(np.int64)
        one_of_each = self._members[self._starts[units] + places]

        # Then other examples of these units, as many as there is room for.
        is_copy = self._in_units(units)
        is_copy[one_of_each] = False
        copies = random.permutation(np.flatnonzero(is_copy))
        room = size - len(units)
        subset = np.concatenate([one_of_each, copies[:room]])

        # Where these are too few, some of them again.
        missing = size - len(subset)
        mixed = random.permutation(subset)
        repeated = np.resize(mixed, missing)
        return np.concatenate([subset, repeated])

    def with_copies(self, examples: np.ndarray) -> np.ndarray:
        """All examples of the units that some examples belong to: bool (example,)."""
        return self._in_units(self._unit[examples])

    def _in_units(self, units: np.ndarray) -> np.ndarray:
        """Whether each example is in one of some units: bool (example,)."""
        is_chosen = np.zeros(len(self._sizes), bool)
        is_chosen[units] = True
        return is_chosen[self._unit]
