"""Reader of published files of scores: the arrays as they are there, checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.data.names import check_unique
from cscore_data.data.npz import Header, npz_headers, read_npy, read_npz_arrays
from cscore_data.errors import InvalidInputError, reason
from cscore_data.scores.published_files import Published

#: Dtypes that the arrays get; numpy's variable-length strings are what Zarr v3 has a specification
#: for.
_DTYPES: dict[str, Any] = {
    "scores": np.float64,
    "labels": np.int64,
    "filenames": np.dtypes.StringDType(),
}

#: Bytes of an item at most: a file name is not longer on any usual file system.
_LONGEST_ITEM = 255


def read_published(entry: Published, path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of a published file and check them against the registry.

    Parameters
    ----------
    entry : Published
    path : pathlib.Path

    Returns
    -------
    dict
        `scores` float64 (example,) and, where the file has them, `labels` int64 and `filenames`
        str, in the file's own order.

    Raises
    ------
    InvalidInputError
        If an array is missing or too many, or of another dtype or length, or a value is out of
        range; says which.
    """
    if entry.file.endswith(".npz"):
        found = _read_npz(entry, path)
    else:
        found = {"scores": read_npy(path)}
        _check_header(entry, "scores", Header(found["scores"].shape, found["scores"].dtype))

    arrays = {}
    for name, values in found.items():
        if values.dtype.kind == "S":
            values = _decoded(path, name, values)
        arrays[name] = values.astype(_DTYPES[name])
    _check_values(entry, arrays)
    return arrays


def _read_npz(entry: Published, path: Path) -> dict[str, np.ndarray]:
    # The headers come first: nothing of another size than expected is unpacked.
    headers = npz_headers(path)
    names = {key: entry.names.get(key, key) for key in entry.arrays}
    missing = set(names.values()) - headers.keys()
    # Files whose arrays have names of their own hold more than scores.
    others = set() if entry.names else headers.keys() - set(names.values())
    if missing or others:
        found = ", ".join(sorted(headers)[:5]) or "no arrays"
        expected = ", ".join(sorted(names.values()))
        raise InvalidInputError(f"{entry.file}: found {found}, expected {expected}")
    for key, name in names.items():
        _check_header(entry, key, headers[name])
    return read_npz_arrays(path, {key: (name,) for key, name in names.items()})


def _check_header(entry: Published, name: str, header: Header) -> None:
    shape, dtype = header
    fits = shape == (entry.examples,) and dtype.kind in entry.arrays[name]
    if not fits or dtype.itemsize > _LONGEST_ITEM:
        raise InvalidInputError(
            f"{entry.file}: {name} has shape {shape} and dtype {dtype}, expected "
            f"({entry.examples},) and a dtype of kind {entry.arrays[name]!r}"
        )


def _decoded(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    try:
        # StringDType itself takes any bytes unchecked and fails later.
        return values.astype("U")
    except UnicodeError as error:
        raise InvalidInputError(
            f"{path}: {name} are not ASCII text ({reason(error)}); get a fresh copy"
        ) from error


def _check_values(entry: Published, arrays: Mapping[str, np.ndarray]) -> None:
    _check_range(f"{entry.file}: scores", arrays["scores"].round(5), *entry.score_range)
    if "labels" in arrays:
        labels = arrays["labels"]
        _check_range(f"{entry.file}: labels", labels, 0, entry.classes - 1)
        first = tuple(labels[: len(entry.first_labels)].tolist())
        if first != entry.first_labels:
            raise InvalidInputError(
                f"{entry.file}: labels begin {first}, expected {entry.first_labels}"
            )
    if "filenames" in arrays:
        check_unique(arrays["filenames"], f"{entry.file}: filenames")


def _check_range(what: str, values: np.ndarray, low: float, high: float) -> None:
    # NaN is in no range.
    if not ((values >= low) & (values <= high)).all():
        found = f"{values.min()}..{values.max()}"
        raise InvalidInputError(f"{what} span {found}, expected {low}..{high}")
