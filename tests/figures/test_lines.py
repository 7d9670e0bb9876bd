"""Rows of features and texts: words, not barcodes."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cscore_data.figures.lines import content, extreme_lines, is_drawn_as_lines, line_strip

SCORES = xr.Dataset(
    {"cscore": ("example", [0.9, 0.1, 0.5, 0.7])},
    {"example": [10, 11, 12, 13], "label": ("example", [0, 0, 0, 1])},
)
TEXTS = ["good", "bad\n$news$", "so so", "other"]


def texts_of(draw, *arguments, **options):
    axes = Figure(figsize=(4, 4)).add_subplot()
    draw(axes, *arguments, **options)
    axes.figure.draw_without_rendering()
    assert not axes.images
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("dtype", ["U", object, np.dtypes.StringDType()])
def test_texts_are_written_with_score_and_index(dtype):
    texts = np.array(TEXTS, dtype)
    found = texts_of(extreme_lines, SCORES, texts, lines=1, class_names=["kind $a$", "b"])
    assert {r"kind \$a\$", "0.900", "#10", "good", "0.100", "#11", r"bad \$news\$"} <= set(found)
    assert "so so" not in found


def test_features_are_written_as_numbers():
    features = np.array([[5.1, 3.5], [0, 1e7], [1, 2], [3, 4]], np.float32)
    found = texts_of(extreme_lines, SCORES, features)
    assert {"0.900\n0.500", "#10\n#12", "5.1  3.5\n1  2", "0  1e+07"} <= set(found)


def test_a_strip_has_captions_of_its_own():
    found = texts_of(line_strip, SCORES, np.array(TEXTS), [2, 0], ["A", "B"], title="title")
    assert found == ["A\nB", "#12\n#10", "so so\ngood"]


@pytest.mark.parametrize(
    ("example", "shown"),
    [("x" * 300, "x" * 9 + "…"), ("", ""), (np.zeros(100_000), "0  0  0  …"), (np.zeros(0), "")],
)
def test_what_is_too_long_ends_with_an_ellipsis(example, shown):
    assert content(example, 10) == shown


@pytest.mark.parametrize(("shape", "lines"), [((4,), True), ((4, 9), True), ((4, 3, 3), False)])
def test_only_images_are_drawn_as_images(shape, lines):
    assert is_drawn_as_lines(np.zeros(shape)) == lines
