"""Examples that are exact copies of others: the same pixels, features or text."""

import math

import numpy as np

from cscore_data.data.plurals import counted

#: Bytes that are hashed at a time, so that little is copied.
_BLOCK = 1 << 22

#: Seed of the random numbers that rows are hashed with. Any will do: rows with the same hash are
#: compared as a whole.
_SEED = 0


def group_copies(values: np.ndarray) -> np.ndarray:
    """Find exact copies.

    Parameters
    ----------
    values : array (example, ...) or str (example,)
        Pixels, features or texts. Copies have the same bytes: 0.0 and -0.0 are different.

    Returns
    -------
    int64 (example,)
        The row of the first copy of each example; its own row if there is none before it.

    Examples
    --------
    >>> group_copies(np.array(["a", "b", "a", "c", "b", "a"]))
    array([0, 1, 0, 3, 1, 0])
    """
    if values.dtype.kind in "OUST":
        return _first_of_each(values.tolist(), np.arange(len(values)))
    rows = np.ascontiguousarray(values).reshape(len(values), -1)
    hashes = _hash_rows(rows.view(np.uint8))

    # Only rows whose hash occurs twice can be copies. There are few of them in most data sets.
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    candidates = np.flatnonzero(counts[inverse] > 1)
    group = np.arange(len(rows))
    group[candidates] = _first_of_each([rows[row].tobytes() for row in candidates], candidates)
    return group


def contradictory(group: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Which examples have a copy with another label: bool (example,).

    Parameters
    ----------
    group : int64 (example,)
        As `group_copies` gives it; any numbers do that are the same for copies.
    label : int64 (example,)

    Examples
    --------
    >>> contradictory(np.array([0, 1, 0, 3, 1]), np.array([5, 6, 5, 5, 7]))
    array([False,  True, False, False,  True])
    """
    number = _consecutive(group)
    lowest = np.full(number.max(initial=-1) + 1, np.iinfo(np.int64).max)
    highest = np.full(number.max(initial=-1) + 1, np.iinfo(np.int64).min)
    np.minimum.at(lowest, number, label)
    np.maximum.at(highest, number, label)
    is_contradictory: np.ndarray = (lowest < highest)[number]
    return is_contradictory


def describe_copies(group: np.ndarray, label: np.ndarray) -> str | None:
    """One clause about the exact copies in a data set; None if there are none.

    Parameters
    ----------
    group : int64 (example,)
        As `group_copies` gives it.
    label : int64 (example,)

    Examples
    --------
    >>> describe_copies(np.array([0, 1, 0, 3, 1]), np.array([5, 6, 5, 5, 7]))  # doctest: +ELLIPSIS
    '2 pairs of exact duplicates, 1 of them with different labels (--group-duplicates ...)'
    """
    number = _consecutive(group)
    sizes = np.bincount(number)
    repeated = np.flatnonzero(sizes > 1)
    if not repeated.size:
        return None
    differing = np.unique(number[contradictory(number, label)]).size

    if (sizes[repeated] == 2).all():
        found = f"{counted(repeated.size, 'pair')} of exact duplicates"
    else:
        copies = sizes[repeated].sum()
        found = f"{copies:,} exact duplicates in {counted(repeated.size, 'group')}"
    labels = f"{differing:,} of them with different labels"
    if differing == 0:
        labels = "with the same labels"
    elif differing == repeated.size:
        labels = "with different labels"
    return f"{found}, {labels} (--group-duplicates holds copies out together)"


def _hash_rows(rows: np.ndarray) -> np.ndarray:
    """A hash of each row of bytes: uint64 (example,), equal for equal rows.

    It is a sum of the row's words, each times a random odd number, modulo 2**64.
    """
    words = math.ceil(rows.shape[1] / 8)
    random = np.random.default_rng(_SEED)
    factors = random.integers(0, 2**64, words, dtype=np.uint64) | np.uint64(1)
    hashes = np.empty(len(rows), np.uint64)
    step = max(1, _BLOCK // (8 * words))
    padded = np.zeros((step, 8 * words), np.uint8)
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        padded[: len(block), : rows.shape[1]] = block
        hashes[start : start + step] = padded[: len(block)].view(np.uint64) @ factors
    return hashes


def _first_of_each(values: list[object], rows: np.ndarray) -> np.ndarray:
    """For each value the row of the first equal one: int64 (value,)."""
    first: dict[object, int] = {}
    found = np.empty(len(values), np.int64)
    for place, (value, row) in enumerate(zip(values, rows.tolist(), strict=True)):
        found[place] = first.setdefault(value, row)
    return found


def _consecutive(group: np.ndarray) -> np.ndarray:
    """Group numbers as 0, 1, …: int64 (example,)."""
    _, number = np.unique(group, return_inverse=True)
    return number
