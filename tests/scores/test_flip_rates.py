import numpy as np
import pytest
from scipy.stats import nbinom

from cscore_data.scores.flip_rates import estimated_shape, expected_rates, kinds_of_flips


def draw_flips(shape, classes=40, of_class=500, share=0.05):
    """Labels and votes with rates of flips from a gamma distribution; None: all alike."""
    random = np.random.default_rng(0)
    usual = share / (classes - 1)
    factor = 1 if shape is None else random.gamma(shape, 1 / shape, (classes, classes))
    rate = np.broadcast_to(usual * factor, (classes, classes)).copy()
    np.fill_diagonal(rate, 0)
    suggested = np.repeat(np.arange(classes), of_class)
    label = suggested.copy()
    for example, of in enumerate(suggested):
        if random.random() < rate[of].sum():
            label[example] = random.choice(classes, p=rate[of] / rate[of].sum())
    return label, suggested, usual


def kinds_and_flips(label, suggested):
    rows = np.flatnonzero(label != suggested)
    kinds, kind = kinds_of_flips(label, suggested, rows, np.ones(len(label), bool))
    return kinds, np.bincount(kind)


@pytest.mark.parametrize("shape", [0.1, 0.5, 2])
def test_the_shape_of_the_rates_is_found(shape):
    label, suggested, _ = draw_flips(shape)
    found = estimated_shape(*kinds_and_flips(label, suggested))
    assert shape / 1.5 < found < shape * 1.5


def test_rates_that_are_all_alike_are_found_to_be():
    label, suggested, usual = draw_flips(None)
    kinds, flips = kinds_and_flips(label, suggested)
    shape = estimated_shape(kinds, flips)
    assert shape > 10
    np.testing.assert_allclose(expected_rates(kinds, flips, usual, shape), usual, rtol=0.4)


def test_without_flips_rates_are_alike():
    label = np.array([0, 1, 1])
    kinds, _ = kinds_of_flips(label, label[::-1], np.array([2]), np.ones(3, bool))
    assert estimated_shape(kinds, np.array([0])) == 50


def test_the_likelihood_is_that_of_negative_binomial_numbers():
    """Against scipy's distribution, with a row for each kind, also for those that are absent."""
    label, suggested, _ = draw_flips(0.3, classes=5, of_class=200, share=0.2)
    flips = np.zeros((5, 5), int)
    np.add.at(flips, (suggested, label), suggested != label)
    numbers = flips[~np.eye(5, dtype=bool)]
    mean = numbers.sum() / len(label) / 4 * 200
    likelihood = {}
    for shape in np.geomspace(50, 0.05, 30):
        likelihood[shape] = nbinom.logpmf(numbers, shape, shape / (shape + mean)).sum()
    best = max(likelihood, key=likelihood.get)
    found = estimated_shape(*kinds_and_flips(label, suggested))
    assert found == pytest.approx(best)


def test_kinds_that_do_not_occur_are_counted():
    label = np.array([0, 0, 1, 2, 2, 1])
    suggested = np.array([0, 1, 1, 2, 1, 1])
    kinds, kind = kinds_of_flips(label, suggested, np.array([1, 4]), np.ones(6, bool))
    assert kind.tolist() == [0, 1]
    assert kinds.examples.tolist() == [4, 4]
    assert kinds.class_examples.tolist() == [1, 4, 1]
    assert kinds.absent.tolist() == [2, 0, 2]
