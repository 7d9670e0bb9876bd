"""Tables, whatever file they are in: columns by name, and the column with the labels."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cscore_data.data.label_names import LABEL_NAMES
from cscore_data.errors import InvalidInputError

if TYPE_CHECKING:
    import pyarrow

#: Names that the column with the labels may have, the most telling first. Where a set has coarse
#: and fine labels, the fine ones are those that models are trained on.
_LABEL_NAMES = ("label", "fine_label", *LABEL_NAMES)

#: Columns that a message lists.
_SHOWN = 20


class TableSource(NamedTuple):
    """A table of which columns can be read.

    Attributes
    ----------
    name : str
        What to call it in messages.
    schema : pyarrow.Schema
        Its columns, with the metadata of the library `datasets` if it has any.
    read : callable
        From names of columns to a table of them, all rows.
    notes : tuple of str
        What there is to know about the file, such as that it is one of several.
    """

    name: str
    schema: "pyarrow.Schema"
    read: Callable[[Sequence[str]], "pyarrow.Table"]
    notes: tuple[str, ...] = ()


def label_column(source: TableSource, given: str | None) -> str:
    """The column with the labels: the one that is given or has a usual name.

    Raises
    ------
    InvalidInputError
        If there is none, or there are two of the name; lists the columns.
    """
    if given is not None:
        return named_column(source, given, "--label")
    usual = usual_label(source.schema)
    if usual is not None:
        return usual
    raise InvalidInputError(
        f"{source.name}: found columns {describe_columns(source)}; say with --label COLUMN which "
        "one has the labels"
    )


def usual_label(schema: "pyarrow.Schema") -> str | None:
    """The column that has a usual name of labels, the most telling one first."""
    for name in _LABEL_NAMES:
        if schema.names.count(name) == 1:
            return name
    return None


def named_column(source: TableSource, name: str, flag: str) -> str:
    """`name`, if there is one such column; an `InvalidInputError` that lists the columns if not."""
    count = source.schema.names.count(name)
    if count == 1:
        return name
    found = "no" if count == 0 else count
    columns = "column" if count == 0 else "columns"
    raise InvalidInputError(
        f"{source.name}: found {found} {columns} named {name} among {describe_columns(source)}; "
        f"give {flag} another name"
    )


def describe_columns(source: TableSource) -> str:
    """The columns with their types, at most 20 of them, for messages."""
    shown = [f"{field.name} ({str(field.type)[:40]})" for field in source.schema][:_SHOWN]
    left = len(source.schema) - len(shown)
    if left:
        shown.append(f"and {left} others")
    return ", ".join(shown) or "none"


def class_names(schema: "pyarrow.Schema", label: str) -> tuple[str, ...]:
    """Class names that the `datasets` library stores in the schema; empty if it has not."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[label]["names"]
    except (KeyError, TypeError, ValueError):
        return ()
    if not isinstance(names, list):
        return ()
    return tuple(str(name) for name in names)


def as_array(column: "pyarrow.ChunkedArray") -> np.ndarray:
    """A column of labels as an array (row,), or (row, class) of lists; None where it is null."""
    from pyarrow import compute, types

    kind = column.type
    if types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    elif types.is_temporal(kind) or types.is_decimal(kind):
        column = compute.cast(column, "string")
    if column.null_count or types.is_boolean(column.type):
        return np.array(column.to_pylist(), object)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        rows = column.to_pylist()
        if len({len(row) for row in rows}) == 1:
            return np.array(rows)
    array: np.ndarray = column.to_numpy()
    return array
