"""The digest of arrays, the same on every machine."""

import hashlib
from collections.abc import Iterable

import numpy as np

from cscore_data.data.row_blocks import row_blocks


def array_digest(arrays: Iterable[np.ndarray], *, head: bytes = b"") -> str:
    """SHA-256 of the dtypes, shapes and values of arrays, in this order, after other bytes.

    Examples
    --------
    >>> array_digest([np.array([1, 2], np.uint8)])[:12]
    '3aac44d574b4'
    """
    sha = hashlib.sha256(head)
    for array in arrays:
        # The same on machines of either byte order, and of float16 as of the same in float32.
        dtype = np.dtype(np.float32 if array.dtype == np.float16 else array.dtype)
        little_endian = dtype.newbyteorder("<")
        sha.update(f"{little_endian.str}{array.shape}".encode())
        for part in row_blocks(array):
            sha.update(np.ascontiguousarray(part, little_endian).data)
    return sha.hexdigest()
