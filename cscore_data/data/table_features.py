"""Columns of a table as features: numbers, and lists of numbers such as embeddings."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cscore_data.data.file_checks import check_fits
from cscore_data.data.table_source import TableSource
from cscore_data.errors import InvalidInputError

if TYPE_CHECKING:
    import pyarrow

#: Names of columns that number the rows, as pandas and others write them.
_NUMBERS = ("", "Unnamed: 0", "index", "id", "idx", "__index_level_0__")

#: Columns that a message names.
_SHOWN = 10


def feature_columns(
    source: TableSource, columns: Sequence[str]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Columns as features.

    Parameters
    ----------
    source : TableSource
    columns : sequence of str
        All columns that are not labels. Numbers and bools are a feature each, lists of numbers as
        many as they are long. Columns that only number the rows, and constant ones, are left out;
        so is text next to lists.

    Returns
    -------
    features : float32 (row, feature)
    notes : tuple of str
        What was left out.

    Raises
    ------
    InvalidInputError
        If a column holds text or is empty, a number is missing, or nothing is left.

    Examples
    --------
    >>> import pyarrow
    >>> table = pyarrow.table({"id": [0, 1], "a": [3, 5], "e": [[0.5, 1.0], [0.25, 2.0]]})
    >>> source = TableSource("mine", table.schema, table.select)
    >>> feature_columns(source, ["id", "a", "e"])  # doctest: +NORMALIZE_WHITESPACE
    (array([[3. , 0.5 , 1. ], [5. , 0.25, 2. ]], dtype=float32),
     ('left out, row numbers: id',))
    """
    numeric, other = _split_by_type(source, columns)
    has_lists = any(_is_list(source.schema.field(name).type) for name in numeric)
    if other and not has_lists:
        raise InvalidInputError(
            f"{source.name}: found {source.schema.field(other[0]).type} in {_listed(other)}, "
            "expected numbers or lists of numbers besides the labels; take what is no feature out "
            "of the table, or learn from a column of texts with --text COLUMN"
        )
    if not numeric:
        raise _no_features(source, columns)
    table = source.read(numeric)
    if table.num_rows == 0:
        raise InvalidInputError(f"{source.name}: the table has no rows, expected examples")
    check_fits(source.name, 4 * table.num_rows * len(numeric))

    blocks = []
    left_out: dict[str, list[str]] = {"not numbers": other, "row numbers": [], "constant": []}
    for name in numeric:
        block = _as_block(source.name, name, table[name])
        if name in _NUMBERS and _are_row_numbers(block):
            left_out["row numbers"].append(name)
        elif (block == block[:1]).all():
            left_out["constant"].append(name)
        else:
            blocks.append(block)
    if not blocks:
        raise _no_features(source, columns)
    notes = [f"left out, {why}: {_listed(names)}" for why, names in left_out.items() if names]
    return np.concatenate(blocks, axis=1), tuple(notes)


def _no_features(source: TableSource, columns: Sequence[str]) -> InvalidInputError:
    return InvalidInputError(
        f"{source.name}: found no features in {_listed(columns)}, expected numbers that differ "
        "between rows, besides the labels"
    )


def _split_by_type(source: TableSource, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns of numbers or lists of numbers, and all others."""
    numeric: list[str] = []
    other: list[str] = []
    for name in columns:
        if source.schema.names.count(name) > 1:
            raise InvalidInputError(
                f"{source.name}: several columns are named {name!r}; give each its own name"
            )
        kind = source.schema.field(name).type
        if _is_list(kind):
            kind = kind.value_type
        group = numeric if _is_number(kind) else other
        group.append(name)
    return numeric, other


def _is_number(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    # A column without any value has the type null.
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    return bool(is_number or types.is_boolean(kind) or types.is_null(kind))


def _is_list(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _as_block(table: str, name: str, column: "pyarrow.ChunkedArray") -> np.ndarray:
    """One column as float32 (row, feature), after checking that nothing is missing."""
    from pyarrow import compute

    missing = column.is_null().to_numpy()
    width = 1
    if _is_list(column.type):
        _check_complete(table, name, missing)
        lengths = compute.list_value_length(column).to_numpy()
        differing = np.flatnonzero(lengths != lengths[0])
        if differing.size:
            row = differing[0]
            raise InvalidInputError(
                f"{table}: column {name} has lists of {lengths[0]} numbers, and of {lengths[row]} "
                f"in row {row}; expected the same length in all rows"
            )
        width = int(lengths[0])
        check_fits(table, 8 * len(column) * width)
        column = compute.list_flatten(column)
    values = column.cast("float64", safe=False).to_numpy()
    with np.errstate(over="ignore"):
        block: np.ndarray = values.reshape(-1, width).astype(np.float32)
    _check_complete(table, name, ~np.isfinite(block).all(axis=1))
    return block


def _check_complete(table: str, name: str, missing: np.ndarray) -> None:
    rows = np.flatnonzero(missing)
    if rows.size:
        raise InvalidInputError(
            f"{table}: column {name!r} has no finite number in {rows.size} of {len(missing)} rows "
            f"(the first: row {rows[0]}); fill them in, or take the column or the rows out"
        )


def _are_row_numbers(block: np.ndarray) -> bool:
    """True if these are whole numbers, all different; rows may have been shuffled."""
    is_whole = (block == np.rint(block)).all()
    return bool(block.shape[1] == 1 and is_whole and len(np.unique(block)) == len(block))


def _listed(names: Sequence[str]) -> str:
    """Names of columns, for messages; the first ones if there are many."""
    shown = ", ".join(name or "(without a name)" for name in names[:_SHOWN])
    if len(names) > _SHOWN:
        shown += f" and {len(names) - _SHOWN} others"
    return shown or "no columns"
