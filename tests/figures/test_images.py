"""Images on real axes: what is drawn where. Nobody looks at pixels here."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cscore_data.figures.images import draw_image, extreme_examples, image_strip


@pytest.fixture
def axes():
    return Figure(figsize=(6, 6)).add_subplot()


def make_scores(values, label):
    coords = {"example": np.arange(len(values)), "label": ("example", label)}
    return xr.Dataset({"cscore": ("example", np.asarray(values, float))}, coords)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def gray_levels(axes):
    """Gray level of each image that is one gray, by its column and row."""
    levels = {}
    for image in axes.images:
        left, _, _, top = image.get_extent()
        levels[round(left), round(top / 1.32)] = float(image.get_array().flat[0])
    return levels


def test_rows_are_classes_and_run_from_high_to_low(axes):
    random = np.random.default_rng(0)
    label = np.repeat([4, 7], 10)
    value = random.permutation(20) / 20
    image = (value[:, None, None] * 200).astype(np.uint8) * np.ones((1, 3, 3), np.uint8)
    names = ["a", "b", "c", "d", "four"]
    extreme_examples(axes, make_scores(value, label), image, columns=3, class_names=names)
    assert {"four", "7"} <= set(texts(axes))
    levels = gray_levels(axes)
    for row, name in enumerate((4, 7)):
        ordered = np.sort((value[label == name] * 200).astype(int))[::-1]
        columns = sorted(column for column, image_row in levels if image_row == row)
        drawn = [levels[column, row] for column in columns]
        assert drawn == [*ordered[:3], *ordered[-3:]]


def test_examples_without_a_score_and_small_classes_are_drawn_without_repetition(axes):
    scores = make_scores([0.1, np.nan, 0.5, np.nan, np.nan], [0, 0, 0, 1, 1])
    extreme_examples(axes, scores, np.zeros((5, 2, 2), np.uint8), columns=4)
    assert len(axes.images) == 2
    captions = [text for text in texts(axes) if text.startswith("0.")]
    assert captions == ["0.500\n#2", "0.100\n#0"]


@pytest.mark.parametrize("shape", [(5,), (4, 4), (4, 4, 1), (4, 4, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_images_of_every_form_are_drawn(axes, shape, dtype):
    image = (np.random.default_rng(0).random((6, *shape)) * 255).astype(dtype)
    image_strip(axes, image, ["A\nB"] * 6, title="title", columns=3)
    assert len(axes.images) == 6
    axes.figure.canvas.draw()


def test_float_images_are_scaled_to_their_own_range(axes):
    draw_image(axes, np.array([[[-2.0, 0.0, 2.0]]]), 0, 0, "caption")
    assert axes.images[0].get_array().ravel().tolist() == [0, 0.5, 1]


def test_constant_float_images_are_drawn(axes):
    draw_image(axes, np.full((2, 2, 3), 7.0), 0, 0, "caption")
    axes.figure.canvas.draw()
    assert np.isfinite(axes.images[0].get_array()).all()
