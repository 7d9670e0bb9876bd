"""Indices of chosen examples as files: npy, csv, json, txt."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.scores.exports import path_with_suffix, replacing


def check_suffix(path: str | Path) -> Path:
    """The path, if `write_indices` can write a file of this name, or `InvalidInputError`."""
    return path_with_suffix(path, "out", WRITERS)


def write_indices(
    columns: Mapping[str, np.ndarray], path: str | Path, *, about: Mapping[str, Any]
) -> None:
    """Write indices of examples in the form that the suffix of a file names, all at once.

    Parameters
    ----------
    columns : mapping of str to int (chosen,)
        `example`, the indices, and perhaps `bin`.
    path : path
        ``.npy``: an array of integers, (chosen,), or (chosen, column) if there are several;
        ``.csv`` and ``.txt``: a line for each example, after lines that begin with ``#`` and, in
        csv, a header; ``.json``: an object with lists. A file that is there is replaced.
    about : mapping of str to object
        What the indices were chosen from, and how; npy has no place for it.

    Raises
    ------
    InvalidInputError
        If the suffix is another.
    StoreError
        If the file cannot be written.
    """
    path = check_suffix(path)
    with replacing(path) as partial:
        WRITERS[path.suffix](columns, partial, about)


def indices_as_array(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """What an npy file of these columns holds: (chosen,), or (chosen, column) if several."""
    values = list(columns.values())
    return values[0] if len(values) == 1 else np.stack(values, axis=1)


def _write_npy(columns: Mapping[str, np.ndarray], path: Path, about: Mapping[str, Any]) -> None:
    np.save(path, indices_as_array(columns), allow_pickle=False)


def _write_csv(columns: Mapping[str, np.ndarray], path: Path, about: Mapping[str, Any]) -> None:
    lines = [*_comments(about), ",".join(columns), *_rows(columns, ",")]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_txt(columns: Mapping[str, np.ndarray], path: Path, about: Mapping[str, Any]) -> None:
    lines = [*_comments(about), *_rows(columns, " ")]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_json(columns: Mapping[str, np.ndarray], path: Path, about: Mapping[str, Any]) -> None:
    lists = {name: values.tolist() for name, values in columns.items()}
    path.write_text(json.dumps({**about, **lists}) + "\n", encoding="utf-8")


#: To add a format, write a writer and add an entry here.
WRITERS: dict[str, Callable[[Mapping[str, np.ndarray], Path, Mapping[str, Any]], None]] = {
    ".npy": _write_npy,
    ".csv": _write_csv,
    ".json": _write_json,
    ".txt": _write_txt,
}


def _comments(about: Mapping[str, Any]) -> list[str]:
    """Lines that say what the indices are, as readers of numbers skip them."""
    lines = []
    for name, value in about.items():
        one_line = " ".join(str(value).split())
        lines.append(f"# {name}: {one_line}")
    return lines


def _rows(columns: Mapping[str, np.ndarray], separator: str) -> list[str]:
    return [separator.join(map(str, row)) for row in zip(*columns.values(), strict=True)]
