"""What figures take from the scores: names, titles, limits, classes."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.figures import labels


def make_scores(values, label, **attrs):
    coords = {"label": ("example", label)}
    return xr.Dataset({"cscore": ("example", np.asarray(values, float))}, coords, attrs)


def test_if_there_are_many_classes_an_even_sample_is_shown():
    many = make_scores(np.arange(200), np.repeat(np.arange(100), 2))
    assert labels.sample_classes(many, 3).tolist() == [0, 50, 99]
    assert len(labels.sample_classes(many, 1000)) == 100


def test_classes_without_a_score_are_not_sampled():
    scores = make_scores([0.1, np.nan, 0.3], [0, 1, 2])
    assert labels.sample_classes(scores, 10).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("values", "limits"),
    [([0.2, 0.9], (0, 1)), ([-3, 12], (-3, 12)), ([np.nan, 1], (0, 1)), ([7, 7], (6.5, 7.5))],
)
def test_the_limits_are_0_and_1_unless_scores_are_on_another_scale(values, limits):
    assert labels.score_range(make_scores(values, [0, 1])) == limits


@pytest.mark.parametrize(("label", "name"), [(0, "cat"), (1, "1"), (-1, "-1")])
def test_a_class_without_a_name_is_its_number(label, name):
    assert labels.class_name(label, ["cat"]) == name


@pytest.mark.parametrize("name", ["", "  ", "\n", "\N{CJK UNIFIED IDEOGRAPH-732B}" * 3, "\x00"])
def test_a_name_that_cannot_be_seen_is_none(name):
    assert labels.class_name(0, [name]) == "0"


def test_names_are_those_of_their_labels_if_scores_carry_some():
    coords = {"class": [3, 1], "class_name": ("class", np.array(["d", "b"], "T"))}
    names = labels.names_of_classes(xr.Dataset(coords=coords))
    assert [labels.class_name(label, names) for label in range(5)] == ["0", "b", "2", "d", "4"]
    assert labels.names_of_classes(xr.Dataset()) == ()


def test_a_variable_without_a_long_name_is_its_name():
    assert labels.axis_label(xr.DataArray(0, name="cscore")) == "cscore"


def test_scores_without_a_title_get_the_default():
    assert labels.title(make_scores([1], [0]), "scores") == "scores"
    assert labels.title(make_scores([1], [0], title="mine"), "scores") == "mine"
