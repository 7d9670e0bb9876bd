"""Readers of npz and npy files.

Nothing is unpickled, and declared sizes are checked before memory is allocated.
"""

import io
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from cscore_data.data.file_checks import check_fits, check_unpacking, match_names
from cscore_data.errors import InvalidInputError, reason

#: What zipfile, zlib and numpy raise for files that are cut short, damaged or of another format.
DAMAGED = (
    OSError,
    EOFError,
    # Encrypted, or in a compression that this Python lacks.
    RuntimeError,
    # The header of an npy file is Python source.
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)

#: The compressions that numpy writes. Others would only allow worse decompression bombs.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Header(NamedTuple):
    """Shape and dtype that an npy file declares."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def data_size(self) -> int:
        """Bytes of an array of this shape and dtype."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npz_arrays(
    path: str | Path,
    wanted: Mapping[str, Sequence[str]],
    optional: Iterable[str] = (),
    *,
    content: bytes | None = None,
) -> dict[str, np.ndarray]:
    """Read arrays from an npz file; all other arrays in it are left untouched.

    Parameters
    ----------
    path : path
    wanted : mapping of str to sequence of str
        For each array the names that it may have in the file; the first one that is there counts.
    optional : iterable of str
        Keys of `wanted` that the file may lack.
    content : bytes, optional
        The file, if it is in memory; `path` is its name in messages then.

    Returns
    -------
    dict of str to array
        The arrays by the keys of `wanted`.

    Raises
    ------
    InvalidInputError
        If the file is missing or damaged, if an array is missing or holds Python objects, or if
        the sizes in the file contradict each other.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> wanted = {"scores": ("cscore", "scores"), "labels": ("label", "labels")}
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "mine.npz")
    ...     np.savez(path, scores=[0.5, 1.0], comment="not read")
    ...     read_npz_arrays(path, wanted, optional=["labels"])
    {'scores': array([0.5, 1. ])}
    """
    arrays = {}
    with _file_errors(path, "npz"), _zip_file(path, content) as archive:
        names = match_names(path, _array_names(archive), wanted, optional)
        for key, name in names.items():
            arrays[key] = _read_member(path, archive, name)
    return arrays


def read_npy(path: str | Path) -> np.ndarray:
    """Read the array of an npy file.

    Raises
    ------
    InvalidInputError
        If the file is missing, damaged or shorter than its header says, or holds Python objects.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "mine.npy")
    ...     np.save(path, [0.5, 1.0])
    ...     read_npy(path)
    array([0.5, 1. ])
    """
    with _file_errors(path, "npy"), open(path, "rb") as file:
        header = npy_header(file)
        declared = file.tell() + header.data_size
        available = os.path.getsize(path)
        if declared > available:
            raise ValueError(f"it has {available} bytes, its header says {declared}")
        check_fits(path, declared)
        file.seek(0)
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    return array


def npz_headers(path: str | Path, *, content: bytes | None = None) -> dict[str, Header]:
    """Read the headers of all arrays in an npz file, by name, and none of the data.

    Parameters
    ----------
    path : path
    content : bytes, optional
        As for `read_npz_arrays`.

    Raises
    ------
    InvalidInputError
        If the file is missing or damaged, or an array holds Python objects.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "mine.npz")
    ...     np.savez(path, x=np.zeros((20, 8, 8), np.uint8))
    ...     npz_headers(path)
    {'x': Header(shape=(20, 8, 8), dtype=dtype('uint8'))}
    """
    headers = {}
    with _file_errors(path, "npz"), _zip_file(path, content) as archive:
        for name in _array_names(archive):
            with archive.open(f"{name}.npy") as file:
                headers[name] = npy_header(file)
    return headers


def npy_header(file: IO[bytes]) -> Header:
    """Read the header of an npy file, before anything of the size that it declares is allocated.

    Raises
    ------
    ValueError
        If it is not an npy file, or would have to be unpickled. Damaged headers may raise any of
        the exceptions in `DAMAGED`.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> np.save(file, np.zeros((20, 8), np.uint8))
    >>> start = file.seek(0)
    >>> npy_header(file).data_size
    160
    """
    version = np.lib.format.read_magic(file)
    if version > (3, 0):
        raise ValueError(f"npy version {version}")
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        # Version 3 differs from version 2 only in the encoding of field names.
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    if any(length < 0 for length in shape):
        raise ValueError(f"shape {shape} has a negative length")
    return Header(shape, dtype)


def _zip_file(path: str | Path, content: bytes | None) -> zipfile.ZipFile:
    return zipfile.ZipFile(path if content is None else io.BytesIO(content))


def _array_names(archive: zipfile.ZipFile) -> list[str]:
    members = archive.namelist()
    return [member.removesuffix(".npy") for member in members if member.endswith(".npy")]


def _read_member(path: str | Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Read one array, after checking that its declared sizes agree and fit in memory."""
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in _COMPRESSIONS:
        raise InvalidInputError(
            f"{path}: {name} is compressed in a way that numpy does not write; save it again"
        )

    # The array's own header and the directory of the archive must declare the same size.
    with archive.open(member) as file:
        header = npy_header(file)
        declared = file.tell() + header.data_size
    if declared != member.file_size:
        raise InvalidInputError(
            f"{path}: {name} takes {member.file_size} bytes, its header says {declared}"
        )
    check_fits(path, declared)
    check_unpacking(path, name, member.compress_size, declared)

    # zipfile reads no more than the declared size and compares checksums, so a lie ends here.
    with archive.open(member) as file:
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    return array


@contextmanager
def _file_errors(path: str | Path, form: str) -> Iterator[None]:
    """Turn whatever a missing or damaged file raises into an `InvalidInputError`."""
    try:
        yield
    except InvalidInputError:
        raise
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: no such file") from None
    except DAMAGED as error:
        raise InvalidInputError(
            f"{path}: not a readable {form} file of plain arrays ({reason(error)})"
        ) from error
