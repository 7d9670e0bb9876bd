import numpy as np
import pytest

from cscore_data.data.names import check_unique, positions
from cscore_data.errors import InvalidInputError


def test_positions_join_with_a_listing():
    names = np.array([b"b.JPEG", b"c.JPEG", b"a.JPEG"])
    assert positions(names, ["a.JPEG", "b.JPEG"]).tolist() == [2, 0]
    assert positions(names.astype(np.dtypes.StringDType()), [b"c.JPEG"]).tolist() == [1]
    assert positions(names, []).dtype == np.int64
    assert positions([b"\xff"], ["\udcff"]).tolist() == [0]  # as os.listdir gives such a name


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (
            ["a", "b"],
            ["b", "x", "y"],
            r"2 of 3 not found \('x', 'y'\) among 2 names \(such as 'a'\)",
        ),
        ([], ["x"], r"not found \('x'\) among 0 names \(none at all\)"),
        (["a", "b", "a"], ["b"], r"^names: 1 of 3 occur more than once \('a'\)"),
        (["a", "b"], ["b", "b"], r"^wanted names: 1 of 2 occur more than once \('b'\)"),
    ],
)
def test_missing_and_duplicate_names_are_refused_by_name(names, wanted, message):
    with pytest.raises(InvalidInputError, match=message):
        positions(names, wanted)


def test_all_repetitions_are_counted():
    check_unique(["a", b"b", "A"], "keys")
    with pytest.raises(
        InvalidInputError, match=r"^keys: 3 of 5 occur more than once \('a', 'b', 'a'\)"
    ):
        check_unique(["a", "b", b"a", "b", "a"], "keys")
