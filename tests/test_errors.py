import shutil

import pytest

from cscore_data.errors import reason


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (
            [("a", "b", "[Errno 28] No space left on device"), ("c", "d", "[Errno 5] I/O error")],
            "No space left on device",
        ),
        ([], "[]"),
        ("'a' and 'b' are the same file", "'a' and 'b' are the same file"),
    ],
)
def test_of_many_files_that_cannot_be_copied_one_is_named(listed, expected):
    assert reason(shutil.Error(listed)) == expected
