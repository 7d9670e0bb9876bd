"""Pictures: what is drawn where, on real axes; nobody looks at pixels here."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cscore_data import plot
from cscore_data.errors import InvalidInputError, StoreError


def scores(values, label):
    attrs = {"long_name": "consistency score: mean of something"}
    coords = {"example": np.arange(len(values)), "label": ("example", label)}
    return xr.Dataset({"cscore": ("example", np.asarray(values, float), attrs)}, coords)


@pytest.fixture
def axes():
    return Figure(figsize=(6, 6)).add_subplot()


def texts(axes):
    return [text.get_text() for text in axes.texts]


def drawn(axes):
    """Grey level and place (column, row) of each image that is one grey."""
    return {
        (round(image.get_extent()[0]), round(image.get_extent()[3] / 1.32)): float(image.get_array().flat[0])
        for image in axes.images
    }


def test_rows_are_classes_and_run_from_high_to_low(axes):
    random = np.random.default_rng(0)
    label = np.repeat([4, 7], 10)
    value = random.permutation(20) / 20
    image = (value[:, None, None] * 200).astype(np.uint8) * np.ones((1, 3, 3), np.uint8)
    plot.extreme_examples(axes, scores(value, label), image, columns=3, class_names=[*"abcd", "four"])
    assert {"four", "7"} <= set(texts(axes))
    found = drawn(axes)
    for row, name in enumerate((4, 7)):
        ordered = np.sort((value[label == name] * 200).astype(int))[::-1]
        levels = [found[column, row] for column in sorted(column for column, r in found if r == row)]
        assert levels == [*ordered[:3], *ordered[-3:]]


def test_examples_without_a_score_and_small_classes_are_no_obstacle(axes):
    value = [0.1, np.nan, 0.5, np.nan, np.nan]
    plot.extreme_examples(axes, scores(value, [0, 0, 0, 1, 1]), np.zeros((5, 2, 2), np.uint8), columns=4)
    assert len(axes.images) == 2
    assert [text for text in texts(axes) if text.startswith("0.")] == ["0.500", "0.100"]


@pytest.mark.parametrize("shape", [(5,), (4, 4), (4, 4, 1), (4, 4, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_images_of_every_form_are_drawn(axes, shape, dtype):
    image = (np.random.default_rng(0).random((6, *shape)) * 255).astype(dtype)
    plot.image_strip(axes, image, ["A\nB"] * 6, title="t", columns=3)
    assert len(axes.images) == 6
    axes.figure.canvas.draw()


def test_of_many_classes_evenly_spread_ones_are_shown():
    many = scores(np.arange(200.0), np.repeat(np.arange(100), 2))
    assert plot.spread_classes(many, 3).tolist() == [0, 50, 99]
    assert len(plot.spread_classes(many, 1000)) == 100


def test_a_histogram_counts_what_has_a_score(axes):
    plot.histogram(axes, scores([0.2, 0.9, np.nan], [0, 1, 1]))
    assert sum(patch.get_height() for patch in axes.patches) == 2
    assert axes.get_title() == "2 examples have a score"
    assert axes.get_xlabel() == "consistency score"
    assert axes.get_xlim() == (0, 1)


def test_scores_on_another_scale_get_axes_of_their_own(axes):
    foreign = scores([-3, 12], [0, 1])
    assert plot.score_range(foreign) == (-3, 12)
    plot.histogram(axes, foreign)
    assert axes.get_xlim() == (-3, 12)


@pytest.mark.parametrize("log", [False, True])
def test_rows_of_histograms(axes, log):
    plot.histogram_rows(axes, [np.array([0.1, 0.1, 0.9]), np.array([np.nan, 0.5])], ["one", "two"], log=log, bins=10)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    first, second = (patch.get_data() for patch in axes.patches)
    high, low = (0.9, 0.9 * np.log(2) / np.log(3)) if log else (0.9, 0.45)
    np.testing.assert_allclose(first.baseline - first.values, [0, high, *[0] * 7, low], atol=1e-12)
    np.testing.assert_allclose(second.baseline - second.values, np.eye(10)[5] * (low if log else 0.9), atol=1e-12)


def test_of_very_many_rows_histograms_are_colours(axes):
    rows = [np.array([row / 100]) for row in range(100)]
    plot.histogram_rows(axes, rows, [str(row) for row in range(100)])
    assert len(axes.patches) == 0
    assert axes.collections[0].get_array().shape == (100, 40)
    assert axes.collections[0].get_rasterized()


def statistics(mean, spread):
    size = np.arange(1, len(mean) + 1)
    columns = {"mean": mean, "spread": spread, "size": size}
    return xr.Dataset({name: ("label", values) for name, values in columns.items()}, {"label": np.arange(len(mean))})


def test_every_class_is_named_where_there_is_room(axes):
    plot.class_scatter(axes, statistics([0.1, 0.5, 0.9], [0.1, 0.3, 0.2]), class_names=["cat", "dog", "automobile"])
    assert sorted(texts(axes)) == ["automobile", "cat", "dog"]


def test_names_of_classes_never_cover_each_other(axes):
    random = np.random.default_rng(0)
    plot.class_scatter(axes, statistics(random.random(300), random.random(300)), class_names=["name"] * 300)
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert 5 < len(boxes) < 300
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_the_best_ratio_is_marked(axes):
    correlation = xr.DataArray([0.5, 0.9, np.nan], {"ratio": [0.1, 0.3, 0.9]}, "ratio")
    plot.ratio_curve(axes, correlation)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0.900 at ratio 0.3"]


def test_constant_profiles_have_no_best_ratio(axes):
    plot.ratio_curve(axes, xr.DataArray([np.nan, np.nan], {"ratio": [0.1, 0.3]}, "ratio"))
    assert axes.get_legend() is None


def test_density_counts_every_common_example(axes):
    a, b = scores([0.1, 0.2, np.nan, 0.9], [0] * 4), scores([0.1, 0.5, 0.5, 1.0], [0] * 4)
    plot.joint_density(axes, a.assign_attrs(title="mine"), b, bins=10)
    assert axes.collections[0].get_array().sum() == 3
    assert axes.collections[0].get_rasterized()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("A: mine", "B: scores")


@pytest.mark.parametrize("suffix", plot.SUFFIXES)
def test_figures_are_written_in_every_form(axes, tmp_path, suffix):
    plot.save(axes.figure, tmp_path / "new" / f"f{suffix}")
    assert (tmp_path / "new" / f"f{suffix}").stat().st_size > 1000


def test_other_suffixes_and_places_are_refused(axes, tmp_path):
    with pytest.raises(InvalidInputError, match=r"ending in \.pdf, \.png, \.svg"):
        plot.save(axes.figure, tmp_path / "f.gif")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        plot.save(axes.figure, tmp_path / "file" / "f.png")
