"""The scale of pixels: any other than 0..255 or 0..1 is recognised and brought to one of them."""

from typing import NamedTuple

import numpy as np

from cscore_data.errors import InvalidInputError

#: Whole numbers up to this are levels of ink, such as 0/1 or the 0..16 of scikit-learn's digits.
#: No set of images on the scale 0..255 is that dark.
_MOST_LEVELS = 16

#: Floats up to this train as they are: they may be standardised, or features that are not pixels.
_HARMLESS = 8.0

#: How much floats may miss 0..1 or -1..1 by, for rounding.
_ROUNDING = 1e-3

#: Standard deviation that pixels have at least when their whole range is 0..1, unless a few of them
#: are far away from all others. That of MNIST, mostly black, is 0.3.
_LEAST_SPREAD = 0.01


class _Range(NamedTuple):
    """The smallest and the largest pixel of a set."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


def to_usual_scale(
    name: str, image: np.ndarray, *, scale_of: np.ndarray | None = None
) -> tuple[np.ndarray, str | None]:
    """Bring images to a scale on which networks train: whole numbers 0..255, or floats 0..1.

    Parameters
    ----------
    name : str
        The data set, for messages.
    image : array (example, height, width[, channel])
        Arrays of other dims are features, and stay as they are.
    scale_of : array (example, height, width[, channel]), optional
        The images that say what the scale is, such as those for training; by default the same.

    Returns
    -------
    image : array (example, height, width[, channel])
        uint8 for whole numbers of at most 16; float32 for floats on the scales 0..16, 0..255 and
        -1..1, and for pixels of a larger range; the same array for everything else.
    note : str or None
        What was understood, for the user; None if nothing was changed.

    Raises
    ------
    InvalidInputError
        If a few pixels are so far from all others that these would be the same at any scale.

    Examples
    --------
    >>> drawing = np.array([[[0, 1], [1, 0]], [[1, 1], [0, 0]]])
    >>> image, note = to_usual_scale("mine", drawing)
    >>> image[0].tolist(), image.dtype
    ([[0, 255], [255, 0]], dtype('uint8'))
    >>> note
    'pixels are whole numbers 0..1, scaled to 0..255'
    >>> to_usual_scale("mine", drawing * 255)[1] is None
    True
    """
    if image.ndim < 3 or image.size == 0 or image.dtype.kind not in "uif":
        return image, None
    known = image if scale_of is None else scale_of
    span = _Range(float(known.min()), float(known.max()))
    if image.dtype.kind == "f":
        return _scale_floats(name, image, span)
    return _scale_whole_numbers(name, image, span)


def _scale_whole_numbers(
    name: str, image: np.ndarray, span: _Range
) -> tuple[np.ndarray, str | None]:
    # Negative numbers of 8 bits are larger ones that wrapped around: nothing to make sense of.
    if image.dtype == np.int8 and span.low < 0:
        return image, None
    if span.low < 0 or span.high > 255:
        return _stretch(name, image, span), f"pixels are whole numbers {span}, scaled to 0..1"
    if not 0 < span.high <= _MOST_LEVELS:
        return image, None
    scaled = np.rint(image * (255 / span.high)).clip(0, 255).astype(np.uint8)
    return scaled, f"pixels are whole numbers 0..{span.high:g}, scaled to 0..255"


def _scale_floats(name: str, image: np.ndarray, span: _Range) -> tuple[np.ndarray, str | None]:
    # NaN and infinite pixels are reported elsewhere.
    if not np.isfinite(span).all():
        return image, None
    if span.low < -_HARMLESS or span.high > 255 + _ROUNDING:
        return _stretch(name, image, span), f"pixels are floats {span}, scaled to 0..1"

    # Images as generative models take them use all of -1..1.
    if -1 - _ROUNDING <= span.low < -0.9 and 0.9 < span.high <= 1 + _ROUNDING:
        return _rescale(image, _Range(-1, 1)), "pixels are floats -1..1, scaled to 0..1"

    if span.low < 0 or span.high <= _HARMLESS:
        return image, None
    white = 16 if span.high <= _MOST_LEVELS else 255
    return _rescale(image, _Range(0, white)), f"pixels are floats 0..{white}, scaled to 0..1"


def _stretch(name: str, image: np.ndarray, span: _Range) -> np.ndarray:
    """Bring the range that the pixels have to 0..1: float32."""
    scaled = _rescale(image, span)
    if scaled.std() < _LEAST_SPREAD:
        raise InvalidInputError(
            f"{name}: pixels span {span}, and almost all of them are the same on that scale; clip "
            "the few that are far from the others, and bring all to 0..1"
        )
    return scaled


def _rescale(image: np.ndarray, span: _Range) -> np.ndarray:
    """Bring `span` to 0..1: float32, without a copy in the dtype of `image`."""
    scaled: np.ndarray = np.subtract(image, span.low, dtype=np.float32, casting="unsafe")
    scaled /= np.float32(span.high - span.low)
    return scaled
