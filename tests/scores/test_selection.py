import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cscore_data import bins, order, select
from cscore_data.errors import InvalidInputError
from cscore_data.scores.ranking import rank

NAN = np.nan


def make_scores(cscore, margin=None, label=None, example=None):
    variables = {"cscore": ("example", np.array(cscore, float))}
    if margin is not None:
        variables["margin"] = ("example", np.array(margin, float))
    example = np.arange(len(cscore)) if example is None else example
    scores = xr.Dataset(variables, {"example": example})
    if label is not None:
        scores = scores.assign_coords(label=("example", label))
    return scores


TEN = make_scores([0.5, 0.1, 0.9, 0.3, 0.7, 0.0, 1.0, 0.2, 0.8, 0.4])

# ---- select


@pytest.mark.parametrize(
    ("end", "chosen"),
    [
        ("irregular", [1, 3, 5, 7]),
        ("regular", [2, 4, 6, 8]),
        ("middle", [0, 3, 4, 9]),
        ("stratified", [1, 2, 3, 4]),
    ],
)
def test_each_end_of_the_ranking(end, chosen):
    found = select(TEN, keep=0.4, end=end)
    np.testing.assert_array_equal(found, chosen)
    np.testing.assert_array_equal(select(TEN, count=4, end=end), chosen)
    assert found.dtype == np.int64


def test_all_are_kept_unless_told():
    np.testing.assert_array_equal(select(TEN), np.arange(10))
    np.testing.assert_array_equal(select(TEN, keep=1.0), np.arange(10))


def test_ties_are_broken_by_the_margin_then_by_the_index():
    scores = make_scores([0.5, 0.5, 0.5, 0.5], margin=[2, 1, 2, 0])
    np.testing.assert_array_equal(rank(scores).rows, [3, 1, 0, 2])
    np.testing.assert_array_equal(select(scores, count=3), [0, 1, 3])
    without = make_scores([0.5, 0.5, 0.1])
    np.testing.assert_array_equal(rank(without).rows, [2, 0, 1])


def test_the_index_breaks_ties_in_any_order_of_rows():
    scores = make_scores([0.5, 0.5, 0.5], example=[7, 3, 5])
    np.testing.assert_array_equal(select(scores, count=2), [3, 5])


def test_examples_without_a_score_are_never_chosen_and_counted():
    scores = make_scores([0.5, NAN, 0.1, NAN])
    np.testing.assert_array_equal(select(scores), [0, 2])
    assert rank(scores).without_score == 2
    np.testing.assert_array_equal(select(scores, keep=0.5), [2])


def test_the_probably_mislabelled_are_left_out_first_by_their_margins():
    scores = make_scores([0.0, 0.1, 0.2, 0.3], margin=[-1, -9, 0, 1])
    np.testing.assert_array_equal(select(scores, count=2, drop_irregular=0.25), [0, 2])


def test_each_class_keeps_the_same_share():
    label = [0] * 6 + [1] * 4
    scores = make_scores(np.linspace(0, 1, 10), label=label)
    np.testing.assert_array_equal(select(scores, keep=0.5, per_class=True), [0, 1, 2, 6, 7])
    np.testing.assert_array_equal(select(scores, count=1, per_class=True), [0])


@settings(max_examples=25)
@given(
    cscore=st.lists(st.sampled_from([0.0, 0.25, 0.5, NAN]), min_size=2, max_size=30),
    share=st.floats(0.2, 1.0),
    end=st.sampled_from(["irregular", "regular", "middle", "stratified"]),
    per_class=st.booleans(),
)
def test_the_number_is_always_the_one_that_was_asked_for(cscore, share, end, per_class):
    scores = make_scores(cscore, label=np.arange(len(cscore)) % 3)
    known = int(np.isfinite(scores["cscore"]).sum())
    assume(round(share * known) > 0)
    found = select(scores, keep=share, end=end, per_class=per_class)
    assert len(set(found.tolist())) == len(found) == round(share * known)
    assert np.isfinite(scores["cscore"].sel(example=found)).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keep": 0}, "keep: found 0, expected 0 < share <= 1"),
        ({"keep": 1.5}, "keep: found 1.5"),
        ({"keep": 0.01}, "less than one of 10 examples"),
        ({"count": 11}, "count: found 11, expected 1 to 10"),
        ({"count": 0}, "count: found 0"),
        ({"count": 3, "keep": 0.5}, "expected one of them"),
        ({"end": "best"}, "expected one of irregular, regular"),
        ({"drop_irregular": 1.0}, "drop_irregular: found 1"),
        ({"drop_irregular": 0.99}, "drop_irregular: found 0.99, which leaves none of 10 examples"),
        ({"per_class": True}, "no labels"),
    ],
)
def test_values_out_of_range_are_refused(wrong, message):
    with pytest.raises(InvalidInputError, match=message):
        select(TEN, **wrong)


def test_scores_that_are_all_missing_are_refused():
    for choose in (select, order, bins):
        with pytest.raises(InvalidInputError, match="none of the 2 examples has a score"):
            choose(make_scores([NAN, NAN]))


# ---- order


def test_easy_and_hard_are_opposite_orders():
    easy = order(TEN)
    np.testing.assert_array_equal(easy[:3], [6, 2, 8])
    np.testing.assert_array_equal(order(TEN, "hard"), easy[::-1])


def test_classes_can_be_interleaved():
    scores = make_scores([0.9, 0.8, 0.7, 0.6, 0.3, 0.2], label=[0, 0, 0, 0, 1, 1])
    found = order(scores, interleave_classes=True)
    np.testing.assert_array_equal(found, [0, 4, 1, 2, 5, 3])


def test_another_order_is_refused():
    with pytest.raises(InvalidInputError, match="order: found 'random'"):
        order(TEN, "random")


# ---- bins


def test_bins_are_of_equal_size_the_most_irregular_first():
    found = bins(TEN, 3)
    assert [len(members) for members in found] == [4, 3, 3]
    np.testing.assert_array_equal(found[0], [1, 3, 5, 7])
    np.testing.assert_array_equal(np.sort(np.concatenate(found)), np.arange(10))


@pytest.mark.parametrize("count", [0, 11])
def test_as_many_bins_as_examples_at_most(count):
    with pytest.raises(InvalidInputError, match=f"bins: found {count}, expected 1 to 10"):
        bins(TEN, count)
