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


def hard_examples(count, classes=10):
    """As many right labels that models contradict, of all kinds: label, vote, margin."""
    random = np.random.default_rng(1)
    label = random.integers(classes, size=count)
    vote = (label + random.integers(1, classes, count)) % classes
    return label, vote, -random.gamma(2, 1, count)


def test_where_they_look_alike_few_are_called_wrong_and_little_is_promised():
    label, vote, margin = hard_examples(200)
    right = np.arange(1800) % 10
    margin = np.concatenate([np.random.default_rng(2).normal(4, 1, 1800), margin])
    scores = make_scores(margin, np.append(right, label), np.append(right, vote))
    suspects = find_mislabelled(scores)
    assert suspects.attrs["is_separated"] == 0
    assert suspects["mislabelled"].sum() < 100
    assert suspects.attrs["expected_precision"] < 0.6


def test_mistakes_of_one_kind_are_told_from_hard_examples_with_such_margins():
    label, vote, margin = hard_examples(200)
    right = np.arange(1800) % 10
    margin = np.concatenate([np.full(1800, 4.0), margin, margin])
    # Of class 3, half the examples are labelled 5.
    label = np.concatenate([right, label, np.full(200, 5)])
    scores = make_scores(margin, label, np.concatenate([right, vote, np.full(200, 3)]))
    suspects = find_mislabelled(scores)
    assert suspects.attrs["is_separated"] == 0
    is_flipped = suspects["example"].values >= 2010
    assert is_flipped[:150].mean() > 0.9
    called = suspects["mislabelled"].values
    assert called[is_flipped].mean() > 0.8
    assert is_flipped[called].mean() > 0.8
    assert 150 < suspects.attrs["expected_errors"] < 300


def test_of_equal_margins_the_more_frequent_confusion_comes_first():
    label = np.repeat([0, 1, 2], 10)
    vote = label.copy()
    vote[:4] = 1
    vote[10] = 2
    margin = np.where(vote == label, 5.0, -2.0)
    suspects = find_mislabelled(make_scores(margin, label, vote))
    np.testing.assert_array_equal(suspects["example"][:5], [10, 11, 12, 13, 20])
    score = suspects["score"].values
    assert score[0] == score[3] < -2 < score[4] < 0
    # What models agree with keeps its margin.
    assert (score[5:] == 5).all()


def test_few_contradicted_examples_say_nothing_about_their_number():
    suspects = find_mislabelled(make_scores([4, 4, -3, -1], [0, 0, 0, 0], [0, 0, 1, 1]))
    np.testing.assert_array_equal(suspects["mislabelled"], [True, False, False, False])
    assert np.isnan(suspects.attrs["expected_errors"])


def test_models_that_contradict_most_labels_judge_none():
    random = np.random.default_rng(0)
    margin = random.normal(-4, 3, 300)
    label = np.arange(300) % 3
    scores = make_scores(margin, label, np.where(margin < 0, (label + 1) % 3, label))
    suspects = find_mislabelled(scores)
    assert suspects.attrs["contradicted"] > 0.8
    assert not suspects["mislabelled"].any()
    assert np.isnan(suspects.attrs["expected_precision"])


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
