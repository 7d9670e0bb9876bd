import jax
import numpy as np
import pytest

from cscore_data.training import augmentation

augment = jax.jit(augmentation.augment, static_argnames=("crop", "flip"))


def ways(image, crop, flip):
    """Every shift of an image, zeros moving in, by (mirrored, down, right)."""
    height, width = image.shape[:2]
    for mirrored in (False, True) if flip else (False,):
        source = image[:, ::-1] if mirrored else image
        for down in range(-crop, crop + 1):
            for right in range(-crop, crop + 1):
                shifted = np.zeros_like(image)
                for i in range(max(down, 0), height + min(down, 0)):
                    for j in range(max(right, 0), width + min(right, 0)):
                        shifted[i, j] = source[i - down, j - right]
                yield (mirrored, down, right), shifted


@pytest.mark.parametrize(("crop", "flip"), [(2, True), (1, False), (0, True)])
@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 3)])
def test_each_image_is_a_shift_or_mirror_image_of_its_source_and_all_occur(crop, flip, shape):
    images = np.random.default_rng(0).integers(1, 255, (300, *shape)).astype(np.uint8)
    out = np.asarray(augment(jax.random.key(1), images, crop=crop, flip=flip))
    assert out.dtype == np.uint8
    seen = []
    for image, result in zip(images, out, strict=True):
        matches = [
            way for way, expected in ways(image, crop, flip) if np.array_equal(expected, result)
        ]
        assert len(matches) == 1
        seen += matches
    counts = np.unique(np.array(seen), axis=0, return_counts=True)[1]
    possible = (2 * crop + 1) ** 2 * (1 + flip)
    assert len(counts) == possible
    assert counts.max() < 300 / possible * 2.5


def test_another_key_gives_other_images_and_the_same_the_same():
    images = np.random.default_rng(0).random((20, 6, 6))
    first, second, third = (
        augment(jax.random.key(k), images, crop=2, flip=True) for k in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)
