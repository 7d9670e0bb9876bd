"""Names of examples: finding them in a listing, and telling whether each occurs once."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cscore_data.errors import InvalidInputError

#: str or bytes, one per example.
Names = Sequence[str | bytes] | np.ndarray


def positions(names: Names, wanted: Names) -> np.ndarray:
    """Position of each `wanted` name among `names`, to join scores with a directory listing.

    Parameters
    ----------
    names : sequence of str or bytes (example,)
        Such as `filename` of the published ImageNet scores.
    wanted : sequence of str or bytes (file,)
        Written in the same way, without folders if `names` have none; there may be fewer of them.

    Returns
    -------
    int64 (file,)
        ``scores.isel(example=positions(scores["filename"].values, listing))`` has the order of the
        listing.

    Raises
    ------
    InvalidInputError
        If a name occurs twice on either side, or a wanted one is not among `names`; says which.

    Examples
    --------
    >>> from cscore_data import positions
    >>> positions(["n01_7.JPEG", "n02_3.JPEG", "n01_2.JPEG"], ["n01_2.JPEG", "n01_7.JPEG"])
    array([2, 0])
    """
    names = as_texts(names)
    wanted = as_texts(wanted)
    check_unique(names, "names")
    check_unique(wanted, "wanted names")
    position = {name: row for row, name in enumerate(names)}
    missing = [name for name in wanted if name not in position]
    if missing:
        known = "none at all"
        if names:
            known = f"such as {names[0]!r}"
        raise InvalidInputError(
            f"names: {len(missing)} of {len(wanted)} not found ({_first(missing)}) among "
            f"{len(names)} names ({known}); write names alike on both sides, and leave out those "
            "that have no match"
        )
    return np.array([position[name] for name in wanted], np.int64)


def check_unique(names: Names, what: str) -> None:
    """Check that each name occurs once.

    Parameters
    ----------
    names : sequence of str or bytes (example,)
    what : str
        What to call them in the message.

    Raises
    ------
    InvalidInputError
        Naming the first repeated ones.

    Examples
    --------
    >>> check_unique(["a.png", "b.png", "a.png"], "file names")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    cscore_data.errors.InvalidInputError: file names: 1 of 3 occur more than once ('a.png'), so ...
    """
    names = as_texts(names)
    seen = set(names)
    if len(seen) == len(names):
        return
    repeated = []
    for name in names:
        if name in seen:
            seen.remove(name)
        else:
            repeated.append(name)
    raise InvalidInputError(
        f"{what}: {len(repeated)} of {len(names)} occur more than once ({_first(repeated)}), so "
        "the examples cannot be told apart; keep each once"
    )


def as_texts(names: Names) -> list[str]:
    """Names as a list of str, bytes decoded as `os.listdir` decodes them."""
    texts = []
    for name in as_list(names):
        if isinstance(name, bytes):
            # surrogateescape: what os.listdir makes of a name that is not UTF-8.
            texts.append(name.decode(errors="surrogateescape"))
        else:
            texts.append(str(name))
    return texts


def as_list(values: Any) -> list[Any]:
    """A sequence or array as a list of Python's own objects."""
    # Of pandas and of xarray.
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if isinstance(values, np.ndarray):
        values = values.tolist()
    return list(values)


def _first(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names[:3])
