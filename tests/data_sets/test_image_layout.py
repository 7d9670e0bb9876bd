import numpy as np
import pytest

from cscore_data.data.image_layout import to_channels_last
from cscore_data.data.sources import load_examples


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 28, 28), (28, 28, 1)),
        ((3, 32, 32), (32, 32, 3)),
        ((4, 32, 48), (32, 48, 4)),
        ((3, 5, 7), (5, 7, 3)),
        ((2, 16, 16), (16, 16, 2)),
        ((13, 64, 64), (64, 64, 13)),
        ((28, 28), None),
        ((28, 28, 1), None),
        ((32, 32, 3), None),
        ((3, 32, 3), None),
        ((3, 3, 3), None),
        ((3, 3, 32), None),
        ((8, 8, 8), None),
        ((8, 8, 13), None),
        ((13, 20, 64), None),
        ((64,), None),
    ],
)
def test_channels_are_brought_to_the_end_where_that_is_clear(shape, expected):
    image = np.random.default_rng(6).random((2, *shape))
    found, note = to_channels_last(image)
    if expected is None:
        assert found is image
        assert note is None
    else:
        assert found.shape == (2, *expected)
        assert f"images of shape {shape} are read as channels first" in note
        np.testing.assert_array_equal(found[1, 1, 2], image[1, :, 1, 2])


def test_a_data_set_with_channels_first_is_the_one_with_channels_last(tmp_path):
    image = np.random.default_rng(7).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
    label = np.arange(6) % 2
    np.savez(tmp_path / "last.npz", x=image, y=label)
    np.savez(tmp_path / "first.npz", x=np.moveaxis(image, -1, 1), y=label)
    first = load_examples(f"{tmp_path}/first.npz")
    assert first.digest() == load_examples(f"{tmp_path}/last.npz").digest()
    assert first.notes == (
        "images of shape (3, 8, 8) are read as channels first: 3 channels of 8 x 8 pixels",
    )
