"""Large arrays a part at a time, so that what is computed of them needs little memory."""

from collections.abc import Iterator

import numpy as np

#: Values in a part, about.
_VALUES = 4_000_000


def row_blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Parts of an array along its first axis, of about four million values each.

    Examples
    --------
    >>> [len(part) for part in row_blocks(np.zeros((5, 1_000_000)))]
    [4, 1]
    """
    values_per_row = max(1, array.size // max(1, len(array)))
    step = max(1, _VALUES // values_per_row)
    for start in range(0, len(array), step):
        yield array[start : start + step]
