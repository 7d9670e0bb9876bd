"""Train many small models at once: recipe + arrays + subsets -> correct (run, example).

Runs are spread over all devices of the machine and vmapped on each. Subsets are padded to one length and the number of
batches is a traced value, so that one compilation serves every ratio.
"""

import functools
import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from cscore_data.augmentation import augment
from cscore_data.errors import InvalidInputError
from cscore_data.model import Model, Params, State
from cscore_data.networks import make_model
from cscore_data.optimization import learning_rate, make_loss, make_optimizer, predict
from cscore_data.recipe import Recipe

#: Examples that a lane evaluates at once: bounds the memory of the hidden layers. Of a convolutional network, whose
#: layers are larger, no more than a batch of training has.
_EVALUATION_BATCH = 2048

#: Training examples that a network's first weights may be made from.
_SAMPLE = 1024


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
        self._run_axis, everywhere = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in (["run"], []))
        self.lanes = -(-lanes // mesh.size) * mesh.size
        self.recipe = recipe
        self._padded_size = -(-largest_subset // recipe.batch_size) * recipe.batch_size
        self._image, self._label = jax.device_put((image, label.astype(np.int32)), everywhere)
        self._start, self._epoch, self._evaluate = _compiled(
            recipe, image.shape[1:], int(label.max()) + 1, self.lanes == mesh.size
        )

    def train(
        self,
        subsets: np.ndarray,
        seeds: np.ndarray,
        *,
        on_epoch: Callable[[int], Any] | None = None,
    ) -> Outcome:
        """Train one model per subset and try it on every example.

        Parameters
        ----------
        subsets : int (run, n)
            Indices of the training examples.
        seeds : uint32 (run, 2)
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

    def _train_lanes(self, subsets: np.ndarray, seeds: np.ndarray, on_epoch: Callable[[int], Any] | None) -> Outcome:
        runs, size = subsets.shape
        learner, epoch = self._begin(subsets, seeds)
        steps = self.recipe.steps_of(size)
        for number in range(math.ceil(self.recipe.epochs_of(size))):
            learner = epoch(learner, number, steps)
            if on_epoch is not None:
                on_epoch(runs)
        correct, finite = self._evaluate(learner, self._image, self._label)
        return Outcome(np.asarray(correct)[:runs], np.asarray(finite)[:runs])

    def _begin(self, subsets: np.ndarray, seeds: np.ndarray) -> tuple[Any, Callable[[Any, int, int], Any]]:
        """Models at their beginning, and ``epoch(learner, number, steps) -> learner``, done when it returns."""
        runs, size = subsets.shape
        # Idle lanes repeat the first runs: another shape would be another compilation.
        lane_run = np.arange(self.lanes) % runs
        padded = np.zeros((self.lanes, self._padded_size), np.int32)
        padded[:, :size] = subsets[lane_run]
        subset, seed = jax.device_put((padded, seeds[lane_run]), self._run_axis)
        in_epoch = self.recipe.steps_an_epoch(size)

        def epoch(learner: Any, number: int, steps: int) -> Any:
            return jax.block_until_ready(
                self._epoch(learner, seed, number, steps, in_epoch, subset, size, self._image, self._label)
            )

        return self._start(seed, subset, size, self._image), epoch

    def seconds_a_step(self, subsets: np.ndarray, seeds: np.ndarray) -> float:
        """How long a step of training takes with all lanes, compilation apart.

        Measured on a single one and then, if there is time, on as many as take two seconds or make an epoch. Parameters
        as of `train`.
        """
        learner, epoch = self._begin(subsets, seeds)
        learner = epoch(learner, 0, 1)  # compiles
        began = time.perf_counter()
        learner = epoch(learner, 0, 1)
        step = time.perf_counter() - began
        steps = min(int(2 / step), self.recipe.steps_an_epoch(subsets.shape[1]))
        if steps < 2:
            return step
        began = time.perf_counter()
        epoch(learner, 0, steps)
        return (time.perf_counter() - began) / steps

    def compilations(self) -> int:
        """How many times the training step of this recipe was compiled in this process."""
        return int(self._epoch._cache_size())


def check_recipe(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> None:
    """Raise `InvalidInputError` if images of this shape cannot be trained on by this recipe."""
    _model(recipe, image_shape, classes)
    if (recipe.crop or recipe.flip) and len(image_shape) < 2:
        raise InvalidInputError(
            f"images: found {len(image_shape)} axes, expected height x width to shift and mirror; "
            "choose --crop 0 and --flip no"
        )


def default_lanes(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> int:
    """Models trained side by side by default: many on an accelerator, few on a CPU, where they share the caches.

    Convolutions one on each device: one fills it, and with weights of their own for each lane they become grouped ones.
    """
    shapes = _weight_shapes(_model(recipe, image_shape, classes), image_shape)
    if _convolutional(shapes):
        return jax.device_count()
    if jax.default_backend() != "cpu":
        return 100 * jax.device_count()
    # On two cores, MNIST's 535,818 weights: 2 a core take 9% less time than 4; digits' 4,810: 6 a core 7% less than 4.
    return (2 if sum(map(math.prod, shapes)) > 100_000 else 6) * jax.device_count()


def device_name() -> str:
    """Platform and kind of the device that trains, such as ``gpu: NVIDIA H100``."""
    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind}"


class _Learner(NamedTuple):
    """A model in training."""

    params: Params
    state: State
    momentum: Any


@functools.cache
def _compiled(recipe: Recipe, image_shape: tuple[int, ...], classes: int, alone: bool) -> tuple[Any, Any, Any]:
    """The three compiled functions over lanes: ``start(seeds, …)``, ``epoch(learners, …)``, ``evaluate(learners, …)``.

    Cached, so that a second trainer of the same kind compiles nothing.
    """
    model = _model(recipe, image_shape, classes)
    optimizer = make_optimizer(recipe)
    loss = make_loss(recipe, model)
    batch = recipe.batch_size
    convolutional = _convolutional(_weight_shapes(model, image_shape))
    evaluation_batch = min(batch, _EVALUATION_BATCH) if convolutional else _EVALUATION_BATCH

    def start(seed, subset, size, images):  # type: ignore[no-untyped-def]
        sample = subset[jnp.arange(_SAMPLE) % size]
        params, state = model.init(_key(seed, 0), _as_float(images[sample]))
        return _Learner(params, state, optimizer.init(params))

    def epoch(learner, seed, number, steps, steps_an_epoch, subset, size, images, labels):  # type: ignore[no-untyped-def]
        order = _shuffled(_key(seed, 1 + number), subset, size)
        noise = _key(seed, jnp.uint32(2**31) + number)
        first = number * steps_an_epoch

        def step(i, learner):  # type: ignore[no-untyped-def]
            params, state, momentum = learner
            index = jax.lax.dynamic_slice(order, (i * batch,), (batch,))
            weight = (i * batch + jnp.arange(batch) < size).astype(jnp.float32)
            image = images[index]
            if recipe.crop or recipe.flip:
                image = augment(jax.random.fold_in(noise, i), image, crop=recipe.crop, flip=recipe.flip)
            gradient, state = jax.grad(loss, has_aux=True)(params, state, _as_float(image), labels[index], weight)
            direction, momentum = optimizer.update(gradient, momentum, params)
            rate = learning_rate(recipe, (first + i) / steps)
            updates = jax.tree.map(lambda part: -rate * part, direction)
            return _Learner(optax.apply_updates(params, updates), state, momentum)

        return jax.lax.fori_loop(0, jnp.minimum(steps_an_epoch, steps - first), step, learner)

    def evaluate(learner, images, labels):  # type: ignore[no-untyped-def]
        def piece(index):  # type: ignore[no-untyped-def]
            image = _as_float(images.at[index].get(mode="clip"))
            logits, _ = predict(recipe, model, learner.params, learner.state, image, None)
            return logits.argmax(-1) == labels.at[index].get(mode="clip"), jnp.isfinite(logits).all()

        size = min(evaluation_batch, len(images))
        pieces = -(-len(images) // size)
        correct, finite = jax.lax.map(piece, jnp.arange(pieces * size).reshape(pieces, size))
        return correct.reshape(-1)[: len(images)], finite.all()

    return (
        _over_lanes(start, (0, 0, None, None), alone=alone),
        _over_lanes(epoch, (0, 0, None, None, None, 0, None, None, None), alone=alone, donate_argnums=0),
        _over_lanes(evaluate, (0, None, None), alone=alone),
    )


def _over_lanes(function: Callable[..., Any], in_axes: tuple[int | None, ...], *, alone: bool, **options: Any) -> Any:
    """`function` of one model, compiled for many: devices take equal parts of the lanes.

    `alone` says that a part is one lane: no vmap then, which would make grouped convolutions all the same.
    """
    mesh = Mesh(jax.devices(), ("run",))
    if not alone:  # vmap within shard_map gives the same, on a CPU a quarter slower
        # Said for all outputs, or those that begin as zeros would come undivided, and `epoch` be compiled again.
        spread = NamedSharding(mesh, PartitionSpec("run"))
        return jax.jit(jax.vmap(function, in_axes), out_shardings=spread, **options)

    def on_device(*arguments):  # type: ignore[no-untyped-def]
        own = [
            argument if axis is None else jax.tree.map(lambda leaf: leaf[0], argument)
            for argument, axis in zip(arguments, in_axes, strict=True)
        ]
        return jax.tree.map(lambda leaf: leaf[None], function(*own))

    specs = tuple(PartitionSpec() if axis is None else PartitionSpec("run") for axis in in_axes)
    sharded = jax.shard_map(on_device, mesh=mesh, in_specs=specs, out_specs=PartitionSpec("run"), check_vma=False)
    return jax.jit(sharded, **options)


def _model(recipe: Recipe, image_shape: tuple[int, ...], classes: int) -> Model:
    return make_model(recipe.model, image_shape, classes, hidden=recipe.hidden)


def _weight_shapes(model: Model, image_shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    sample = jax.ShapeDtypeStruct((1, *image_shape), jnp.float32)
    params, _ = jax.eval_shape(model.init, jax.random.key(0), sample)
    return [leaf.shape for leaf in jax.tree.leaves(params)]


def _convolutional(weight_shapes: list[tuple[int, ...]]) -> bool:
    return any(len(shape) == 4 for shape in weight_shapes)


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
