import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from cscore_data.data.idx import read_idx
from cscore_data.errors import InvalidInputError
from image_files import idx, write

IMAGES = np.random.default_rng(5).integers(0, 256, (4, 3, 2), dtype=np.uint8)


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5)))
def test_idx_round_trip(tmp_path_factory, array):
    path = write(tmp_path_factory.mktemp("idx") / "a.gz", gzip.compress(idx(array), 1))
    found = read_idx(path, ndim=array.ndim)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES)[:-1], "found 23 bytes, expected 24 for \\(4, 3, 2\\)"),
        (idx(IMAGES) + b"\0", "found more bytes, expected 24"),
        (idx(IMAGES, shape=(5, 3, 2)), "found 24 bytes, expected 30"),
        (idx(IMAGES, shape=(3, 3, 2)), "found more bytes, expected 18"),
        (idx(IMAGES, magic=0x0D03), "not an idx file of unsigned bytes with 3 dims"),
        (idx(IMAGES[0, 0]), "not an idx file of unsigned bytes with 3 dims"),
        (idx(IMAGES)[:10], "not an idx file"),
        (b"", "not an idx file"),
        (
            idx(IMAGES, shape=(2**32 - 1,) * 3),
            "unpacks to 79,228,162,458,924,105,385,300,197,391 bytes, this machine has",
        ),
    ],
    ids=[
        "short",
        "long",
        "count-5",
        "count-3",
        "floats",
        "labels",
        "header-cut",
        "empty",
        "enormous",
    ],
)
def test_idx_corruptions(tmp_path, content, message):
    with pytest.raises(InvalidInputError, match=message):
        read_idx(write(tmp_path / "a.gz", gzip.compress(content)), ndim=3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-9],
        lambda packed: packed[:12] + b"\xff" + packed[13:],
        lambda packed: packed[:-8] + bytes(4) + packed[-4:],  # the checksum
        lambda packed: b"PK" + packed[2:],
        lambda packed: packed + b"trailing",
    ],
)
def test_damaged_gzip_is_refused(tmp_path, damage):
    with pytest.raises(InvalidInputError, match=r"a\.gz: not a readable gzip file"):
        read_idx(write(tmp_path / "a.gz", damage(gzip.compress(idx(IMAGES)))), ndim=3)


def test_missing_idx_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="No such file"):
        read_idx(tmp_path / "a.gz", ndim=3)


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    path = write(tmp_path / "bomb.gz", gzip.compress(idx(IMAGES) + bytes(32 << 20)))
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="found more bytes"):
        read_idx(path, ndim=3)
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()
