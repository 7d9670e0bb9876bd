import pytest

from cscore_data.data.file_checks import check_fits, match_names, memory_size
from cscore_data.errors import InvalidInputError


def test_what_fits_in_memory_may_be_unpacked():
    check_fits("here", 1 << 20)
    check_fits("here", memory_size())
    with pytest.raises(InvalidInputError, match="here: unpacks to"):
        check_fits("here", memory_size() + 1)
    with pytest.raises(InvalidInputError, match="unpacks to 1,152,921,504,606,846,976 bytes"):
        check_fits("here", 1 << 60)


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
