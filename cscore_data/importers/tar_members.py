"""Members of a tar archive as they come: nothing is extracted, and most are passed over."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from cscore_data.errors import DownloadError, InvalidInputError, reason

#: Bytes of a block of a tar archive.
_BLOCK = 512

#: Bytes that are passed over at a time.
_STEP = 2**20

#: Bytes of an extended header at most: names and a few numbers.
_LONGEST_HEADER = 2**20

#: Members that are headers of the next one: its long name, or records of POSIX.
_LONG_NAME = b"L"
_EXTENDED = (b"x", b"X")
_OTHER_HEADERS = (b"K", b"g")


#: What archives are read from.
Source = IO[bytes] | io.RawIOBase


@dataclass(frozen=True)
class Member:
    """A member of an archive, of which nothing was read yet.

    Attributes
    ----------
    name : str
        As the archive has it, which may be anything.
    size : int
        Bytes.
    is_file : bool
        A plain file, no link, folder or device.
    read : callable
        Its content; only until the next member is asked for.
    """

    name: str
    size: int
    is_file: bool
    read: Callable[[], bytes]


def tar_members(file: Source, source: str) -> Iterator[Member]:
    """The members of a tar archive, packed by gzip or not, from a file that cannot go back.

    Memory does not depend on what the archive says of itself.

    Parameters
    ----------
    file : file
        Open for reading, at its beginning.
    source : str
        What to call it in messages.

    Raises
    ------
    InvalidInputError
        If the archive is damaged or ends in the middle; says behind which member.
    DownloadError
        As the file raises it; says behind which member.
    """
    place = _Place(source)
    with place.named():
        yield from _members(_unpacked(file), place)


class _Place:
    """How far an archive was read, for messages."""

    def __init__(self, source: str):
        self._source = source
        self.member = "its beginning"

    @contextmanager
    def named(self) -> Iterator[None]:
        """Turn whatever a damaged archive raises into one line that names the last member."""
        try:
            yield
        except InvalidInputError:
            raise
        except DownloadError as error:
            if str(error).endswith(f"(at {self.member[:200]})"):
                raise
            raise DownloadError(f"{error} (at {self.member[:200]})") from error
        except (EOFError, OSError, tarfile.TarError, zlib.error, ValueError) as error:
            raise InvalidInputError(
                f"{self._source}: is damaged or ends in the middle, at {self.member[:200]} "
                f"({reason(error)}); get a fresh copy, and run the same command again"
            ) from error


def _unpacked(file: Source) -> IO[bytes]:
    start = _Arriving(file, _STEP) if isinstance(file, io.RawIOBase) else file
    is_packed = start.peek(2)[:2] == b"\x1f\x8b"  # type: ignore[attr-defined]
    return gzip.GzipFile(fileobj=start) if is_packed else start  # type: ignore[return-value]


class _Arriving(io.BufferedReader):
    """Gives what has arrived: nothing of it is lost if no more comes."""

    def read(self, size: int | None = -1, /) -> bytes:
        return self.read1(-1 if size is None else size)


def _members(file: IO[bytes], place: _Place) -> Iterator[Member]:
    name, size = "", None
    while True:
        block = _exactly(file, _BLOCK)
        if block == bytes(_BLOCK):
            return
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.type in (_LONG_NAME, *_EXTENDED, *_OTHER_HEADERS):
            content = _header(file, info)
            if info.type == _LONG_NAME:
                name = content.rstrip(b"\0").decode("utf-8", "surrogateescape")
            elif info.type in _EXTENDED:
                name, size = _posix_records(content, name, size)
            continue
        real_size = info.size if size is None else size
        # Sparse files do not store all that they hold.
        stored = real_size if info.isreg() or info.type not in tarfile.SUPPORTED_TYPES else 0
        rest = _Rest(file, stored, place)
        place.member = name or info.name
        is_file = info.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
        yield Member(place.member, real_size, is_file, rest.read)
        rest.skip()
        name, size = "", None


class _Rest:
    """The content of a member, and what is left of it in the archive."""

    def __init__(self, file: IO[bytes], size: int, place: _Place):
        self._file = file
        self._size = size
        self._left = size + -size % _BLOCK
        self._place = place

    def read(self) -> bytes:
        with self._place.named():
            self._left -= self._size
            return _exactly(self._file, self._size)

    def skip(self) -> None:
        while self._left:
            self._left -= len(_exactly(self._file, min(self._left, _STEP)))


def _header(file: IO[bytes], info: tarfile.TarInfo) -> bytes:
    if not 0 <= info.size <= _LONGEST_HEADER:
        raise ValueError(f"a header of {info.size} bytes, expected at most {_LONGEST_HEADER}")
    content = _exactly(file, info.size)
    _exactly(file, -info.size % _BLOCK)
    return content


def _posix_records(content: bytes, name: str, size: int | None) -> tuple[str, int | None]:
    """Name and size in records ``LENGTH KEY=VALUE``; where they say nothing, what was known."""
    while content.strip(b"\0"):
        length, _, _ = content.partition(b" ")
        record, content = content[: int(length)], content[int(length) :]
        if not record.endswith(b"\n"):
            raise ValueError("a record of an extended header is damaged")
        key, _, value = record[len(length) + 1 : -1].partition(b"=")
        if key == b"path":
            name = value.decode("utf-8", "surrogateescape")
        elif key == b"size":
            size = int(value)
            if size < 0:
                raise ValueError(f"a size of {size}")
    return name, size


def _exactly(file: IO[bytes], size: int) -> bytes:
    """So many bytes; `EOFError` if there are fewer."""
    parts = []
    while size:
        part = file.read(size)
        if not part:
            raise EOFError(f"{size} bytes are missing")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
