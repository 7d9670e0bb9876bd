"""Text from outside of this package, as a figure can show it: names of classes, files and data."""

from functools import cache

#: The most letters of names of classes, of file names under images, and of what stands elsewhere.
CLASS_NAME = 32
FILE_NAME = 12
TITLE = 60
AXIS = 80
NOTE = 150

_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_UNKNOWN = "?"


def as_text(words: str, most: int) -> str:
    r"""Text on one line, with letters that the font has, and shortened in its middle.

    Parameters
    ----------
    words : str
        Anything, also with control characters or without any letter.
    most : int
        Maximum number of letters.

    Returns
    -------
    str
        With a backslash before each dollar sign, or matplotlib would take what is between two of
        them for a formula; it does not draw the backslash.

    Examples
    --------
    >>> as_text("two\nlines of $x^2$", 30)
    'two lines of \\$x^2\\$'
    >>> as_text("pictures/of/animals/train.parquet", 20)
    'pictures/o…n.parquet'
    """
    return shortened(readable(words), most).replace("$", r"\$")


def readable(words: str) -> str:
    r"""Words on one line, with a question mark for each letter that the font cannot show.

    Examples
    --------
    >>> readable("red\n\x1b[31m")
    'red ?[31m'
    """
    return "".join(map(_as_letter, words))


def shortened(words: str, most: int) -> str:
    """Words of at most `most` letters, with an ellipsis in place of their middle.

    Examples
    --------
    >>> shortened("abcdefgh", 5)
    'ab…gh'
    """
    if len(words) <= most:
        return words
    end = (most - 1) // 2
    start = most - 1 - end
    return words[:start] + _ELLIPSIS + words[len(words) - end :]


def _as_letter(character: str) -> str:
    if character.isspace():
        return " "
    if character.isascii():
        return character if character.isprintable() else _UNKNOWN
    is_shown = character.isprintable() and ord(character) in _letters_of_font()
    return character if is_shown else _UNKNOWN


def _letters_of_font() -> frozenset[int]:
    """Code points of the letters that the fonts in use can show."""
    from matplotlib.font_manager import FontProperties

    return _letters_of_families(tuple(FontProperties().get_family()))


@cache
def _letters_of_families(families: tuple[str, ...]) -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    letters: set[int] = set()
    for family in families:
        font = get_font(findfont(FontProperties(family=[family])))
        letters.update(font.get_charmap())
    return frozenset(letters)
