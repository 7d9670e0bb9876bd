"""Reader of the idx format, in which MNIST is published."""

import math
from pathlib import Path

import numpy as np

from cscore_data.data.archives import gunzip
from cscore_data.data.file_checks import check_fits
from cscore_data.errors import InvalidInputError

#: The code of unsigned bytes in the third byte of an idx file.
_UNSIGNED_BYTES = 0x08


def read_idx(path: str | Path, *, ndim: int) -> np.ndarray:
    """Read a gzipped idx file of unsigned bytes.

    Parameters
    ----------
    path : path
    ndim : int
        Number of dims that the file must have: 3 for images, 1 for labels.

    Returns
    -------
    uint8 array with `ndim` dims

    Raises
    ------
    InvalidInputError
        If the magic number, the number of dims or the length is not what the format says.

    References
    ----------
    http://yann.lecun.com/exdb/mnist, section "FILE FORMATS FOR THE MNIST DATABASE".

    Examples
    --------
    Three labels. The header says: unsigned bytes (8), one dim, of length 3.

    >>> import gzip
    >>> from tempfile import TemporaryDirectory
    >>> header = bytes([0, 0, 8, 1]) + bytes([0, 0, 0, 3])
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "labels.gz")
    ...     size = path.write_bytes(gzip.compress(header + bytes([5, 0, 4])))
    ...     read_idx(path, ndim=1)
    array([5, 0, 4], dtype=uint8)
    """
    # The header: a magic number of four bytes, then the length of each dim, big-endian.
    start = 4 + 4 * ndim
    header = gunzip(path, start)[:start]
    magic = bytes((0, 0, _UNSIGNED_BYTES, ndim))
    if len(header) != start or header[:4] != magic:
        raise InvalidInputError(f"{path}: not an idx file of unsigned bytes with {ndim} dims")
    lengths = np.frombuffer(header, ">u4", offset=4)
    shape = tuple(lengths.tolist())

    # Python's own integers: the product of hostile lengths does not overflow.
    size = start + math.prod(shape)
    check_fits(path, size)
    content = gunzip(path, size)
    if len(content) > size:
        raise InvalidInputError(f"{path}: found more bytes, expected {size - start} for {shape}")
    if len(content) < size:
        found = len(content) - start
        raise InvalidInputError(f"{path}: found {found} bytes, expected {size - start} for {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
