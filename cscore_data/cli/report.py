"""Tables in the output of commands."""

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """Lay out a table as text: columns as wide as their widest cell, two spaces apart.

    Parameters
    ----------
    header : sequence of str
        Names of the columns; spaces in front of or after a name make the column wider.
    rows : sequence of sequences of str
        The cells.
    align : str
        For each column ``<`` (left) or ``>`` (right).

    Examples
    --------
    >>> print(table(["ratio", "models", "accuracy"], [["0.1", "24", "0.9"]], align="<><"))
    ratio  models  accuracy
    0.1        24  0.9
    """
    columns = zip(header, *rows, strict=True)
    widths = [max(map(len, cells)) for cells in columns]
    lines = []
    for row in (header, *rows):
        cells = []
        for cell, side, width in zip(row, align, widths, strict=True):
            cells.append(f"{cell:{side}{width}}")
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
