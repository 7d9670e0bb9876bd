import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from cscore_data.data.images import decode_images
from cscore_data.data.options import LoadOptions
from cscore_data.errors import InvalidInputError
from encoded_images import COLOUR, GREY, encode


def decoded(*files, **options):
    return decode_images("here", files, LoadOptions(**options)).image


def test_png_grey_and_colour_are_exact():
    for images in (GREY, COLOUR):
        np.testing.assert_array_equal(decoded(*[encode(pixels) for pixels in images]), images)


def test_lossless_modes_and_formats():
    black_white = Image.fromarray(GREY[0]).convert("1")
    palette = Image.fromarray(COLOUR[0]).quantize(8)
    np.testing.assert_array_equal(decoded(encode(black_white))[0], black_white.convert("L"))
    np.testing.assert_array_equal(decoded(encode(palette))[0], palette.convert("RGB"))
    for form in ("bmp", "ppm", "tiff"):
        np.testing.assert_array_equal(decoded(encode(COLOUR[0], form))[0], COLOUR[0])


def test_an_alpha_channel_without_effect_is_left_out():
    with_alpha = Image.fromarray(COLOUR[0]).convert("RGBA")
    np.testing.assert_array_equal(decoded(encode(with_alpha))[0], COLOUR[0])
    with_alpha = Image.fromarray(GREY[0]).convert("LA")
    np.testing.assert_array_equal(decoded(encode(with_alpha))[0], GREY[0])


def test_jpegs_for_print_become_rgb():
    image = Image.fromarray(COLOUR[0]).convert("CMYK")
    assert decoded(encode(image, "jpeg")).shape == (1, 6, 5, 3)


def test_jpeg_is_what_pillow_makes_of_it():
    data = encode(COLOUR[0], "jpeg")
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(decoded(data)[0], image)


@pytest.mark.parametrize("turn", range(1, 9))
def test_images_are_turned_as_exif_says(turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    for form in ("jpeg", "png", "webp"):
        data = encode(COLOUR[0], form, exif=exif)
        with Image.open(io.BytesIO(data)) as image:
            np.testing.assert_array_equal(decoded(data)[0], ImageOps.exif_transpose(image))


def test_exif_that_cannot_be_read_is_ignored():
    data = encode(COLOUR[0], "jpeg", exif=b"Exif\0\0nothing of use")
    np.testing.assert_array_equal(decoded(data), decoded(encode(COLOUR[0], "jpeg")))


def test_grey_images_among_others_become_rgb():
    files = [encode(GREY[0]), encode(GREY[1]), encode(COLOUR[2]), encode(GREY[3])]
    found = decode_images("here", files)
    in_colour = np.repeat(GREY[:4, :, :, np.newaxis], 3, axis=-1)
    in_colour[2] = COLOUR[2]
    np.testing.assert_array_equal(found.image, in_colour)
    assert found.notes == ("3 of 4 images are grey, the others in colour: all are read as RGB",)


def test_images_are_resized_from_the_square_in_their_centre():
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, 2:10] = 200
    tall = wide.transpose(1, 0, 2).copy()
    found = decoded(encode(wide), encode(tall), encode(wide[:, 4:8]), size=2)
    assert found.shape == (3, 2, 2, 3)
    assert (found == 200).all()


def test_large_jpegs_are_resized_to_nearly_the_same_as_in_full():
    smooth = Image.fromarray(COLOUR[0]).resize((400, 400), Image.Resampling.BICUBIC)
    found = decoded(encode(smooth, "jpeg", quality=95), size=8)[0]
    expected = np.asarray(smooth.resize((8, 8), Image.Resampling.BILINEAR))
    assert np.abs(found.astype(int) - expected).max() <= 6


def test_damaged_images_are_left_out_on_request():
    files = [b"no image", encode(COLOUR[1]), encode(COLOUR[2], "jpeg")[:-100], encode(COLOUR[3])]
    found = decode_images("here", files, LoadOptions(skip_damaged=True))
    np.testing.assert_array_equal(found.image, COLOUR[[1, 3]])
    assert found.kept.tolist() == [False, True, False, True]
    assert found.notes == ("2 damaged images of 4 left out: image 0, image 2",)
    examples = found.with_labels(np.arange(4), filename=np.array(list("abcd")))
    assert examples.label.tolist() == examples.index.tolist() == [1, 3]
    assert examples.filename.tolist() == ["b", "d"]


def test_images_that_are_all_damaged_are_refused():
    with pytest.raises(InvalidInputError, match="here: none of 2 images can be decoded"):
        decoded(b"no image", b"", skip_damaged=True)


def test_many_images_are_decoded_in_order_by_several_threads(tmp_path):
    files = []
    for row in range(100):
        files.append(tmp_path / f"{row}.png")
        files[-1].write_bytes(encode(np.full((3, 3), row, np.uint8)))
    np.testing.assert_array_equal(decoded(*files)[:, 0, 0], np.arange(100))
    files[70].write_bytes(b"no image")
    files[30].unlink()
    with pytest.raises(InvalidInputError, match="image 30 cannot be decoded"):
        decoded(*files)


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
            "images differ in size: image 0 has 5 x 6 pixels, image 1 has 5 x 5; .* --size 32",
        ),
        (
            encode(Image.fromarray(np.dstack([COLOUR[0], GREY[0]]), "RGBA")),
            r"transparent pixels \(mode RGBA\), expected 8-bit grey or RGB",
        ),
        (
            encode(Image.fromarray(GREY[0].astype(np.uint16))),
            "mode I;16, expected 8-bit grey or RGB",
        ),
        (encode(Image.fromarray(COLOUR[0]).quantize(8), transparency=0), "without transparency"),
        (huge_png(9000, 9000), "9000 x 9000 pixels, mode L, expected .* at most 16777216 pixels"),
        (huge_png(10_000, 10_000), "image 1 cannot be decoded"),
        (huge_png(100_000, 100_000), "image 1 cannot be decoded"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:40],
)
def test_images_that_are_refused(data, message):
    with pytest.raises(InvalidInputError, match=message):
        decoded(encode(COLOUR[1]), data)


def test_images_beyond_memory_are_refused(monkeypatch):
    monkeypatch.setattr("cscore_data.data.file_checks.memory_size", lambda: 100)
    with pytest.raises(InvalidInputError, match="here: unpacks to 180 bytes, this machine has 100"):
        decoded(encode(COLOUR[0]), encode(COLOUR[1]))


@pytest.mark.parametrize("size", [None, 8])
def test_decompression_bombs_are_refused_in_one_line(size):
    for width in (9000, 12_000, 100_000):
        with pytest.raises(InvalidInputError, match="image 0") as caught:
            decoded(huge_png(width, width), size=size)
        assert "\n" not in str(caught.value)
