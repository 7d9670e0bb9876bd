import numpy as np
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.gallery.page_order import page_order


def scores_of(cscore, label, example=None):
    if example is None:
        example = np.arange(len(label))
    coords = {"example": example, "label": ("example", label)}
    return xr.Dataset({"cscore": ("example", np.asarray(cscore, float))}, coords)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(-2, 3), st.sampled_from([0, 0.5, 1, np.nan])), min_size=1))
def test_each_class_goes_from_regular_to_irregular_to_unknown(pairs):
    label, cscore = map(np.array, zip(*pairs, strict=True))
    order = page_order(scores_of(cscore, label))
    assert sorted(order.rows) == list(range(len(pairs)))
    for entry in order.classes:
        rows = order.rows[entry.start : entry.start + entry.count]
        assert set(label[rows]) == {entry.label}
        found = np.nan_to_num(cscore[rows], nan=-1)
        assert (np.diff(found) <= 0).all()
    assert sum(entry.count for entry in order.classes) == len(pairs)


def test_ties_keep_the_order_of_the_data_set():
    order = page_order(scores_of([1, 1, 1], [0, 0, 0], example=[5, 3, 4]))
    assert order.rows.tolist() == [1, 2, 0]


def test_labels_become_places_among_the_classes():
    order = page_order(scores_of([1, 1], [7, -1]), voted=np.array([3, 7, -1]))
    assert order.class_places(np.array([7, 3, -1, 99])).tolist() == [1, 2, 0, -1]
