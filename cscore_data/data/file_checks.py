"""Checks that all readers of files share: does it fit in memory, and is what we need in it?"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cscore_data.errors import InvalidInputError

#: Memory to assume where the system does not report it: 1 TiB, more than any real data set needs.
_UNKNOWN_MEMORY = 1 << 40


def check_fits(path: str | Path, size: int) -> None:
    """Check that the `size` bytes that a file declares fit in memory, before they are allocated.

    Raises
    ------
    InvalidInputError
        If the machine has less memory than that.
    """
    memory = memory_size()
    if size > memory:
        raise InvalidInputError(
            f"{path}: unpacks to {size:,} bytes, this machine has {memory:,} bytes of memory; "
            "use a smaller data set"
        )


def memory_size() -> int:
    """Memory of this machine in bytes."""
    if not hasattr(os, "sysconf"):
        return _UNKNOWN_MEMORY
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def match_names(
    path: str | Path,
    found: Iterable[str],
    wanted: Mapping[str, Sequence[str]],
    optional: Iterable[str] = (),
    *,
    what: str = "arrays",
) -> dict[str, str]:
    """Find out under which of several accepted names a file holds its arrays or columns.

    Parameters
    ----------
    path : path
        The file, for messages.
    found : iterable of str
        Names in the file.
    wanted : mapping of str to sequence of str
        For each array its accepted names; the first one that is in the file counts.
    optional : iterable of str
        Keys of `wanted` that the file may lack.
    what : str
        What the names stand for, for messages.

    Returns
    -------
    dict of str to str
        For each key of `wanted` that the file has, the name in the file.

    Raises
    ------
    InvalidInputError
        If an array that is not optional is missing.

    Examples
    --------
    >>> wanted = {"image": ("image", "x"), "label": ("label", "y")}
    >>> match_names("a.npz", ["x", "label", "other"], wanted)
    {'image': 'x', 'label': 'label'}
    """
    found = list(found)
    matches = {}
    for key, accepted in wanted.items():
        present = [name for name in accepted if name in found]
        if present:
            matches[key] = present[0]
        elif key not in optional:
            listing = ", ".join(found[:10]) or "none"
            expected = " or ".join(accepted)
            raise InvalidInputError(
                f"{path}: found {what} {listing}, expected one named {expected}"
            )
    return matches
