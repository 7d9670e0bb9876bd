"""Readers of gzip files and tar.gz archives, in memory: nothing is ever extracted to a path."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from cscore_data.errors import InvalidInputError, reason


def gunzip(path: str | Path, limit: int) -> bytes:
    """Unpack a gzip file, but no more than `limit` + 1 bytes of it.

    The length that the file declares plays no part, so a decompression bomb is never unpacked as a
    whole: a result of more than `limit` bytes tells the caller that the file is too long.

    Raises
    ------
    InvalidInputError
        If the file cannot be read or is damaged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "zeros.gz")
    ...     size = path.write_bytes(gzip.compress(bytes(1000)))
    ...     content = gunzip(path, limit=10)
    >>> len(content)
    11
    """
    try:
        with gzip.open(path) as file:
            return file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInputError(f"{path}: not a readable gzip file ({reason(error)})") from error


def read_members(path: str | Path, names: Sequence[str], *, limit: int) -> dict[str, memoryview]:
    """Read members of a tar.gz archive by their exact names; all others are skipped.

    Parameters
    ----------
    path : path
    names : sequence of str
    limit : int
        Bytes that the archive may unpack to.

    Returns
    -------
    dict of str to memoryview
        The content of each member.

    Raises
    ------
    InvalidInputError
        If the archive is damaged or unpacks to more than `limit` bytes, or if a member is missing,
        occurs twice or is not a plain file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "set.tar.gz")
    ...     with tarfile.open(path, "w:gz") as archive:
    ...         for name, content in {"names.txt": b"cat dog", "other": b"not read"}.items():
    ...             member = tarfile.TarInfo(name)
    ...             member.size = len(content)
    ...             archive.addfile(member, io.BytesIO(content))
    ...     contents = read_members(path, ["names.txt"], limit=100_000)
    >>> bytes(contents["names.txt"])
    b'cat dog'
    """
    content = gunzip(path, limit)
    if len(content) > limit:
        raise InvalidInputError(
            f"{path}: unpacks to more than {limit} bytes, so it is not the expected archive; "
            "get a fresh copy"
        )
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            members = list(archive)
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise InvalidInputError(f"{path}: not a readable tar archive ({reason(error)})") from error

    # Slices of the unpacked archive: no member is copied.
    view = memoryview(content)
    contents = {}
    for name in names:
        member = _only_member(path, members, name)
        contents[name] = view[member.offset_data : member.offset_data + member.size]
    return contents


def _only_member(
    path: str | Path, members: Sequence[tarfile.TarInfo], name: str
) -> tarfile.TarInfo:
    same_name = [member for member in members if member.name == name]
    if len(same_name) != 1:
        count = len(same_name) or "no"
        raise InvalidInputError(f"{path}: found {count} {name}, expected one")
    member = same_name[0]
    # Links, folders and devices have no content of their own; sparse files do not store theirs.
    if not member.isreg() or member.issparse():
        raise InvalidInputError(f"{path}: {name} is not a plain file, as it should be")
    return member
