"""Data as scripts: a page on the disk may load scripts, but not read files.

Each script is one call, ``receive(name, type, text)``. The type is ``json``, with JSON as text, or
that of numbers, with their bytes in base64.
"""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

#: Types of numbers that the page knows, by their dtype: arrays that JavaScript has.
_TYPES = {
    np.dtype("uint8"): "Uint8Array",
    np.dtype("uint16"): "Uint16Array",
    np.dtype("int32"): "Int32Array",
    np.dtype("uint32"): "Uint32Array",
    np.dtype("float32"): "Float32Array",
    np.dtype("float64"): "Float64Array",
}

#: Those for whole numbers, from narrow to wide.
_WHOLE = (np.uint8, np.uint16, np.int32, np.uint32)

#: Examples whose profiles, votes and helpers are in one script.
BLOCK = 16_384


def write_document(folder: Path, name: str, document: Any) -> None:
    """Write an object that JSON can hold; NaN is none of these.

    Raises
    ------
    ValueError
        If it holds NaN or infinity.
    """
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    _write(folder, name, "json", text)


def write_numbers(folder: Path, name: str, values: np.ndarray) -> None:
    """Write numbers of one of the dtypes that the page knows, in the order of memory."""
    # Browsers run on machines that put the lowest byte first.
    little_endian = values.dtype.newbyteorder("<")
    stored = np.ascontiguousarray(values, little_endian)
    text = base64.b64encode(stored.tobytes()).decode()
    kind = _TYPES[values.dtype]
    _write(folder, name, kind, text)


def write_blocks(folder: Path, name: str, values: np.ndarray) -> None:
    """Write rows (example, ...) in scripts NAME-0, NAME-1, … of `BLOCK` rows each."""
    starts = range(0, len(values), BLOCK)
    for block, start in enumerate(starts):
        rows = values[start : start + BLOCK]
        write_numbers(folder, f"{name}-{block}", rows)


def whole_numbers(values: np.ndarray) -> np.ndarray:
    """Whole numbers in the narrowest dtype that the page knows.

    Examples
    --------
    >>> whole_numbers(np.array([0, 300])).dtype, whole_numbers(np.array([-1, 2**40])).dtype
    (dtype('uint16'), dtype('float64'))
    """
    lowest = int(values.min(initial=0))
    highest = int(values.max(initial=0))
    for dtype in _WHOLE:
        limits = np.iinfo(dtype)
        if limits.min <= lowest and highest <= limits.max:
            return values.astype(dtype)
    # Whole to 2**53.
    return values.astype(np.float64)


def _write(folder: Path, name: str, kind: str, text: str) -> None:
    # The text is a string for JavaScript as well: JSON in ASCII is, whatever it holds.
    arguments = [json.dumps(value) for value in (name, kind, text)]
    line = f"receive({', '.join(arguments)});\n"
    path = folder / f"{name}.js"
    path.write_text(line, encoding="ascii")
