"""Train many small models at once: recipe + arrays + subsets -> correct (run, example).

Runs are vmapped ``lanes`` wide and spread over all devices of the machine. Subsets are padded to one length and the
number of batches is a traced value, so that one compilation serves every ratio.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from cscore_data.model import MODELS, Params
from cscore_data.recipe import Recipe

#: Examples that a lane evaluates at once: bounds the memory of the hidden layers.
_EVALUATION_BATCH = 2048


class Outcome(NamedTuple):
    """What training gave for a group of runs.

    Attributes
    ----------
    correct : bool (run, example)
        The trained model classifies the example correctly, trained-on examples too.
    finite : bool (run,)
        False where training diverged: some logit is infinite or NaN, and `correct` of that run means nothing.
    """

    correct: np.ndarray
    finite: np.ndarray


class Trainer:
    """Trains models of one recipe on subsets of one data set, ``lanes`` at a time.

    Parameters
    ----------
    image : (example, ...) uint8 or float
        Stays on the device, as uint8 where it is uint8; uint8 pixels are scaled to 0..1, floats are taken as they are.
    label : int (example,)
        Classes 0..classes-1.
    recipe : Recipe
    lanes : int
        Models trained side by side, rounded up to a multiple of the number of devices; a last group of fewer costs as
        much as all.
    largest_subset : int
        Length that subsets are padded to.
    """

    def __init__(self, image: np.ndarray, label: np.ndarray, recipe: Recipe, *, lanes: int, largest_subset: int):
        mesh = Mesh(jax.devices(), ("run",))
        self._run_axis, self._everywhere = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in (["run"], []))
        self.lanes = -(-lanes // mesh.size) * mesh.size
        self.recipe = recipe
        self._padded_size = -(-largest_subset // recipe.batch_size) * recipe.batch_size
        self._image, self._label = jax.device_put((image, label.astype(np.int32)), self._everywhere)
        self._start, self._epoch, self._evaluate = _compiled(recipe, image.shape[1:], int(label.max()) + 1)

    def train(
        self,
        subsets: Sequence[np.ndarray],
        seeds: Sequence[np.ndarray],
        *,
        on_epoch: Callable[[int], Any] | None = None,
    ) -> Outcome:
        """Train one model per subset and try it on every example.

        Parameters
        ----------
        subsets : sequence of int (n,)
            Indices of the training examples, n the same for all.
        seeds : sequence of uint32 (2,)
            For each subset, the seed of initial weights and batch order.
        on_epoch : callable, optional
            Called with the number of models in training after each of their epochs; Ctrl-C is noticed there too.

        Returns
        -------
        Outcome
            ``correct`` bool (run, example) and ``finite`` bool (run,).
        """
        groups = [
            self._train_lanes(subsets[start : start + self.lanes], seeds[start : start + self.lanes], on_epoch)
            for start in range(0, len(subsets), self.lanes)
        ]
        return Outcome(*(np.concatenate(parts) for parts in zip(*groups, strict=True)))

    def _train_lanes(
        self, subsets: Sequence[np.ndarray], seeds: Sequence[np.ndarray], on_epoch: Callable[[int], Any] | None
    ) -> Outcome:
        runs, size = len(subsets), len(subsets[0])
        # Idle lanes repeat the first runs: another shape would be another compilation.
        lane_run = np.arange(self.lanes) % runs
        padded = np.zeros((self.lanes, self._padded_size), np.int32)
        padded[:, :size] = np.stack(subsets)[lane_run]
        subset, seed = jax.device_put((padded, np.stack(seeds)[lane_run]), self._run_axis)
        state = self._start(seed)
        for epoch in range(self.recipe.epochs):
            state = jax.block_until_ready(self._epoch(state, seed, epoch, subset, size, self._image, self._label))
            if on_epoch is not None:
                on_epoch(runs)
        correct, finite = self._evaluate(state[0], self._image, self._label)
        return Outcome(np.asarray(correct)[:runs], np.asarray(finite)[:runs])

    def compilations(self) -> int:
        """How many times the training step of this recipe was compiled in this process."""
        return int(self._epoch._cache_size())


def default_lanes(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> int:
    """Models trained side by side by default: many on an accelerator, few on a CPU, where they share the caches."""
    if jax.default_backend() != "cpu":
        return 100 * jax.device_count()
    model = MODELS[recipe.model](image_shape, classes, hidden=recipe.hidden)
    weights = sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(model.init, jax.random.key(0))))
    # On two cores, MNIST's 535,818 weights: 2 a core take 9% less time than 4; digits' 4,810: 4 a core 40% less than 2.
    return (2 if weights > 100_000 else 4) * jax.device_count()


def device_name() -> str:
    """Platform and kind of the device that trains, such as ``gpu: NVIDIA H100``."""
    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind}"


@functools.cache
def _compiled(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> tuple[Any, Any, Any]:
    """The three compiled functions over lanes: ``start(seeds)``, ``epoch(state, …)`` and ``evaluate(params, …)``.

    Cached, so that a second trainer of the same kind compiles nothing.
    """
    model = MODELS[recipe.model](image_shape, classes, hidden=recipe.hidden)
    optimizer = optax.sgd(recipe.learning_rate, momentum=recipe.momentum)
    batch = recipe.batch_size

    def loss(params: Params, image: jax.Array, label: jax.Array, weight: jax.Array) -> jax.Array:
        logits = model.apply(params, _as_float(image))
        return jnp.vdot(optax.softmax_cross_entropy_with_integer_labels(logits, label), weight) / weight.sum()

    def start(seed: jax.Array) -> tuple[Params, Any]:
        params = model.init(_key(seed, 0))
        return params, optimizer.init(params)

    def epoch(state, seed, number, subset, size, images, labels):  # type: ignore[no-untyped-def]
        order = _shuffled(_key(seed, 1 + number), subset, size)

        def step(i, state):  # type: ignore[no-untyped-def]
            params, momentum = state
            index = jax.lax.dynamic_slice(order, (i * batch,), (batch,))
            weight = (i * batch + jnp.arange(batch) < size).astype(jnp.float32)
            gradient = jax.grad(loss)(params, images[index], labels[index], weight)
            updates, momentum = optimizer.update(gradient, momentum)
            return optax.apply_updates(params, updates), momentum

        return jax.lax.fori_loop(0, (size + batch - 1) // batch, step, state)

    def evaluate(params, images, labels):  # type: ignore[no-untyped-def]
        def piece(index):  # type: ignore[no-untyped-def]
            logits = model.apply(params, _as_float(images.at[index].get(mode="clip")))
            return logits.argmax(-1) == labels.at[index].get(mode="clip"), jnp.isfinite(logits).all()

        size = min(_EVALUATION_BATCH, len(images))
        pieces = -(-len(images) // size)
        correct, finite = jax.lax.map(piece, jnp.arange(pieces * size).reshape(pieces, size))
        return correct.reshape(-1)[: len(images)], finite.all()

    return (
        jax.jit(jax.vmap(start)),
        jax.jit(jax.vmap(epoch, in_axes=(0, 0, None, 0, None, None, None)), donate_argnums=0),
        jax.jit(jax.vmap(evaluate, in_axes=(0, None, None))),
    )


def _key(seed: jax.Array, purpose: int | jax.Array) -> jax.Array:
    return jax.random.fold_in(jax.random.wrap_key_data(seed, impl="threefry2x32"), purpose)


def _shuffled(key: jax.Array, subset: jax.Array, size: jax.Array) -> jax.Array:
    """The first `size` entries of `subset` in a random order, padding behind them."""
    bits = jax.random.bits(key, subset.shape)
    # The order is stable, so even an entry that draws the largest number stays before the padding.
    bits = jnp.where(jnp.arange(len(subset)) < size, bits, jnp.uint32(0xFFFFFFFF))
    return subset[_stable_argsort(bits)]


def _stable_argsort(keys: jax.Array) -> jax.Array:
    """``argsort`` of uint32 keys in radix passes, from the lowest digit up; each sorts words of a digit and a position.

    XLA on a CPU sorts one word in a quarter of the time that it takes for a key with an index beside it.
    """
    position_bits = max(1, (len(keys) - 1).bit_length())
    digit_bits = 32 - position_bits
    positions = jnp.arange(len(keys), dtype=jnp.uint32)
    order = positions
    for shift in range(0, 32, digit_bits):
        digit = (keys[order] >> shift) & ((1 << digit_bits) - 1)
        words = jax.lax.sort((digit << position_bits) | positions, is_stable=False)
        order = order[words & ((1 << position_bits) - 1)]
    return order


def _as_float(image: jax.Array) -> jax.Array:
    return image.astype(jnp.float32) / 255 if image.dtype == jnp.uint8 else image.astype(jnp.float32)
