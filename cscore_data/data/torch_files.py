"""Reader of files that `torch.save` wrote, if they hold arrays of numbers; needs no torch."""

import io
import math
import pickle
import pickletools
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.data.file_checks import check_fits
from cscore_data.data.npz import DAMAGED
from cscore_data.data.number_pickles import Name, read_numbers
from cscore_data.errors import InvalidInputError, reason

#: The types of torch's storages, as dtypes.
_STORAGES = {
    "torch BoolStorage": "?",
    "torch ByteStorage": "u1",
    "torch CharStorage": "i1",
    "torch ShortStorage": "<i2",
    "torch IntStorage": "<i4",
    "torch LongStorage": "<i8",
    "torch HalfStorage": "<f2",
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
}

#: What a damaged pickle may raise besides.
_DAMAGED_PICKLE = (AttributeError, IndexError, KeyError, RecursionError)


def read_torch_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Read the arrays of a file that `torch.save` wrote.

    Parameters
    ----------
    path : path
        A dict of tensors, numpy arrays or lists of numbers, or one of these alone. Nothing is
        unpickled: a file with anything else is refused.

    Returns
    -------
    dict of str to array
        A single array has the name ``""``.

    Raises
    ------
    InvalidInputError
        If the file is missing or damaged, or holds anything but arrays of numbers.
    """
    try:
        content = _read(path)
    except InvalidInputError:
        raise
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: no such file") from None
    except (*DAMAGED, *_DAMAGED_PICKLE) as error:
        raise InvalidInputError(
            f"{path}: not a file that torch.save wrote of arrays of numbers ({reason(error)}); "
            "save the labels with numpy.save"
        ) from error
    if not isinstance(content, dict):
        content = {"": content}
    arrays = {}
    for name, values in content.items():
        arrays[str(name)] = _as_array(path, name, values)
    return arrays


def _read(path: str | Path) -> Any:
    """What the file holds, of either format."""
    if not zipfile.is_zipfile(path):
        return _read_old_format(path)
    with zipfile.ZipFile(path) as archive:
        members = {member.filename: member for member in archive.infolist()}
        pickles = [name for name in members if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ValueError("it has no data.pkl")
        folder = pickles[0].removesuffix("data.pkl")

        def read_member(name: str) -> bytes:
            member = members[folder + name]
            # torch compresses nothing, so no file is larger than it looks.
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{name} is compressed")
            check_fits(path, member.file_size)
            return archive.read(member)

        def read_tensor(storage: Any, shape: tuple[int, ...], offset: int) -> np.ndarray:
            _, kind, name, _, _ = storage
            values = np.frombuffer(read_member(f"data/{name}"), _storage_type(kind))
            return values[offset : offset + math.prod(shape)].reshape(shape)

        return read_numbers(read_member("data.pkl"), read_tensor)


def _read_old_format(path: str | Path) -> Any:
    """What a file of torch before 1.6 holds: five pickles, the fourth of which is the object."""
    content = Path(path).read_bytes()
    start = 0
    for _ in range(3):
        *_, (_, _, position) = pickletools.genops(io.BytesIO(content[start:]))
        start += (position or 0) + len(pickle.STOP)
    return read_numbers(content[start:], _no_tensor)


def _no_tensor(*_: Any) -> np.ndarray:
    raise ValueError("it has tensors in a format of before torch 1.6")


def _storage_type(kind: Any) -> str:
    if not isinstance(kind, Name) or kind.text not in _STORAGES:
        raise ValueError(f"it holds a storage of {kind}")
    return _STORAGES[kind.text]


def _as_array(path: str | Path, name: Any, values: Any) -> np.ndarray:
    """An array of numbers; lists are taken if they are flat."""
    if isinstance(values, np.ndarray):
        return values
    is_numbers = isinstance(values, list) and all(type(one) in (bool, int, float) for one in values)
    if not is_numbers:
        raise InvalidInputError(
            f"{path}: {name} holds {type(values).__name__}, expected arrays of numbers and nothing "
            "else; save the labels with numpy.save"
        )
    return np.array(values)
