"""The digest of arrays, the same on every machine."""

import hashlib
from collections.abc import Iterable

import numpy as np


def array_digest(arrays: Iterable[np.ndarray], *, head: bytes = b"") -> str:
    """SHA-256 of the dtypes, shapes and values of arrays, in this order, after other bytes.

    Examples
    --------
    >>> array_digest([np.array([1, 2], np.uint8)])[:12]
    '3aac44d574b4'
    """
    sha = hashlib.sha256(head)
    for array in arrays:
        # The same on machines of either byte order.
        little_endian = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        sha.update(f"{little_endian.dtype.str}{little_endian.shape}".encode())
        sha.update(little_endian.data)
    return sha.hexdigest()
