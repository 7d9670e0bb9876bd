"""What commands print while they work and at the end: a progress bar, tables, safe names."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tqdm import tqdm

#: What Unicode calls the characters that begin and end a change of direction.
_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}

_BAR_LAYOUT = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"


@contextmanager
def progress_bar(
    models: int, *, shown: bool, unit: str = "models"
) -> Iterator[Callable[[float, float], None]]:
    """Show a bar that fills with work rather than models, as large ratios cost more than small.

    Parameters
    ----------
    models : int
        The number of models to train.
    shown : bool
        Show the bar even when not on a terminal.
    unit : str
        What is counted.

    Yields
    ------
    callable
        ``report(models, work)``: so many more models were trained, this share of the work.
    """
    # None: silent when not on a terminal.
    disable = False if shown else None
    with tqdm(total=1.0, bar_format=_BAR_LAYOUT, disable=disable, mininterval=0.5) as bar:
        trained = 0.0

        def report(new_models: float, work: float) -> None:
            nonlocal trained
            trained += new_models
            rate = trained / max(bar.format_dict["elapsed"], 1e-9)
            bar.set_postfix_str(
                f"{trained:.0f}/{models} {unit}, {rate:.3g} {unit}/s", refresh=False
            )
            bar.update(min(work, 1.0 - bar.n))

        yield report


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


def printable(text: str, controls: str = "") -> str:
    r"""Text as a terminal may show it: control characters become escapes such as ``\x1b``.

    Names in files and stores come from others. An escape sequence in one could change the title of
    a terminal or hide text, and a mark of direction could turn a line round.

    Parameters
    ----------
    text : str
    controls : str
        Control characters that stay as they are.

    Examples
    --------
    >>> printable("na\x1b[31mme\n", controls="\n")
    'na\\x1b[31mme\n'
    """
    shown = []
    for character in text:
        if character in controls or not _is_unsafe(character):
            shown.append(character)
        else:
            shown.append(character.encode("unicode_escape").decode())
    return "".join(shown)


def _is_unsafe(character: str) -> bool:
    """True for control characters, and for those that turn the direction of what follows."""
    is_control = unicodedata.category(character) == "Cc"
    return is_control or unicodedata.bidirectional(character) in _DIRECTIONS
