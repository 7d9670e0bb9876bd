"""SmallInception against a plain twin."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oracles
from cscore_data.errors import InvalidInputError
from cscore_data.training.networks.small_inception import (
    LAYERS,
    Unit,
    block,
    inception,
    small_inception,
)
from cscore_data.training.random_keys import weights_key
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer

#: A small SmallInception with every kind of layer once.
FEW_LAYERS = [[Unit(3, 4)], block(3, 5), [Unit(3, 6, stride=2)]]

#: The same as a network of the user's.
FEW_LAYERS_MODULE = """
from cscore_data.training.networks.small_inception import Unit, block, inception

def network(image_shape, classes):
    layers = [[Unit(3, 4)], block(3, 5), [Unit(3, 6, stride=2)]]
    return inception(layers, image_shape, classes)
"""

RECIPE = Recipe(
    "small-inception",
    learning_rate=0.05,
    batch_size=16,
    steps=4,
    schedule="triangular",
    warmup=0.3,
    precision="float32",
)


@pytest.fixture(scope="module")
def images():
    """40 colour images of 9 x 9 in three classes, by colour."""
    random = np.random.default_rng(3)
    label = np.arange(40) % 3
    image = random.integers(0, 90, (40, 9, 9, 3))
    image[np.arange(40), :, :, label] += 100
    return image.astype(np.uint8), label


@pytest.mark.slow
def test_logits_and_gradients_equal_those_of_a_plain_twin(images):
    model = inception(FEW_LAYERS, (9, 9, 3), 3)
    x, label = images[0][:6] / np.float32(255), images[1][:6]
    params, state = model.init(jax.random.key(0), x)

    def loss(logits):
        return -jax.nn.log_softmax(logits)[np.arange(6), label].mean()

    def our_loss(params):
        return loss(model.apply(params, state, x, jnp.ones(6))[0])

    def twin_loss(params):
        return loss(oracles.small_inception(params, x, FEW_LAYERS))

    ours = jax.jit(jax.value_and_grad(our_loss))(params)
    twin = jax.jit(jax.value_and_grad(twin_loss))(params)
    for own, expected in zip(jax.tree.leaves(ours), jax.tree.leaves(twin), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-3, atol=1e-5)


def check_training_equals_the_oracle(images, layers, recipe):
    """Weights of one model after some steps, augmentation off; jax differentiates the twin."""
    image, label = images
    trainer = Trainer(image, label, recipe, lanes=1, largest_subset=len(image))
    subset, seed = np.arange(5, 25), np.array([3, 9], np.uint32)
    begin, _ = inception(layers, image.shape[1:], 3).init(weights_key(seed), image[:1])
    learners = trainer.train_group(subset[None], seed[None])
    final = jax.tree.map(lambda leaf: np.asarray(leaf[0]), learners.params)

    def loss(params, x, y):
        logits = oracles.small_inception(params, x, layers)
        return -jax.nn.log_softmax(logits)[np.arange(len(y)), y].mean()

    gradient = jax.jit(jax.grad(loss))
    x = image.astype(np.float32) / 255
    params, velocity = begin, jax.tree.map(np.zeros_like, begin)
    rates = oracles.learning_rates(recipe.to_dict(), recipe.steps)
    for step, rate in enumerate(rates):
        epoch, place = divmod(step, 2)
        order = oracles.epoch_order(
            seed, epoch, subset, 48
        )  # subsets are padded to whole batches of 16
        batch = order[place * 16 : (place + 1) * 16]
        slope = gradient(params, x[batch], label[batch])
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, slope)
        params = jax.tree.map(lambda w, v, rate=rate: w - rate * v, params, velocity)
    for ours, expected in zip(jax.tree.leaves(final), jax.tree.leaves(params), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=5e-3, atol=5e-4)


@pytest.mark.slow
def test_a_few_steps_of_a_small_small_inception_equal_those_of_a_plain_twin(
    images, tmp_path, monkeypatch
):
    (tmp_path / "few_layers_for_test.py").write_text(FEW_LAYERS_MODULE)
    monkeypatch.chdir(tmp_path)
    recipe = replace(RECIPE, model="few_layers_for_test:network")
    check_training_equals_the_oracle(images, FEW_LAYERS, recipe)


@pytest.mark.slow
def test_a_few_steps_of_the_whole_small_inception_equal_those_of_a_plain_twin(images):
    check_training_equals_the_oracle(images, LAYERS, replace(RECIPE, steps=2))


def test_small_inception_has_the_papers_layers():
    model = small_inception((32, 32, 3), 10)
    params, _ = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
    kernels = [leaf.shape for leaf in jax.tree.leaves(params) if leaf.ndim == 4]
    first = [
        (3, 3, 3, 96),
        (1, 1, 96, 32),
        (3, 3, 96, 32),
        (1, 1, 64, 32),
        (3, 3, 64, 48),
        (3, 3, 80, 160),
    ]
    second = [
        (1, 1, 160, 112),
        (3, 3, 160, 48),
        (1, 1, 160, 96),
        (3, 3, 160, 64),
        (1, 1, 160, 80),
        (3, 3, 160, 80),
    ]
    third = [(1, 1, 160, 48), (3, 3, 160, 96), (3, 3, 144, 240)]
    last = [(1, 1, 240, 176), (3, 3, 240, 160), (1, 1, 336, 176), (3, 3, 336, 160)]
    assert kernels == first + second + third + last
    assert params[1][0].shape == (336, 10)


def test_what_is_not_an_image_is_refused():
    with pytest.raises(InvalidInputError, match="images: found 64, expected height x width"):
        small_inception((64,), 10)
