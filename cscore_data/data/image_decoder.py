"""Decoding of a single image: PNG, JPEG, WebP, BMP, PPM or TIFF."""

import io
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cscore_data.errors import InvalidInputError, reason

if TYPE_CHECKING:
    from PIL.Image import Image

#: No format that starts another program (EPS does) or that image data sets do not use.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "PPM", "TIFF")

#: Largest number of pixels of an image. Data sets are held in memory, so their images are small;
#: a decompression bomb declares a large one.
_LARGEST = 1 << 24

#: The same for images that are resized, such as photographs, of which one per core is in memory.
_LARGEST_RESIZED = 1 << 26

#: The modes of PIL that become arrays, and the mode to convert each to: grey (height, width) or
#: colour (height, width, 3). Those with an alpha channel do so if nothing is transparent.
_MODES = {
    "1": "L",
    "L": "L",
    "LA": "L",
    "P": "RGB",
    "PA": "RGB",
    "RGB": "RGB",
    "RGBA": "RGB",
    "CMYK": "RGB",
    "YCbCr": "RGB",
}

#: Where the formats keep how an image is to be turned. Few images say so, and only of those are all
#: tags parsed.
_ORIENTATION = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")


class DamagedImageError(Exception):
    """An image that cannot be decoded; the text says why."""


def decode_image(file: bytes | Path, size: int | None = None) -> np.ndarray:
    """Decode one image, turned upright as its EXIF tags say.

    Parameters
    ----------
    file : bytes or Path
        The encoded image, or where it is.
    size : int, optional
        Height and width to bring it to: the largest square in its centre is resized.

    Returns
    -------
    uint8 (height, width) or (height, width, 3)
        Grey or colour.

    Raises
    ------
    DamagedImageError
        If it cannot be decoded.
    InvalidInputError
        If it has transparent pixels, more than 8 bits per channel or too many pixels; the text has
        no subject: ``has ..., expected ...``.

    Examples
    --------
    >>> import PIL.Image
    >>> file = io.BytesIO()
    >>> PIL.Image.new("RGB", (8, 4)).save(file, "png")
    >>> decode_image(file.getvalue()).shape, decode_image(file.getvalue(), size=2).shape
    ((4, 8, 3), (2, 2, 3))
    """
    import PIL.Image

    try:
        opened = io.BytesIO(file) if isinstance(file, bytes) else file
        with PIL.Image.open(opened, formats=_FORMATS) as image:
            # Only the header is read so far.
            _check_supported(image, size)
            if size is not None:
                # JPEG decodes to a half, a quarter or an eighth in a fraction of the time.
                image.draft(None, (2 * size, 2 * size))
            return _pixels(image, size)
    except InvalidInputError:
        raise
    # The decoders of PIL let through whatever happens to them: SyntaxError, struct.error, …
    except Exception as error:
        raise DamagedImageError(reason(error)) from error


def _check_supported(image: "Image", size: int | None) -> None:
    largest = _LARGEST if size is None else _LARGEST_RESIZED
    if image.mode in _MODES and image.width * image.height <= largest:
        return
    raise InvalidInputError(
        f"has {image.width} x {image.height} pixels, mode {image.mode}, expected 8-bit grey or RGB "
        f"and at most {largest} pixels; convert the images"
    )


def _pixels(image: "Image", size: int | None) -> np.ndarray:
    import PIL.Image
    import PIL.ImageOps

    upright = image
    if any(key in image.info for key in _ORIENTATION):
        # Tags that cannot be parsed say nothing about the image.
        with suppress(Exception):
            upright = PIL.ImageOps.exif_transpose(image)
    mode = _MODES[image.mode]
    if image.has_transparency_data:
        upright = _opaque(upright)
    if upright.mode != mode:
        upright = upright.convert(mode)
    if size is not None and upright.size != (size, size):
        upright = PIL.ImageOps.fit(upright, (size, size), PIL.Image.Resampling.BILINEAR)
    return np.asarray(upright)


def _opaque(image: "Image") -> "Image":
    """The image without its alpha channel, if that has no effect."""
    with_alpha = image.convert("RGBA")
    least, _ = with_alpha.getchannel("A").getextrema()
    if least != 255:
        raise InvalidInputError(
            f"has transparent pixels (mode {image.mode}), expected 8-bit grey or RGB without "
            "transparency; convert the images, laid on the background of your choice"
        )
    return with_alpha
