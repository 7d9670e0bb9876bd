"""Unpacking of gzip files, in memory and up to a limit."""

import gzip
import zlib
from pathlib import Path

from cscore_data.errors import InvalidInputError, reason


def gunzip(path: str | Path, limit: int) -> bytes:
    """Unpack a gzip file, but no more than `limit` + 1 bytes of it.

    The length that the file declares is not believed: a result of more than `limit` bytes tells
    the caller that the file is too long, and a bomb is never unpacked.

    Raises
    ------
    InvalidInputError
        If the file cannot be read or is damaged.
    """
    try:
        with gzip.open(path) as file:
            return file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInputError(f"{path}: not a readable gzip file ({reason(error)})") from error
