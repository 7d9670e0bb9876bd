"""Images of any layout and range: each is drawn as what it is."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from cscore_data.figures.images import draw_image
from cscore_data.figures.pixels import as_pixels, layout_note

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shape", "drawn", "words"),
    [
        ((8, 6), (8, 6), ""),
        ((8, 6, 1), (8, 6), ""),
        ((8, 6, 3), (8, 6, 3), ""),
        ((8, 6, 2), (8, 6), "2 channels; their mean is drawn"),
        ((8, 6, 13), (8, 6), "13 channels; their mean is drawn"),
        ((3, 8, 6), (8, 6, 3), ""),
        ((1, 8, 6), (8, 6), ""),
        ((4, 4, 4, 1), (4, 4), "the mean over the last 2 axes is drawn"),
        ((8, 6, 1, 1), (8, 6), ""),
        ((5, 6, 7, 3), (5, 6), "shape (5, 6, 7, 3)"),
        ((5,), (1, 5), ""),
    ],
)
def test_every_layout_is_drawn_and_what_is_not_plain_is_said(shape, drawn, words):
    image = RANDOM.integers(0, 256, shape, dtype=np.uint8)
    assert as_pixels(image)[0].shape == drawn
    note = layout_note(shape)
    assert words in note
    assert bool(note) == bool(words)


def test_channels_that_come_first_are_turned():
    image = RANDOM.integers(0, 256, (8, 6, 3), dtype=np.uint8)
    turned, _ = as_pixels(np.moveaxis(image, -1, 0))
    assert np.array_equal(turned, as_pixels(image)[0])


def test_the_mean_of_channels_keeps_the_scale_of_pixels():
    image = np.stack([np.full((2, 2), 10), np.full((2, 2), 30)], -1).astype(np.uint8)
    pixels, limits = as_pixels(image)
    assert (pixels == 20).all()
    assert limits == (0, 255)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "values",
    [
        [-3e38, 0, 3e38],
        [1e-40, 2e-40, 3e-40],
        [np.nan, 0, 1],
        [-np.inf, np.inf, np.nan],
        [7, 7, 7],
    ],
)
def test_values_of_any_range_are_scaled(values, channels):
    image = np.resize(np.array(values, np.float32), (3, 3, channels))
    pixels, (low, high) = as_pixels(image)
    assert np.isfinite([low, high]).all()
    if pixels.ndim == 3:
        assert pixels.shape[-1] == 3
        assert ((pixels >= 0) & (pixels <= 1)).all()


def test_opacity_is_drawn_unless_it_hides_everything():
    image = RANDOM.integers(1, 256, (4, 4, 4), dtype=np.uint8)
    assert as_pixels(image)[0].shape == (4, 4, 4)
    image[..., 3] = 0
    assert as_pixels(image)[0].shape == (4, 4, 3)


@pytest.mark.parametrize("dtype", [bool, np.int16, np.uint16, np.float16, np.float64])
def test_other_numbers_reach_from_black_to_white(dtype):
    pixels, (low, high) = as_pixels(np.array([[0, 1], [1, 0]], dtype))
    assert (pixels.min(), pixels.max()) == (low, high) == (0, 1)


@pytest.mark.parametrize(("shape", "sides"), [((20, 10), (0.46, 0.92)), ((1, 90), (0.92, 0.138))])
def test_images_keep_their_proportions_and_stay_visible(shape, sides):
    axes = Figure().add_subplot()
    draw_image(axes, np.zeros(shape, np.uint8), 0, 0, "caption")
    left, right, bottom, top = axes.images[0].get_extent()
    assert (right - left, bottom - top) == pytest.approx(sides)
