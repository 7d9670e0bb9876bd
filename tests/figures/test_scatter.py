"""Classes as dots: names never cover each other."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cscore_data.figures.scatter import Box, class_scatter


@pytest.fixture
def axes():
    return Figure(figsize=(6, 6)).add_subplot()


def make_statistics(mean, spread):
    size = np.arange(1, len(mean) + 1)
    variables = {"mean": ("label", mean), "spread": ("label", spread), "size": ("label", size)}
    return xr.Dataset(variables, {"label": np.arange(len(mean))})


def test_every_class_is_named_where_there_is_room(axes):
    statistics = make_statistics([0.1, 0.5, 0.9], [0.1, 0.3, 0.2])
    class_scatter(axes, statistics, class_names=["cat", "dog", "automobile"])
    assert sorted(text.get_text() for text in axes.texts) == ["automobile", "cat", "dog"]


def test_names_of_classes_never_cover_each_other(axes):
    random = np.random.default_rng(0)
    statistics = make_statistics(random.random(300), random.random(300))
    class_scatter(axes, statistics, class_names=["name"] * 300)
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert 5 < len(boxes) < 300
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:index])


def test_a_name_stands_on_the_left_where_the_right_has_no_room(axes):
    statistics = make_statistics([0.1, 0.9], [0.1, 0.2])
    class_scatter(axes, statistics, class_names=["left", "right " * 5])
    sides = {text.get_text(): text.get_horizontalalignment() for text in axes.texts}
    assert sides == {"left": "left", "right " * 5: "right"}


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (Box(0.5, 0.5, 2, 2), True),
        (Box(0.2, 0.2, 0.8, 0.8), True),
        (Box(0.5, 0.5, 0.5, 0.5), True),
        (Box(1, 0, 2, 1), False),
        (Box(0.5, 2, 0.6, 3), False),
    ],
)
def test_boxes_that_only_touch_do_not_overlap(other, overlaps):
    box = Box(0, 0, 1, 1)
    assert box.overlaps(other) == other.overlaps(box) == overlaps
