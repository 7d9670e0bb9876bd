from cscore_data.cli.output import table


def test_columns_are_as_wide_as_their_widest_cell():
    rows = [["0.25", "3", "good"], ["0.5", "12345", "x"]]
    assert table(["ratio", "runs", "remark"], rows, align="<><").splitlines() == [
        "ratio   runs  remark",
        "0.25       3  good",
        "0.5    12345  x",
    ]
