"""Numbers with what they count, for messages."""


def counted(number: int, one: str, several: str = "") -> str:
    """A number and what it counts.

    Parameters
    ----------
    number : int
    one : str
        The noun for a single one.
    several : str
        The noun for any other number; by default `one` with an s.

    Examples
    --------
    >>> counted(1, "image"), counted(1200, "image"), counted(2, "row has", "rows have")
    ('1 image', '1,200 images', '2 rows have')
    """
    noun = one if number == 1 else several or f"{one}s"
    return f"{number:,} {noun}"
