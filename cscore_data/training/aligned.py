"""Memory that a CPU device of jax takes over as it is, instead of a copy for each device."""

import numpy as np

#: Arrays on a CPU begin at multiples of so many bytes in XLA, of 16 in numpy.
_ALIGNMENT = 64


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array without values, as `numpy.empty`, that begins at a multiple of 64 bytes."""
    size = int(np.prod(shape)) * dtype.itemsize
    # Bytes with room for a later beginning.
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    first = -memory.ctypes.data % _ALIGNMENT
    aligned = memory[first : first + size]
    values: np.ndarray = aligned.view(dtype).reshape(shape)
    return values


def aligned_copy(array: np.ndarray) -> np.ndarray:
    """A copy of an array that begins at a multiple of 64 bytes."""
    copy = aligned_empty(array.shape, array.dtype)
    copy[...] = array
    return copy
