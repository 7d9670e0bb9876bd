"""Images of any layout and range of values, as pixels that can be drawn."""

import numpy as np

#: Numbers of channels that are colors: red, green, blue, and perhaps opacity.
_COLORS = (3, 4)


def as_pixels(image: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """An image as gray levels or colors.

    Parameters
    ----------
    image : (height, width[, channel]), (channel, height, width) or (feature,), any number
        With 3 or 4 channels it is in color: a fourth one is opacity if the dtype is uint8, else it
        is not drawn. Of other channels, or further axes, the mean is drawn.

    Returns
    -------
    pixels : uint8 or float (height, width), or float (height, width, color) in 0..1
    limits : tuple of float
        The gray levels of black and white: 0 and 255 for uint8, else the lowest and the highest
        value of this image.

    Examples
    --------
    >>> pixels, limits = as_pixels(np.zeros((8, 8, 13), np.uint8))
    >>> pixels.shape, limits
    ((8, 8), (0.0, 255.0))
    """
    image = _channels_last(np.asarray(image))
    if image.dtype == np.uint8:
        low, high = 0.0, 255.0
    else:
        image = image.astype(np.float64)
        low, high = _finite_range(image)
        image = np.nan_to_num(image, nan=low, posinf=high, neginf=low)

    if image.ndim == 1:
        return image[np.newaxis], (low, high)  # a row of pixels
    if _is_color(image.shape):
        span = max(high - low, np.finfo(float).tiny)
        scaled = (image - low) / span
        return _visible(scaled, image.dtype), (0.0, 1.0)
    return _gray(image), (low, high)


def layout_note(shape: tuple[int, ...]) -> str:
    """What a reader must know to understand pictures of images of this shape; empty if nothing.

    Examples
    --------
    >>> layout_note((8, 8, 2))
    'Images have 2 channels; their mean is drawn. '
    >>> layout_note((8, 8, 3))
    ''
    """
    if len(shape) < 3 or _is_channels_first(shape):
        return ""
    further = shape[2:]
    if len(further) > 1 and np.prod(further) > 1:
        return f"Images have shape {shape}; the mean over the last {len(further)} axes is drawn. "
    channels = shape[-1]
    if len(further) == 1 and channels not in (1, *_COLORS):
        return f"Images have {channels} channels; their mean is drawn. "
    return ""


def _channels_last(image: np.ndarray) -> np.ndarray:
    if _is_channels_first(image.shape):
        return np.moveaxis(image, 0, -1)
    return image


def _is_channels_first(shape: tuple[int, ...]) -> bool:
    """True for (channel, height, width), as PyTorch has it, where it cannot be anything else."""
    if len(shape) != 3:
        return False
    channels, height, width = shape
    return channels in (1, *_COLORS) and height > channels and width > max(_COLORS)


def _is_color(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[-1] in _COLORS


def _gray(image: np.ndarray) -> np.ndarray:
    """Gray levels (height, width) of an image, its mean over any further axes."""
    if image.ndim == 2:
        return image
    if image[0, 0].size == 1:
        return image.reshape(image.shape[:2])
    further = tuple(range(2, image.ndim))
    return np.asarray(image.mean(axis=further))


def _visible(colors: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Colors without a fourth channel that would hide them, or that is no opacity."""
    is_opacity = dtype == np.uint8 and colors[..., 3:].any()
    return colors if is_opacity else colors[..., :3]


def _finite_range(image: np.ndarray) -> tuple[float, float]:
    finite = image[np.isfinite(image)]
    if not finite.size:
        return 0.0, 1.0
    return float(finite.min()), float(finite.max())
