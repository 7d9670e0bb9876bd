"""Convolutional networks against plain twins."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oracles
from cscore_data import convnets
from cscore_data.errors import InvalidInputError
from cscore_data.recipe import RECIPES, Recipe
from cscore_data.train import Trainer

#: A SmallInception in small: every kind of layer once.
FEW_LAYERS = [[[convnets._Unit(3, 4)], convnets._block(3, 5)], [[convnets._Unit(3, 6, stride=2)]]]


@pytest.fixture(scope="module")
def images():
    """40 colour images of 9 x 9 in three classes, by colour."""
    random = np.random.default_rng(3)
    label = np.arange(40) % 3
    image = random.integers(0, 90, (40, 9, 9, 3))
    image[np.arange(40), :, :, label] += 100
    return image.astype(np.uint8), label


@pytest.mark.parametrize(
    ("side", "stride", "padding", "shape"),
    [
        (3, 1, "SAME", (7, 6)),
        (3, 2, "SAME", (8, 7)),
        (2, 1, "VALID", (5, 6)),
        (1, 1, "SAME", (4, 4)),
    ],
)
def test_a_product_of_patches_is_the_convolution(side, stride, padding, shape):
    x = jax.random.normal(jax.random.key(0), (2, *shape, 3))
    kernel = jax.random.normal(jax.random.key(1), (side, side, 3, 5))
    expected = convnets._convolution_by_library(x, kernel, stride, padding)
    np.testing.assert_allclose(convnets._convolution_as_product(x, kernel, stride, padding), expected, atol=1e-5)


def check_training_equals_the_oracle(images, layers, recipe):
    """Weights after some steps of SGD, one model, augmentation off; the twin differentiated by jax."""
    image, label = images
    trainer = Trainer(image, label, recipe, lanes=1, largest_subset=len(image))
    subset, seed = np.arange(5, 25), np.array([3, 9], np.uint32)
    learner = trainer._start(seed[None], subset[None].astype(np.int32), len(subset), trainer._image)
    begin = jax.tree.map(lambda leaf: np.asarray(leaf[0]), learner.params)
    final = []
    evaluate = trainer._evaluate
    trainer._evaluate = lambda learner, *rest: (final.append(learner), evaluate(learner, *rest))[1]
    trainer.train(subset[None], seed[None])

    def loss(params, x, y):
        logits = oracles.small_inception(params, x, layers)
        return -jax.nn.log_softmax(logits)[np.arange(len(y)), y].mean()

    gradient = jax.jit(jax.grad(loss))
    x = image.astype(np.float32) / 255
    params, velocity = begin, jax.tree.map(np.zeros_like, begin)
    rates = oracles.learning_rates(recipe.to_dict(), recipe.steps)
    for step, rate in enumerate(rates):
        epoch, place = divmod(step, 2)
        order = oracles.epoch_order(seed, epoch, subset, 48)  # subsets are padded to whole batches of 16
        batch = order[place * 16 : (place + 1) * 16]
        slope = gradient(params, x[batch], label[batch])
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, slope)
        params = jax.tree.map(lambda w, v, rate=rate: w - rate * v, params, velocity)
    for ours, expected in zip(jax.tree.leaves(final[0].params), jax.tree.leaves(params), strict=True):
        np.testing.assert_allclose(ours[0], expected, rtol=5e-3, atol=5e-4)


RECIPE = Recipe(
    "small-inception",
    learning_rate=0.05,
    batch_size=16,
    steps=4,
    schedule="triangular",
    warmup=0.3,
    precision="float32",
)


def as_tuples(network):
    return [[tuple(unit) for unit in layer] for stage in network for layer in stage]


def test_logits_and_gradients_equal_those_of_a_plain_twin(images, monkeypatch):
    monkeypatch.setattr(convnets, "_SMALL_INCEPTION", FEW_LAYERS)
    model = convnets.small_inception((9, 9, 3), 3)
    x, label = images[0][:6] / np.float32(255), images[1][:6]
    params, state = model.init(jax.random.key(0), x)

    def loss(logits):
        return -jax.nn.log_softmax(logits)[np.arange(6), label].mean()

    ours = jax.jit(jax.value_and_grad(lambda p: loss(model.apply(p, state, x, jnp.ones(6))[0])))(params)
    twin = jax.jit(jax.value_and_grad(lambda p: loss(oracles.small_inception(p, x, as_tuples(FEW_LAYERS)))))(params)
    for own, expected in zip(jax.tree.leaves(ours), jax.tree.leaves(twin), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_a_few_steps_of_a_small_small_inception_equal_those_of_a_plain_twin(images, monkeypatch):
    monkeypatch.setattr(convnets, "_SMALL_INCEPTION", FEW_LAYERS)
    recipe = replace(RECIPE, hidden=(1,))  # compiled functions are kept by recipe: not those of the whole network
    check_training_equals_the_oracle(images, as_tuples(FEW_LAYERS), recipe)


@pytest.mark.slow
def test_a_few_steps_of_the_whole_small_inception_equal_those_of_a_plain_twin(images):
    check_training_equals_the_oracle(images, as_tuples(convnets._SMALL_INCEPTION), replace(RECIPE, steps=2))


def test_small_inception_has_the_papers_layers():
    model = convnets.small_inception((32, 32, 3), 10)
    params, _ = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
    kernels = [leaf.shape for leaf in jax.tree.leaves(params) if leaf.ndim == 4]
    first = [(3, 3, 3, 96), (1, 1, 96, 32), (3, 3, 96, 32), (1, 1, 64, 32), (3, 3, 64, 48), (3, 3, 80, 160)]
    second = [(1, 1, 160, 112), (3, 3, 160, 48), (1, 1, 160, 96), (3, 3, 160, 64), (1, 1, 160, 80), (3, 3, 160, 80)]
    third = [(1, 1, 160, 48), (3, 3, 160, 96), (3, 3, 144, 240)]
    last = [(1, 1, 240, 176), (3, 3, 240, 160), (1, 1, 336, 176), (3, 3, 336, 160)]
    assert kernels == first + second + third + last
    assert params[1][0].shape == (336, 10)


def test_batch_norm_does_not_count_what_fills_up_a_batch():
    x = jax.random.normal(jax.random.key(0), (6, 3, 4, 5)) * 3 + 1
    state = (jnp.full(5, 0.5), jnp.full(5, 2.0))
    weight = jnp.array([1, 1, 1, 1, 0, 0.0])
    out, (mean, variance) = convnets._batch_norm(x, state, weight, keep=0.9, epsilon=1e-5)
    whole = np.asarray(x[:4]).reshape(-1, 5)
    np.testing.assert_allclose(
        out[:4].reshape(-1, 5), (whole - whole.mean(0)) / np.sqrt(whole.var(0) + 1e-5), atol=1e-5
    )
    np.testing.assert_allclose(mean, 0.9 * 0.5 + 0.1 * whole.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, 0.9 * 2 + 0.1 * whole.var(0), rtol=1e-5)


def test_batch_norm_in_evaluation_takes_the_running_averages_and_leaves_them():
    x = jax.random.normal(jax.random.key(0), (6, 3, 4, 5))
    state = (jnp.full(5, 0.5), jnp.full(5, 2.0))
    out, after = convnets._batch_norm(x, state, None, keep=0.9, epsilon=0)
    np.testing.assert_allclose(out, (x - 0.5) / np.sqrt(2), rtol=1e-5, atol=1e-6)
    assert after is state


@pytest.mark.parametrize("scale", [1, 0.02])  # images of little contrast too
def test_whitening_filters_make_patches_white(scale):
    x = jax.random.normal(jax.random.key(1), (50, 9, 9, 3)) * scale
    x = (x + jnp.roll(x, 1, 2) * 0.8) @ jnp.array([[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1.0]]) + 0.3  # correlated
    filters, offset = convnets._whitening_filters(x)
    out = convnets._convolution(x, filters, padding="VALID") - offset
    out = np.asarray(out).reshape(-1, 24)
    np.testing.assert_allclose(out.mean(0), 0, atol=2e-3)
    np.testing.assert_allclose(np.cov(out[:, :12].T), np.eye(12), atol=0.01)
    np.testing.assert_allclose(out[:, 12:], -out[:, :12], atol=1e-4)


def test_the_first_of_a_pair_begins_as_the_identity():
    kernel = np.asarray(convnets._identity_first(jax.random.key(0), 3, 5))
    identity = np.zeros((3, 3, 3, 3))
    identity[1, 1] = np.eye(3)
    np.testing.assert_array_equal(kernel[..., :3], identity)
    assert np.abs(kernel[..., 3:]).max() > 0


@pytest.mark.slow
def test_the_fast_network_learns_and_what_is_fixed_stays(images):
    image, label = images
    recipe = replace(RECIPES["cifar-fast"], batch_size=16, epochs=6, precision="float32")
    trainer = Trainer(image, label, recipe, lanes=1, largest_subset=30)
    learners = []
    evaluate = trainer._evaluate
    trainer._evaluate = lambda learner, *rest: (learners.append(learner), evaluate(learner, *rest))[1]
    outcome = trainer.train(np.arange(30)[None], np.array([[1, 2]], np.uint32))
    assert outcome.finite.all()
    assert outcome.correct[0, 30:].mean() >= 0.9  # held out
    (whitening, _), statistics = jax.tree.map(lambda leaf: leaf[0], learners[0].state)
    sample = np.arange(30)[np.arange(1024) % 30]
    expected, _ = convnets._whitening_filters(image[sample].astype(np.float32) / 255)
    np.testing.assert_allclose(np.abs(whitening), np.abs(expected), rtol=1e-2, atol=1e-2)
    assert all(float(jnp.abs(mean).max()) > 0 for group in statistics for mean, _ in group)


@pytest.mark.slow
def test_models_side_by_side_are_those_trained_alone(images):
    image, label = images
    recipe = replace(RECIPES["cifar-fast"], batch_size=16, epochs=3, precision="float32")
    subsets, seeds = np.stack([np.arange(k, k + 20) for k in (0, 8)]), np.array([[1, 0], [1, 1]], np.uint32)
    alone, together = (
        Trainer(image, label, recipe, lanes=lanes, largest_subset=20).train(subsets, seeds).correct for lanes in (1, 2)
    )
    assert np.count_nonzero(alone != together) <= 2


@pytest.mark.parametrize("network", [convnets.fast_cnn, convnets.small_inception])
def test_what_is_no_image_is_refused(network):
    with pytest.raises(InvalidInputError, match="images: found 64, expected height x width"):
        network((64,), 10)


def test_images_too_small_are_refused():
    with pytest.raises(InvalidInputError, match=r"found 8 x 8, .*at least 9 x 9 pixels"):
        convnets.fast_cnn((8, 8), 10)
