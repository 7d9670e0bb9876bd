"""Decoding of PNG, JPEG, WebP and BMP images into one array."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cscore_data.data.file_checks import check_fits
from cscore_data.errors import InvalidInputError, reason

if TYPE_CHECKING:
    from PIL.Image import Image

#: No format that starts another program (EPS does) or that image data sets do not use.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")

#: Largest number of pixels of an image. Data sets are held in memory, so their images are small;
#: a decompression bomb declares a large one.
_PIXELS_LIMIT = 1 << 24

#: The modes of PIL that become arrays without loss, and the mode to convert each to: grey
#: (height, width) or colour (height, width, 3).
_LOSSLESS_MODES = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB"}


def decode_images(source: str, encoded: Sequence[bytes]) -> np.ndarray:
    """Decode images of one size, all grey or all in colour.

    Parameters
    ----------
    source : str
        Where they come from, for messages.
    encoded : sequence of bytes (example,)

    Returns
    -------
    uint8 (example, height, width) or (example, height, width, 3)

    Raises
    ------
    InvalidInputError
        If an image cannot be decoded, has transparency or more than 8 bits per channel, or has
        another shape than the first one.

    Examples
    --------
    >>> import PIL.Image
    >>> def png(width, height):
    ...     file = io.BytesIO()
    ...     PIL.Image.new("RGB", (width, height)).save(file, "png")
    ...     return file.getvalue()
    >>> decode_images("mine", [png(5, 4), png(5, 4)]).shape
    (2, 4, 5, 3)
    >>> decode_images("mine", [png(5, 4), png(8, 8)])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    cscore_data.errors.InvalidInputError: mine: image 1 has shape (8, 8, 3), expected (4, 5, 3) ...
    """
    if not encoded:
        raise InvalidInputError(f"{source}: found no images")
    first = _decode(source, 0, encoded[0])
    check_fits(source, len(encoded) * first.size)
    images = np.empty((len(encoded), *first.shape), np.uint8)
    for row, data in enumerate(encoded):
        pixels = _decode(source, row, data)
        if pixels.shape != first.shape:
            raise InvalidInputError(
                f"{source}: image {row} has shape {pixels.shape}, expected {first.shape} as "
                "image 0; convert all images to one size, all grey or all in colour"
            )
        images[row] = pixels
    return images


def _decode(source: str, row: int, data: bytes) -> np.ndarray:
    import PIL.Image

    try:
        with PIL.Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            # Only the header is read so far.
            if _is_supported(image):
                return _pixels(image)
            found = f"{image.width} x {image.height} pixels, mode {image.mode}"
    # The decoders of PIL let through whatever happens to them: SyntaxError, struct.error, …
    except Exception as error:
        raise InvalidInputError(
            f"{source}: image {row} cannot be decoded ({reason(error)})"
        ) from error
    raise InvalidInputError(
        f"{source}: image {row} has {found}, expected 8-bit grey or RGB without transparency and "
        f"at most {_PIXELS_LIMIT} pixels; convert the images"
    )


def _is_supported(image: "Image") -> bool:
    if image.width * image.height > _PIXELS_LIMIT:
        return False
    return image.mode in _LOSSLESS_MODES and "transparency" not in image.info


def _pixels(image: "Image") -> np.ndarray:
    mode = _LOSSLESS_MODES[image.mode]
    if image.mode != mode:
        return np.asarray(image.convert(mode))
    return np.asarray(image)
