"""File formats of image sets: a path in, arrays out.

No size that a file declares is believed: every read ends at what is expected, or at this machine's memory. Nothing is
unpickled and nothing is extracted.
"""

import gzip
import io
import math
import os
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from cscore_data.errors import InvalidInputError


class Arrays(NamedTuple):
    """What a file holds, row by row; the fields mean what they mean in `examples.Examples`.

    Attributes
    ----------
    image : (example, height, width[, channel])
    label : (example,)
    class_names : tuple of str
    filename : str (example,), optional
    order : str
    """

    image: np.ndarray
    label: np.ndarray
    class_names: tuple[str, ...] = ()
    filename: np.ndarray | None = None
    order: str = "original"


def read_idx(path: str | Path, *, ndim: int) -> np.ndarray:
    """Read a gzipped idx file of unsigned bytes, the format of MNIST.

    Parameters
    ----------
    path : path
    ndim : int
        Number of dims that the file must have: 3 for images, 1 for labels.

    Returns
    -------
    uint8 array with `ndim` dims

    Raises
    ------
    InvalidInputError
        If magic number, number of dims or length are not what the format says.
    """
    start = 4 + 4 * ndim
    header = _gunzip(path, start)[:start]
    if len(header) != start or header[:4] != bytes((0, 0, 0x08, ndim)):
        raise InvalidInputError(f"{path}: not an idx file of unsigned bytes with {ndim} dims")
    shape = tuple(np.frombuffer(header, ">u4", offset=4).tolist())
    size = start + math.prod(shape)
    check_fits(path, size)
    data = _gunzip(path, size)
    if len(data) != size:
        count = "more" if len(data) > size else len(data) - start
        raise InvalidInputError(f"{path}: found {count} bytes, expected {size - start} for {shape}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


class CifarLayout(NamedTuple):
    """Where things are in a binary archive of CIFAR.

    Attributes
    ----------
    batches : tuple of str
        Members with the training images, in order.
    records : int
        Images in each of them.
    label_bytes : int
        Labels before each image; the last one counts.
    names : str
        Member with the name of a class on each line.
    classes : int
    """

    batches: tuple[str, ...]
    records: int
    label_bytes: int
    names: str
    classes: int


CIFAR10 = CifarLayout(
    tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)),
    records=10_000,
    label_bytes=1,
    names="cifar-10-batches-bin/batches.meta.txt",
    classes=10,
)
# Each image has a coarse label, then the fine one.
CIFAR100 = CifarLayout(
    ("cifar-100-binary/train.bin",),
    records=50_000,
    label_bytes=2,
    names="cifar-100-binary/fine_label_names.txt",
    classes=100,
)

_CIFAR_IMAGE = (3, 32, 32)

#: Both archives unpack to 184 MB.
_ARCHIVE_LIMIT = 256 << 20
_NAMES_LIMIT = 1 << 16

#: Memory where the system does not say: one that nothing believable exceeds.
_MEMORY_UNKNOWN = 1 << 40


def read_cifar(path: str | Path, layout: CifarLayout) -> Arrays:
    """Read the training images of a binary archive (tar.gz) of CIFAR-10 or CIFAR-100, in memory.

    Parameters
    ----------
    path : path
    layout : CifarLayout
        `CIFAR10` or `CIFAR100`.

    Returns
    -------
    Arrays
        `image` uint8 (example, 32, 32, 3) and `label` uint8 (example,), in the order of the file; `class_names`.

    Raises
    ------
    InvalidInputError
        If the archive is damaged, or a member is missing, there twice, no plain file or of another size.

    Notes
    -----
    Takes 0.5 GB for a moment: the unpacked archive, its records and the images.
    """
    record = layout.label_bytes + math.prod(_CIFAR_IMAGE)
    members = _members(path, (*layout.batches, layout.names))
    for name in layout.batches:
        if len(members[name]) != layout.records * record:
            raise InvalidInputError(
                f"{path}: {name} has {len(members[name])} bytes, expected {layout.records} records of {record}"
            )
    class_names = tuple(str(members[layout.names][:_NAMES_LIMIT], "ascii", "replace").split())
    if len(class_names) != layout.classes:
        raise InvalidInputError(f"{path}: {layout.names} has {len(class_names)} names, expected {layout.classes}")
    rows = np.concatenate([np.frombuffer(members[name], np.uint8) for name in layout.batches]).reshape(-1, record)
    planes = rows[:, layout.label_bytes :].reshape(-1, *_CIFAR_IMAGE)
    return Arrays(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), rows[:, layout.label_bytes - 1], class_names)


def _members(path: str | Path, names: Sequence[str]) -> dict[str, memoryview]:
    """The bytes of the members of a tar.gz that have exactly these names; all others are passed over."""
    data = _gunzip(path, _ARCHIVE_LIMIT)
    if len(data) > _ARCHIVE_LIMIT:
        raise InvalidInputError(f"{path}: unpacks to more than {_ARCHIVE_LIMIT} bytes; this is another file")
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            found = [member for member in archive if member.name in names]
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise InvalidInputError(f"{path}: not a readable tar archive ({error})") from error
    for name in names:
        same = [member for member in found if member.name == name]
        if len(same) != 1 or not same[0].isreg() or same[0].issparse():
            raise InvalidInputError(f"{path}: found {len(same) or 'no'} {name}, expected one, and a plain file")
    view = memoryview(data)
    return {member.name: view[member.offset_data : member.offset_data + member.size] for member in found}


def check_fits(path: str | Path, size: int) -> None:
    """Raise `InvalidInputError` if `size` bytes, what `path` says it unpacks to, are more than there is memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else _MEMORY_UNKNOWN
    if size > memory:
        raise InvalidInputError(
            f"{path}: unpacks to {size:,} bytes, this machine has {memory:,} bytes of memory; give a smaller set"
        )


def _gunzip(path: str | Path, size: int) -> bytes:
    """What a gzip file unpacks to, its first `size` + 1 bytes at most: one too many tells a file that is too long."""
    try:
        with gzip.open(path) as file:
            return file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInputError(f"{path}: not a readable gzip file ({error})") from error


def read_npz(path: str) -> Arrays:
    """Read arrays `image` or `x` and `label` or `y` from an npz file; no others are touched.

    Raises
    ------
    InvalidInputError
        If the file is damaged, an array is missing or holds Python objects, or sizes contradict each other.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            image, label = (_array(path, archive, names) for names in (("image", "x"), ("label", "y")))
    except InvalidInputError:
        raise
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: no such file") from None
    # RuntimeError: encrypted, or a compression that this Python lacks.
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInputError(f"{path}: not a readable npz file of plain arrays ({error})") from error
    return Arrays(image, label)


def _array(path: str, archive: zipfile.ZipFile, names: tuple[str, ...]) -> np.ndarray:
    there = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    name = next((name for name in names if name in there), None)
    if name is None:
        raise InvalidInputError(
            f"{path}: found arrays {', '.join(there) or 'none'}, expected one named {' or '.join(names)}"
        )
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidInputError(f"{path}: {name} is compressed in a way that numpy does not write; save it anew")
    with archive.open(member) as file:
        shape, dtype = npy_header(file)
        size = file.tell() + math.prod(shape) * dtype.itemsize
    if size != member.file_size:
        raise InvalidInputError(f"{path}: {name} takes {member.file_size} bytes, its header says {size}")
    check_fits(path, size)
    with archive.open(member) as file:
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
        return array


def npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype that an npy file declares, before anything of that size is allocated.

    Raises
    ------
    ValueError
        If it is no npy file, or would have to be unpickled.
    """
    version = np.lib.format.read_magic(file)
    if version > (3, 0):
        raise ValueError(f"npy version {version}")
    # Version 3 is version 2 but for the encoding of names of fields.
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    return shape, dtype
