import pytest

from cscore_data.data.file_checks import check_fits, check_unpacking, match_names, memory_size
from cscore_data.errors import InvalidInputError


def test_what_fits_in_memory_may_be_unpacked():
    check_fits("here", 1 << 20)
    check_fits("here", memory_size())
    with pytest.raises(InvalidInputError, match="here: unpacks to"):
        check_fits("here", memory_size() + 1)
    with pytest.raises(InvalidInputError, match="unpacks to 1,152,921,504,606,846,976 bytes"):
        check_fits("here", 1 << 60)


def test_only_what_is_large_and_nearly_empty_is_a_bomb():
    check_unpacking("here", "x", 1000, 1 << 30)
    check_unpacking("here", "x", 1 << 24, 200 << 24)
    with pytest.raises(InvalidInputError, match="here: x unpacks from 1,000 to 1,073,741,825 by"):
        check_unpacking("here", "x", 1000, (1 << 30) + 1)


def test_the_first_accepted_name_counts():
    wanted = {"score": ("cscore", "score"), "label": ("label", "labels")}
    assert match_names("f", ["score", "labels", "cscore"], wanted) == {
        "score": "cscore",
        "label": "labels",
    }


def test_optional_names_may_be_missing():
    wanted = {"score": ("cscore", "score"), "label": ("label", "labels")}
    assert match_names("f", ["score"], wanted, ["label"]) == {"score": "score"}
    with pytest.raises(
        InvalidInputError, match=r"^f: found columns x, expected one named cscore or score$"
    ):
        match_names("f", ["x"], wanted, ["label"], what="columns")
    with pytest.raises(InvalidInputError, match=r"^f: found arrays none, expected one named"):
        match_names("f", [], wanted)


def test_a_message_lists_ten_names_at_most():
    with pytest.raises(InvalidInputError, match="found arrays 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, exp"):
        match_names("f", [str(number) for number in range(1000)], {"label": ("label",)})
