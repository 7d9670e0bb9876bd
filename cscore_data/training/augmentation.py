"""Training images shifted and mirrored at random, on the device."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, Shaped

#: Images of any dtype.
Pictures = Shaped[Array, "batch height width *channel"]


def augment(key: PRNGKeyArray, images: Pictures, *, crop: int, flip: bool) -> Pictures:
    r"""Shift each image by up to `crop` pixels along both axes, and mirror it or not.

    Zeros move in at the edges. With ``crop=4, flip=True`` this is the paper's augmentation (pad,
    random crop, random flip).

    Parameters
    ----------
    key : jax key
    images : (batch, height, width, \*channel), any dtype
    crop : int
        The largest shift; 0 for none.
    flip : bool
        Mirror each image left to right with probability one half.

    Returns
    -------
    jax.Array
        Same shape and dtype as `images`.
    """
    batch, height, width = images.shape[:3]
    shift_key, flip_key = jax.random.split(key)

    # The rows and the columns of the padded image that each image is made of.
    shifts = jax.random.randint(shift_key, (2, batch, 1), 0, 2 * crop + 1)
    rows = shifts[0] + jnp.arange(height)
    columns = shifts[1] + jnp.arange(width)
    if flip:
        is_mirrored = jax.random.bernoulli(flip_key, shape=(batch, 1))
        columns = jnp.where(is_mirrored, columns[:, ::-1], columns)

    # Shift and mirror in one gather.
    padding = [(0, 0)] * images.ndim
    padding[1] = padding[2] = (crop, crop)
    padded = jnp.pad(images, padding)
    # Indices along (image, row, column).
    image = jnp.arange(batch)
    image = image[:, None, None]
    rows = rows[:, :, None]
    columns = columns[:, None, :]
    return padded[image, rows, columns]
