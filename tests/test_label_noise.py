"""What the benchmark of wrong labels is made of."""

import sys

import numpy as np
import pytest

from conftest import ROOT

sys.path.append(str(ROOT / "benchmarks"))

from helpers.detectors import by_neighbours, suspicions
from helpers.label_noise import KINDS, confused_with, with_noise


@pytest.fixture
def clusters():
    """Four classes around the corners of a long rectangle: 0 is near 1, and 2 near 3."""
    random = np.random.default_rng(0)
    label = np.arange(400) % 4
    corner = np.array([[0, 0], [3, 0], [30, 0], [33, 0]])
    return corner[label] + random.normal(size=(400, 2)), label


@pytest.mark.parametrize("kind", KINDS)
def test_so_many_labels_are_changed_and_always_the_same(clusters, kind):
    points, label = clusters
    noisy, changed = with_noise(kind, points, label, 0.1, seed=3)
    assert changed.sum() == 40
    np.testing.assert_array_equal(changed, noisy != label)
    np.testing.assert_array_equal(noisy, with_noise(kind, points, label, 0.1, seed=3)[0])
    assert set(noisy) <= set(label)


def test_confused_classes_are_neighbours(clusters):
    points, label = clusters
    np.testing.assert_array_equal(confused_with(points, label), [1, 0, 3, 2])
    noisy, changed = with_noise("confusion", points, label, 0.1, seed=0)
    np.testing.assert_array_equal(noisy[changed], label[changed] ^ 1)


def test_noise_by_features_is_near_the_border(clusters):
    points, label = clusters
    _, changed = with_noise("features", points, label, 0.1, seed=0)
    toward = np.where(label % 2, -points[:, 0], points[:, 0])
    own = np.array([0, -3, 30, -33])[label]
    assert (toward - own)[changed].mean() > (toward - own)[~changed].mean() + 0.5


def test_neighbours_disagree_with_wrong_labels(clusters):
    points, label = clusters
    noisy, changed = with_noise("uniform", points, label, 0.05, seed=0)
    disagreement = by_neighbours(points, noisy).suspicion["disagreement"]
    assert disagreement[changed].mean() > 0.7
    assert disagreement[~changed].mean() < 0.3


def test_scores_of_label_quality():
    probability = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    found = suspicions(probability, np.array([0, 1]))
    np.testing.assert_allclose(found["self_confidence"], [-0.7, -0.3])
    np.testing.assert_allclose(found["normalized_margin"], [-0.5, 0.3])
