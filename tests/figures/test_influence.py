import numpy as np
import pytest

from cscore_data import influential_pairs
from cscore_data.errors import InvalidInputError
from cscore_data.figures.influence import influence, notable_targets
from cscore_data.testing import make_cube


@pytest.fixture
def pairs():
    cube = make_cube(runs=20, examples=12, test_examples=6, seed=2)
    return influential_pairs(cube, 0.5, top=2)


def texts(figure):
    (axes,) = figure.axes
    return [text.get_text() for text in axes.texts]


def test_each_target_stands_beside_its_helpers(pairs):
    random = np.random.default_rng(0)
    figure = influence(
        pairs, random.random((12, 3, 3)), random.random((6, 3, 3)), class_names=["ant", "bee"]
    )
    found = texts(figure)
    target = int(notable_targets(pairs, 1)[0])
    helper = int(pairs["helps"].values[target, 0])
    value = float(pairs["helps_influence"].values[target, 0])
    assert any(text.startswith(f"#{target}\n") for text in found)
    assert any(text.startswith(f"{value:+.2f}") and f"#{helper} " in text for text in found)
    assert any("ant" in text for text in found)
    assert {"helped most by training on", "hurt most by training on"} <= set(found)


def test_no_two_targets_have_the_same_strongest_helper(pairs):
    shown = notable_targets(pairs, 6)
    helpers = pairs["helps"].values[shown, 0]
    assert len(set(helpers)) == len(helpers)
    strongest = pairs["helps_influence"].values[shown, 0]
    assert (np.diff(strongest) <= 0).all()


def test_rows_of_features_are_refused(pairs):
    with pytest.raises(InvalidInputError, match="--kind influence needs images"):
        influence(pairs, np.zeros((12, 40)), np.zeros((6, 40)))


def test_pairs_without_any_helper_are_refused(pairs):
    without = pairs.assign(helps_influence=pairs["helps_influence"] * np.nan)
    with pytest.raises(InvalidInputError, match="no example helps a target"):
        influence(without, np.zeros((12, 3, 3)), np.zeros((6, 3, 3)))
