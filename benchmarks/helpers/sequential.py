"""The baseline of training: one model after the other, as the authors' MNIST demo does."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from cscore_data.training.networks.lookup import recipe_model
from helpers.models import Models


class Sequential:
    """Trains models of a fully connected network one by one.

    One dispatch for each batch, whose images are gathered on the host.
    """

    def __init__(self, models: Models):
        examples = models.examples
        self.models = models
        self.image = (examples.image.reshape(len(examples), -1) / 255).astype(np.float32)
        self.label = examples.class_index().astype(np.int32)
        self.sample = jnp.asarray(self.image[:1])

        recipe = models.recipe
        self.network = recipe_model(recipe, models.image_shape, models.classes)
        self.optimizer = optax.sgd(recipe.learning_rate, momentum=recipe.momentum)
        self.step = jax.jit(self._step)
        self.predict = jax.jit(self._predict)

    def train_all(self, ratio: float, runs: Iterable[int]) -> None:
        """Train several models, one after the other."""
        for run in runs:
            self.train(ratio, run)

    def train(self, ratio: float, run: int) -> np.ndarray:
        """Train one model; returns correct bool (example,)."""
        recipe = self.models.recipe
        random = np.random.RandomState(run)
        subset = self.models.plan.subset(ratio, run)
        state = self._start(seed=run)
        for _ in range(recipe.epochs):
            order = subset[random.permutation(len(subset))]
            for start in range(0, len(order), recipe.batch_size):
                batch = order[start : start + recipe.batch_size]
                state = self.step(state, self.image[batch], self.label[batch])
        params, _ = state
        predicted = np.asarray(self.predict(params, self.image))
        correct: np.ndarray = predicted == self.label
        return correct

    def compile(self, ratio: float) -> None:
        """Compile what `train` needs at this ratio."""
        batch_size = self.models.recipe.batch_size
        subset_size = self.models.plan.subset_size(ratio)
        # A last short batch has a shape of its own.
        sizes = {min(batch_size, subset_size), subset_size % batch_size} - {0}
        state = self._start(seed=0)
        for size in sizes:
            jax.block_until_ready(self.step(state, self.image[:size], self.label[:size]))
        params, _ = state
        jax.block_until_ready(self.predict(params, self.image))

    def _start(self, seed: int) -> tuple[Any, Any]:
        """Initial weights and momentum."""
        params, _ = self.network.init(jax.random.key(seed), self.sample)
        return params, self.optimizer.init(params)

    def _step(self, state: tuple[Any, Any], image: jax.Array, label: jax.Array) -> tuple[Any, Any]:
        params, momentum = state
        gradient = jax.grad(self._loss)(params, image, label)
        updates, momentum = self.optimizer.update(gradient, momentum)
        return optax.apply_updates(params, updates), momentum

    def _loss(self, params: Any, image: jax.Array, label: jax.Array) -> jax.Array:
        logits, _ = self.network.apply(params, (), image, None)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, label)
        return jnp.mean(losses)

    def _predict(self, params: Any, image: jax.Array) -> jax.Array:
        logits, _ = self.network.apply(params, (), image, None)
        return logits.argmax(-1)
