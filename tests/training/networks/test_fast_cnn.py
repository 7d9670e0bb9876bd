from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.networks.convolution import convolution
from cscore_data.training.networks.fast_cnn import fast_cnn, identity_first, whitening_layer
from cscore_data.training.trainer import Trainer


@pytest.fixture(scope="module")
def images():
    """40 colour images of 9 x 9 in three classes, by colour."""
    random = np.random.default_rng(3)
    label = np.arange(40) % 3
    image = random.integers(0, 90, (40, 9, 9, 3))
    image[np.arange(40), :, :, label] += 100
    return image.astype(np.uint8), label


@pytest.mark.parametrize("scale", [1, 0.02])  # images of little contrast too
def test_whitening_filters_make_patches_white(scale):
    x = np.random.default_rng(1).normal(size=(50, 9, 9, 3)) * scale
    x = (x + np.roll(x, 1, 2) * 0.8) @ [[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1.0]] + 0.3  # correlated
    x = x.astype(np.float32)
    filters, offset = jax.jit(whitening_layer)(x)
    out = jax.jit(convolution, static_argnames="padding")(x, filters, padding="VALID")
    out = (np.asarray(out) - np.asarray(offset)).reshape(-1, 24)
    np.testing.assert_allclose(out.mean(0), 0, atol=2e-3)
    np.testing.assert_allclose(np.cov(out[:, :12].T), np.eye(12), atol=0.01)
    np.testing.assert_allclose(out[:, 12:], -out[:, :12], atol=1e-4)


def test_the_first_of_a_pair_begins_as_the_identity():
    kernel = jax.jit(identity_first, static_argnums=(1, 2))(jax.random.key(0), 3, 5)
    kernel = np.asarray(kernel)
    identity = np.zeros((3, 3, 3, 3))
    identity[1, 1] = np.eye(3)
    np.testing.assert_array_equal(kernel[..., :3], identity)
    assert np.abs(kernel[..., 3:]).max() > 0


@pytest.mark.slow
def test_the_fast_network_learns_and_what_is_fixed_stays(images):
    image, label = images
    recipe = replace(RECIPES["cifar-fast"], batch_size=16, epochs=6, precision="float32")
    trainer = Trainer(image, label, recipe, lanes=1, largest_subset=30)
    learners = trainer.train_group(np.arange(30)[None], np.array([[1, 2]], np.uint32))
    outcome = trainer.evaluate(learners)
    assert outcome.finite.all()
    assert outcome.correct[0, 30:].mean() >= 0.9  # held out
    (whitening, _), statistics = jax.tree.map(lambda leaf: leaf[0], learners.state)
    sample = np.arange(30)[np.arange(1024) % 30]
    expected, _ = whitening_layer(image[sample].astype(np.float32) / 255)
    np.testing.assert_allclose(np.abs(whitening), np.abs(expected), rtol=1e-2, atol=1e-2)
    assert all(float(jnp.abs(mean).max()) > 0 for group in statistics for mean, _ in group)


@pytest.mark.slow
def test_models_side_by_side_are_those_trained_alone(images):
    image, label = images
    recipe = replace(RECIPES["cifar-fast"], batch_size=16, epochs=3, precision="float32")
    subsets, seeds = (
        np.stack([np.arange(k, k + 20) for k in (0, 8)]),
        np.array([[1, 0], [1, 1]], np.uint32),
    )
    alone, together = (
        Trainer(image, label, recipe, lanes=lanes, largest_subset=20).train(subsets, seeds).correct
        for lanes in (1, 2)
    )
    assert np.count_nonzero(alone != together) <= 2


def test_what_is_not_an_image_is_refused():
    with pytest.raises(InvalidInputError, match="images: found 64, expected height x width"):
        fast_cnn((64,), 10)


def test_images_too_small_are_refused():
    with pytest.raises(InvalidInputError, match=r"found 8 x 8, .*at least 9 x 9 pixels"):
        fast_cnn((8, 8), 10)
