"""What a network is to the rest of the package: a pair of pure functions."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

#: A pytree of float32 arrays that are fitted by gradient descent.
Params = Any

#: A pytree of float32 arrays that are not: running statistics, fixed filters.
State = Any

Images = Float[Array, "batch *image_shape"]
Logits = Float[Array, "batch class"]

#: 1 for the examples of a batch, 0 for what fills it up to full length.
Weight = Float[Array, " batch"]


class Model(NamedTuple):
    r"""A network as two pure functions of one model; training maps them over many.

    Attributes
    ----------
    init : callable
        ``init(key, images) -> params, state``: two pytrees of float32 arrays. `state` is all that
        is not fitted by gradient descent, such as the running statistics of batch norm; ``()`` if
        there is none. `images`, float32 (sample, \*image shape), are some of the training images of
        the model, for initial weights that depend on the data.
    apply : callable
        ``apply(params, state, images, weight) -> logits, state``: images (batch, \*image shape),
        logits (batch, class).

        In training `weight`, float32 (batch,), is 1 for the examples of the batch and 0 for what
        fills it up, and the returned state is the one of the next step. In evaluation `weight` is
        None, and the state is returned as it was.

        Params, images and logits are float32, or bfloat16 if the recipe computes in that; `state`
        is float32.

    Examples
    --------
    A linear model of images with 4 pixels:

    >>> import jax.numpy as jnp
    >>> def init(key, images):
    ...     return jnp.zeros((4, 3)), ()
    >>> def apply(params, state, images, weight=None):
    ...     return images.reshape(len(images), 4) @ params, state
    >>> model = Model(init, apply)
    >>> params, state = model.init(None, None)
    >>> logits, state = model.apply(params, state, jnp.ones((5, 2, 2)))
    >>> logits.shape
    (5, 3)
    """

    init: Callable[[PRNGKeyArray, Images], tuple[Params, State]]
    apply: Callable[[Params, State, Images, Weight | None], tuple[Logits, State]]


def weight_shapes(model: Model, image_shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The shapes of a model's parameters; nothing is computed."""
    images = jax.ShapeDtypeStruct((1, *image_shape), jnp.float32)
    key = jax.random.key(0)
    params, _ = jax.eval_shape(model.init, key, images)
    leaves = jax.tree.leaves(params)
    return [leaf.shape for leaf in leaves]


def is_convolutional(shapes: list[tuple[int, ...]]) -> bool:
    """True if parameters of these shapes include kernels (side, side, channel, width)."""
    return any(len(shape) == 4 for shape in shapes)
