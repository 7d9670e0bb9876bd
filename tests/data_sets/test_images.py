import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from cscore_data.data.images import decode_images
from cscore_data.errors import InvalidInputError
from encoded_images import COLOUR, GREY, encode


def test_png_grey_and_colour_are_exact():
    for images in (GREY, COLOUR):
        np.testing.assert_array_equal(
            decode_images("here", [encode(pixels) for pixels in images]), images
        )


def test_lossless_modes_and_formats():
    black_white = Image.fromarray(GREY[0]).convert("1")
    palette = Image.fromarray(COLOUR[0]).quantize(8)
    np.testing.assert_array_equal(
        decode_images("here", [encode(black_white)])[0], black_white.convert("L")
    )
    np.testing.assert_array_equal(
        decode_images("here", [encode(palette)])[0], palette.convert("RGB")
    )
    np.testing.assert_array_equal(decode_images("here", [encode(COLOUR[0], "bmp")])[0], COLOUR[0])


def test_jpeg_is_what_pillow_makes_of_it():
    data = encode(COLOUR[0], "jpeg")
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(decode_images("here", [data])[0], image)


def huge_png(width, height):
    """A PNG of a few bytes whose header says that it is large."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(9)))
        + chunk(b"IEND", b"")
    )


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 6\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no image", "image 1 cannot be decoded"),
        (b"", "image 1 cannot be decoded"),
        (encode(COLOUR[0])[:60], "image 1 cannot be decoded"),
        (encode(COLOUR[0])[:-30], "image 1 cannot be decoded"),
        (encode(COLOUR[0], "jpeg")[:-100], "image 1 cannot be decoded"),
        (EPS, "image 1 cannot be decoded"),
        (
            encode(COLOUR[0, :5]),
            r"image 1 has shape \(5, 5, 3\), expected \(6, 5, 3\) as image 0; convert all",
        ),
        (encode(GREY[0]), r"image 1 has shape \(6, 5\), expected \(6, 5, 3\)"),
        (
            encode(Image.fromarray(COLOUR[0]).convert("RGBA")),
            "mode RGBA, expected 8-bit grey or RGB",
        ),
        (
            encode(Image.fromarray(GREY[0].astype(np.uint16))),
            "mode I;16, expected 8-bit grey or RGB",
        ),
        (encode(Image.fromarray(COLOUR[0]).convert("CMYK"), "jpeg"), "mode CMYK, expected"),
        (encode(Image.fromarray(COLOUR[0]).quantize(8), transparency=0), "without transparency"),
        (huge_png(9000, 9000), "9000 x 9000 pixels, mode L, expected .* at most 16777216 pixels"),
        (huge_png(10_000, 10_000), "image 1 cannot be decoded"),
        (huge_png(100_000, 100_000), "image 1 cannot be decoded"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:40],
)
def test_images_that_are_refused(data, message):
    with pytest.raises(InvalidInputError, match=message):
        decode_images("here", [encode(COLOUR[1]), data])


def test_images_beyond_memory_are_refused(monkeypatch):
    monkeypatch.setattr("cscore_data.data.file_checks.memory_size", lambda: 100)
    with pytest.raises(InvalidInputError, match="here: unpacks to 180 bytes, this machine has 100"):
        decode_images("here", [encode(COLOUR[0]), encode(COLOUR[1])])
