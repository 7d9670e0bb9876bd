import numpy as np
import pytest
import xarray as xr

from cscore_data import find_mislabelled
from cscore_data.errors import InvalidInputError
from cscore_data.scores.margin_mixture import fit_margins


def make_scores(margin, label, vote, **coords):
    examples = len(margin)
    return xr.Dataset(
        {
            "cscore": ("example", np.full(examples, 0.5)),
            "margin": ("example", np.array(margin, float)),
            "margin_stderr": ("example", np.full(examples, 0.25)),
            "vote": ("example", np.array(vote)),
            "vote_share": ("example", np.full(examples, 0.75)),
        },
        {"example": np.arange(examples) + 10, "label": ("example", np.array(label)), **coords},
        {"dataset": "mine"},
    )


@pytest.fixture
def known():
    """900 right labels, 60 hard examples that are contradicted, 40 wrong labels, in that order."""
    random = np.random.default_rng(0)
    margin = np.concatenate(
        [random.normal(4, 1, 900), -random.gamma(2, 0.8, 60), random.normal(-8, 1, 40)]
    )
    vote = np.repeat([0, 1], [900, 100])
    return make_scores(margin, np.zeros(1000, int), vote)


def test_the_lowest_margin_comes_first_and_no_margin_last():
    scores = make_scores([3, -2, np.nan, 0], [0, 0, 0, 0], [0, 1, -1, 1])
    suspects = find_mislabelled(scores)
    np.testing.assert_array_equal(suspects["example"], [11, 13, 10, 12])
    np.testing.assert_array_equal(suspects["suggested"], [1, 1, 0, -1])
    np.testing.assert_array_equal(suspects["share"], [0.75] * 4)
    np.testing.assert_array_equal(suspects["stderr"], [0.25] * 4)
    assert not suspects["mislabelled"].values[-1]
    assert suspects.attrs["title"] == "Suspicious labels of mine"


def test_wrong_labels_are_told_from_hard_examples(known):
    suspects = find_mislabelled(known)
    called = suspects["example"].values[suspects["mislabelled"].values] - 10
    assert suspects.attrs["is_separated"] == 1
    assert np.isin(np.arange(960, 1000), called).mean() > 0.9
    assert (called >= 960).mean() > 0.9
    assert 30 < suspects.attrs["expected_errors"] < 50
    assert suspects.attrs["expected_precision"] > 0.8


def test_where_they_look_alike_a_low_margin_decides_and_little_is_promised():
    random = np.random.default_rng(1)
    margin = np.concatenate([random.normal(4, 1, 900), -random.gamma(2, 1, 100)])
    suspects = find_mislabelled(make_scores(margin, np.zeros(1000), np.repeat([0, 1], [900, 100])))
    assert suspects.attrs["is_separated"] == 0
    np.testing.assert_array_equal(suspects["mislabelled"], suspects["score"] < -1.5)
    assert suspects.attrs["expected_precision"] < 0.6


def test_few_contradicted_examples_say_nothing_about_their_number():
    suspects = find_mislabelled(make_scores([4, -3, -1], [0, 0, 0], [0, 1, 1]))
    np.testing.assert_array_equal(suspects["mislabelled"], [True, False, False])
    assert np.isnan(suspects.attrs["expected_errors"])


def test_models_must_vote_for_another_label():
    suspects = find_mislabelled(make_scores([-9, -9], [0, 0], [0, 1]))
    np.testing.assert_array_equal(suspects["mislabelled"], suspects["suggested"] == 1)


def test_copies_with_contradictory_labels_come_first():
    scores = make_scores([5, -9, 4, 3, 2], [0, 0, 1, 2, 2], [1, 1, 1, 2, 2])
    suspects = find_mislabelled(scores, copies=np.array([0, 1, 0, 3, 3]))
    np.testing.assert_array_equal(suspects["example"], [12, 10, 11, 14, 13])
    np.testing.assert_array_equal(suspects["contradicts_copy"], [True, True, False, False, False])
    # Of the two, the one whose label is not voted for.
    np.testing.assert_array_equal(suspects["mislabelled"], [False, True, True, False, False])


def test_scores_without_margins_are_ranked_by_the_cscore(known):
    plain = known[["cscore"]].assign(cscore=("example", np.linspace(1, 0, 1000)))
    suspects = find_mislabelled(plain)
    np.testing.assert_array_equal(suspects["example"], np.arange(1009, 9, -1))
    np.testing.assert_array_equal(suspects["mislabelled"], suspects["score"] < 0.5)
    assert (suspects["suggested"] == -1).all()
    assert np.isnan(suspects.attrs["expected_precision"])


def test_scores_without_labels_are_refused(known):
    with pytest.raises(InvalidInputError, match="no labels"):
        find_mislabelled(known.drop_vars("label"))


def test_no_score_at_all_is_refused():
    with pytest.raises(InvalidInputError, match="none of the 2 examples has a score"):
        find_mislabelled(make_scores([np.nan, np.nan], [0, 1], [-1, -1]))


@pytest.mark.parametrize("margin", [np.full(50, -2.0), -np.arange(1.0, 13), np.full(20, -1e-9)])
def test_margins_of_any_kind_can_be_fitted(margin):
    found = fit_margins(margin)
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    assert not found.is_separated
