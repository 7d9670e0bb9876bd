"""Checks that all readers of files share: does it fit in memory, and is what we need in it?"""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cscore_data.errors import InvalidInputError

#: Memory to assume where the system does not report it: 1 TiB, more than any real data set needs.
_UNKNOWN_MEMORY = 1 << 40

#: An array that unpacks to more than so many bytes, and to more than so many times its packed size,
#: is taken for a decompression bomb: data sets reach 10 or 20 times, zeros 1000 times with zlib.
_LARGE = 1 << 30
_DENSE = 200

#: Where Linux says how much memory a container may have, in its two versions.
_CONTAINER_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


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


def check_unpacking(path: str | Path, name: str, packed: int, unpacked: int) -> None:
    """Check that a compressed array is no decompression bomb, by the sizes that are declared.

    Parameters
    ----------
    path : path
    name : str
        The array, for messages.
    packed, unpacked : int
        Bytes.

    Raises
    ------
    InvalidInputError
        If it unpacks to more than 1 GiB and more than 200 times as much as is packed.
    """
    if unpacked > _LARGE and unpacked > _DENSE * packed:
        raise InvalidInputError(
            f"{path}: {name} unpacks from {packed:,} to {unpacked:,} bytes, as only a "
            "decompression bomb does; if it is really that empty, save it without compression"
        )


def memory_size() -> int:
    """Memory that this process can have, in bytes: that of the machine, or of its container."""
    sizes = [_UNKNOWN_MEMORY]
    if hasattr(os, "sysconf"):
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in _CONTAINER_LIMITS:
        # The file says max where there is no limit, and is not there outside of Linux.
        with suppress(OSError, ValueError):
            sizes.append(int(Path(limit).read_text()))
    return min(sizes)


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
        If an array that is not optional is missing, or one is there twice.

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
    check_named_once(path, found, matches.values(), what=what)
    return matches


def check_named_once(
    path: str | Path, found: Sequence[str], used: Iterable[str], *, what: str = "columns"
) -> None:
    """Raise `InvalidInputError` if a file has two arrays or columns of a name that is used."""
    for name in used:
        count = found.count(name)
        if count > 1:
            raise InvalidInputError(
                f"{path}: found {count} {what} named {name}; give each its own name"
            )
