"""Pictures of examples, all of one size and layout, as sheets hold them."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from cscore_data.figures.pixels import as_pixels


class TileSize(NamedTuple):
    """Width and height of a picture in pixels."""

    width: int
    height: int

    def within(self, side: int) -> "TileSize":
        """The size of the same picture whose longer side is at most this.

        Examples
        --------
        >>> TileSize(width=640, height=480).within(64)
        TileSize(width=64, height=48)
        """
        scale = min(1.0, side / max(self))
        width = round(self.width * scale)
        height = round(self.height * scale)
        return TileSize(max(1, width), max(1, height))


def full_size(image: np.ndarray) -> TileSize:
    """The size of the pictures of these images (example, ...)."""
    pixels, _ = as_pixels(image[0])
    height, width = pixels.shape[:2]
    return TileSize(width, height)


def tile(image: np.ndarray, size: TileSize) -> np.ndarray:
    """One image as uint8 (height, width[, color]), scaled down to a size.

    Parameters
    ----------
    image : number (height, width[, channel])
        Any that can be drawn; see `figures.pixels.as_pixels`.
    size : TileSize

    Examples
    --------
    >>> tile(np.array([[0.0, 0.5], [1.0, 2.0]]), TileSize(2, 2))
    array([[  0,  64],
           [128, 255]], dtype=uint8)
    """
    pixels, limits = as_pixels(image)
    if pixels.dtype != np.uint8:
        pixels = _as_bytes(pixels, limits)

    has_opacity = image.shape[-1] == 4
    is_opaque = pixels.shape[2:] == (3,)
    if has_opacity and is_opaque:
        # An image that is opaque, among others that need not be.
        opaque = np.full(pixels.shape[:2], 255, np.uint8)
        pixels = np.dstack([pixels, opaque])

    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    picture = Image.fromarray(pixels)
    smaller = picture.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(smaller)


def _as_bytes(pixels: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Gray levels or colors as uint8, black and white at the limits."""
    low, high = limits
    span = max(high - low, np.finfo(float).tiny)
    share = (pixels - low) / span
    scaled = np.rint(255 * share)
    return scaled.astype(np.uint8)
