"""Training images shifted and mirrored at random, on the device."""

import jax
import jax.numpy as jnp


def augment(key: jax.Array, images: jax.Array, *, crop: int, flip: bool) -> jax.Array:
    r"""Each image shifted by up to `crop` pixels along both axes, zeros moving in, and mirrored left to right or not.

    The paper's augmentation (pad, random crop, random flip) for ``crop=4, flip=True``.

    Parameters
    ----------
    key : jax key
    images : (batch, height, width, \*channel), any dtype
    crop : int
        Greatest shift; 0 for none.
    flip : bool
        Mirror half of the images, by chance.

    Returns
    -------
    jax.Array
        As `images`.
    """
    batch, height, width = images.shape[:3]
    shift_key, flip_key = jax.random.split(key)
    top, left = jax.random.randint(shift_key, (2, batch, 1), 0, 2 * crop + 1)
    rows, columns = top + jnp.arange(height), left + jnp.arange(width)
    if flip:
        mirrored = jax.random.bernoulli(flip_key, shape=(batch, 1))
        columns = jnp.where(mirrored, columns[:, ::-1], columns)
    rest = [(0, 0)] * (images.ndim - 3)
    padded = jnp.pad(images, [(0, 0), (crop, crop), (crop, crop), *rest])
    # One gather for shift and mirror.
    return padded[jnp.arange(batch)[:, None, None], rows[:, :, None], columns[:, None, :]]
