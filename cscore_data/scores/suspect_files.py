"""Ranked suspects as a table, and as a file that an annotator can work down."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from cscore_data.scores.exports import path_with_suffix, replacing, table_column

if TYPE_CHECKING:
    import pandas as pd

#: Columns in their order, and the types of those that may be empty, as pandas calls them.
COLUMNS = {
    "example": "int64",
    "filename": "string",
    "text": "string",
    "label": "int64",
    "suggested": "Int64",
    "share": "float64",
    "score": "float64",
    "stderr": "float64",
    "mislabelled": "bool",
    "contradicts_copy": "boolean",
}


def suspect_table(suspects: xr.Dataset, class_names: tuple[str, ...] = ()) -> "pd.DataFrame":
    """A row for each suspect, classes by name.

    Parameters
    ----------
    suspects : xarray.Dataset
        From `find_mislabelled`, with the coordinates `filename` and `text` where they are known.
    class_names : tuple of str
        Names of classes 0, 1, …; empty if they have none.

    Returns
    -------
    pandas.DataFrame
        Columns `example`, `filename`, `text`, `label`, `suggested`, `share`, `score`, `stderr`,
        `mislabelled`, `contradicts_copy`, whatever the suspects are made from; those that are not
        known are empty.
    """
    import pandas as pd

    columns = {}
    for name, dtype in COLUMNS.items():
        if name in suspects.variables:
            columns[name] = _column(suspects, name, class_names)
        else:
            columns[name] = pd.Series(None, range(suspects.sizes["example"]), dtype=dtype)
    return pd.DataFrame(columns)


def _column(suspects: xr.Dataset, name: str, class_names: tuple[str, ...]) -> Any:
    """One column, empty where its value is not known."""
    import pandas as pd

    values = suspects[name].values
    if name in ("label", "suggested"):
        values = named_classes(values, class_names)
    if name == "suggested" and "share" in suspects and suspects["share"].isnull().any():
        # Empty where nobody has voted.
        return pd.Series(values).convert_dtypes().mask(suspects["share"].isnull().values)
    return table_column(values)


def named_classes(label: np.ndarray, class_names: tuple[str, ...]) -> np.ndarray:
    """Names of the labels, if classes have names; an empty text for a label that is none.

    Examples
    --------
    >>> named_classes(np.array([1, 0, -1]), ("cat", "dog"))
    array(['dog', 'cat', ''], dtype=object)
    """
    if not class_names:
        return label
    names = np.array([*class_names, ""], object)
    is_class = (label >= 0) & (label < len(class_names))
    named: np.ndarray = names[np.where(is_class, label, len(class_names))]
    return named


def check_suffix(path: str | Path) -> Path:
    """The path, if `write_table` can write a file of this name, or `InvalidInputError`."""
    return path_with_suffix(path, "out", WRITERS)


def write_table(table: "pd.DataFrame", path: str | Path) -> None:
    """Write suspects to a file in the form that its suffix names, all at once.

    Parameters
    ----------
    table : pandas.DataFrame
        From `suspect_table`.
    path : path
        ``.csv``, ``.parquet`` or ``.jsonl``, one JSON object in each line. A file that is there is
        replaced.

    Raises
    ------
    InvalidInputError
        If the suffix is another.
    StoreError
        If the file cannot be written.
    """
    path = check_suffix(path)
    with replacing(path) as partial:
        WRITERS[path.suffix](table, partial)


def _write_csv(table: "pd.DataFrame", path: Path) -> None:
    table.to_csv(path, index=False)


def _write_parquet(table: "pd.DataFrame", path: Path) -> None:
    table.to_parquet(path, index=False)


def _write_jsonl(table: "pd.DataFrame", path: Path) -> None:
    table.to_json(path, orient="records", lines=True, force_ascii=False, double_precision=15)


#: To add a format, write a writer and add an entry here.
WRITERS: dict[str, Callable[["pd.DataFrame", Path], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".jsonl": _write_jsonl,
}
