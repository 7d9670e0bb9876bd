import numpy as np
import pytest

from cscore_data.training.aligned import aligned_copy, aligned_empty


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32])
def test_arrays_begin_at_multiples_of_64_bytes(dtype):
    for rows in range(1, 20):
        array = aligned_empty((rows, 3), np.dtype(dtype))
        assert array.ctypes.data % 64 == 0
        assert (array.shape, array.dtype) == ((rows, 3), dtype)


def test_a_copy_has_the_same_values_and_shares_nothing():
    original = np.arange(12, dtype=np.float32).reshape(3, 4)
    copy = aligned_copy(original)
    original[0, 0] = 7
    assert copy[0, 0] == 0
    np.testing.assert_array_equal(copy[1:], original[1:])
