import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.scores.label_flips import fit_flips


def uncontradicted(count=1000, classes=10):
    label = np.arange(count) % classes
    return np.full(count, 4.0), label, label.copy()


def test_nothing_changes_where_models_agree_with_all_labels():
    margin, label, suggested = uncontradicted()
    found = fit_flips(margin, label, suggested, suggested != label)
    np.testing.assert_array_equal(found.margin, margin)
    assert not found.probability.any()


def test_flips_that_are_equally_frequent_keep_the_order_of_their_margins():
    margin, label, suggested = uncontradicted(9000)
    # From each class to each other, twice.
    row = np.arange(180)
    label[row], suggested[row] = row % 10, (row % 10 + 1 + row // 10 % 9) % 10
    margin[row] = -np.linspace(1, 6, 180)
    found = fit_flips(margin, label, suggested, suggested != label)
    place = np.argsort(np.argsort(found.margin[row]))
    np.testing.assert_array_equal(place, row[::-1])
    assert abs(found.margin - margin).max() < 0.1


def test_a_frequent_flip_is_more_probable_than_a_rare_one_with_the_same_margin():
    margin, label, suggested = uncontradicted()
    # Every second example of class 1 is labelled 2, and one of class 3 is labelled 4.
    flipped = np.flatnonzero(label == 1)[::2]
    label[flipped] = 2
    rare = np.flatnonzero(label == 3)[0]
    label[rare] = 4
    margin[suggested != label] = -2
    found = fit_flips(margin, label, suggested, suggested != label)
    assert (found.margin[flipped] < -2).all()
    assert found.margin[rare] > -2
    assert found.probability[flipped].min() > 0.9 > found.probability[rare]


@pytest.mark.parametrize("scale", [0.5, 8.0])
def test_networks_that_are_more_sure_of_all_they_say_change_nothing(scale):
    random = np.random.default_rng(0)
    margin, label, suggested = uncontradicted()
    suggested[:200] = random.integers(10, size=200)
    margin[:200] = random.normal(-2, 2, 200)
    contradicted = suggested != label
    found = fit_flips(margin, label, suggested, contradicted)
    scaled = fit_flips(margin * scale, label, suggested, contradicted)
    np.testing.assert_allclose(scaled.margin, found.margin * scale)
    np.testing.assert_allclose(scaled.probability, found.probability)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(1, 4), st.integers(0, 1000))
def test_any_labels_and_votes_have_probabilities(examples, classes, seed):
    random = np.random.default_rng(seed)
    label, suggested = random.integers(-1, classes, (2, examples))
    margin = random.choice([np.nan, 0.0, -3.0, 30.0, -300.0], examples)
    contradicted = (suggested != label) & random.choice([True, False], examples)
    found = fit_flips(margin, label, suggested, contradicted)
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    np.testing.assert_array_equal(np.isnan(found.margin), np.isnan(margin))
    np.testing.assert_array_equal(found.margin[~contradicted], margin[~contradicted])
    assert not np.isinf(found.margin).any()


def one_kind_of_flips():
    """600 examples of three classes; of class 0, 30 are labelled 1."""
    random = np.random.default_rng(0)
    label = np.arange(600) % 3
    suggested = label.copy()
    flipped = np.flatnonzero(label == 0)[:30]
    label[flipped] = 1
    margin = np.where(suggested == label, random.normal(4, 1, 600), random.normal(-3, 1, 600))
    return margin, label, suggested


def test_examples_that_were_never_held_out_change_nothing():
    margin, label, suggested = one_kind_of_flips()
    found = fit_flips(margin, label, suggested, suggested != label)
    more = [np.full(900, value) for value in (np.nan, 2, -1)]
    margin, label, suggested = map(
        np.concatenate, zip((margin, label, suggested), more, strict=True)
    )
    contradicted = (suggested != label) & np.isfinite(margin)
    longer = fit_flips(margin, label, suggested, contradicted)
    np.testing.assert_array_equal(longer.margin[:600], found.margin)
    np.testing.assert_array_equal(longer.probability[:600], found.probability)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_margin_leaves_the_others_their_scores(value):
    margin, label, suggested = one_kind_of_flips()
    expected = fit_flips(margin, label, suggested, suggested != label).margin
    margin[-1] = value
    found = fit_flips(margin, label, suggested, suggested != label).margin
    assert found[-1] == value
    np.testing.assert_allclose(found[:-1], expected[:-1], atol=0.1)


def test_margins_too_large_for_arithmetic_stay_as_they_are():
    margin, label, suggested = one_kind_of_flips()
    with np.errstate(over="ignore"):
        found = fit_flips(margin * 1e200, label, suggested, suggested != label)
    np.testing.assert_array_equal(found.margin, margin * 1e200)
