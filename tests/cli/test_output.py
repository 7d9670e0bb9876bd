import pytest

from cscore_data.cli.output import printable, table


def test_columns_are_as_wide_as_their_widest_cell():
    rows = [["0.25", "3", "good"], ["0.5", "12345", "x"]]
    assert table(["ratio", "runs", "remark"], rows, align="<><").splitlines() == [
        "ratio   runs  remark",
        "0.25       3  good",
        "0.5    12345  x",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[2Jname", "\\x1b[2Jname"),
        ("over\rwritten", "over\\rwritten"),
        ("two\nlines", "two\\nlines"),
        ("\u202eright to left", "\\u202eright to left"),
        ("Größe, 猫, $x_1$", "Größe, 猫, $x_1$"),
    ],
)
def test_names_of_others_do_not_steer_the_terminal(name, shown):
    assert printable(name) == shown


def test_controls_of_our_own_stay():
    assert printable("a\tb\r\n", controls="\n\t\r") == "a\tb\r\n"
