import numpy as np
import pytest
from PIL import Image

from cscore_data.gallery.sheets import Encoding, choose_encoding, write_sheets
from cscore_data.gallery.tiles import TileSize, full_size, tile


def cut(folder, known, place):
    """A picture from the sheets, where the page looks for it."""
    sheet = np.asarray(Image.open(folder / f"{place // known['perSheet']}.webp"))
    line, column = divmod(place % known["perSheet"], known["columns"])
    top, left = line * known["height"], column * known["width"]
    return sheet[top : top + known["height"], left : left + known["width"]]


@pytest.mark.parametrize("shape", [(8, 8), (8, 5, 3), (6, 8, 1), (3, 9, 9), (7, 7, 4)])
def test_small_pictures_come_back_as_they_were(tmp_path, shape):
    image = np.random.default_rng(0).integers(0, 256, (1100, *shape), dtype=np.uint8)
    rows = np.random.default_rng(1).permutation(1100)
    known = write_sheets(tmp_path, image, rows)
    assert (known["kind"], known["scaledDown"]) == ("image", False)
    assert len(list(tmp_path.iterdir())) == -(-1100 // known["perSheet"])
    for place in (0, 500, 1099):
        expected = tile(image[rows[place]], full_size(image))
        found = cut(tmp_path, known, place)
        grey = found if expected.ndim == 3 else found[..., 0]
        assert np.array_equal(grey, expected)


def test_floats_are_scaled_to_their_own_range():
    image = np.array([[-1.0, 0.0], [1.0, np.nan]])
    assert tile(image, TileSize(2, 2)).tolist() == [[0, 128], [255, 0]]


def test_pictures_with_and_without_opacity_have_one_layout():
    opaque = np.full((2, 4, 4, 4), 9, np.uint8)
    opaque[1, ..., 3] = 0
    tiles = [tile(image, TileSize(4, 4)) for image in opaque]
    assert [pixels.shape for pixels in tiles] == [(4, 4, 4), (4, 4, 4)]
    assert (tiles[1][..., 3] == 255).all()


def test_large_pictures_are_scaled_down():
    image = np.random.default_rng(0).integers(0, 256, (3, 300, 200, 3), dtype=np.uint8)
    encoding = choose_encoding(image)
    assert max(encoding.size) <= 128
    assert encoding.size.height > encoding.size.width
    assert encoding.quality is not None


def test_pictures_that_are_hard_to_compress_lose_some_quality():
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), dtype=np.uint8)
    assert choose_encoding(noise // 128 * 255) == Encoding(TileSize(64, 64), None)
    assert choose_encoding(noise).quality is not None


def test_a_sheet_has_few_pictures_and_pixels():
    for side in (1, 28, 128, 5000):
        encoding = Encoding(TileSize(side, side), 75)
        assert 1 <= encoding.columns <= 32
        assert 1 <= encoding.per_sheet <= 1024
