"""What ``find-mislabelled`` was given: a data set, a cube or scores."""

import csv
from pathlib import Path

import pyarrow.parquet

from cscore_data.data.named_sets import NAMED_SETS
from cscore_data.data.npz import npz_headers
from cscore_data.errors import CscoreDataError
from cscore_data.scores.published import NAMES

#: The file that makes a folder a store.
_ROOT_OF_STORE = "zarr.json"

#: Arrays and columns that make a file one of scores; `cscore` is enough by itself.
_SCORES = {"score", "scores", "label", "labels", "filename", "filenames", "example"}


def is_data_set(source: str) -> bool:
    """True unless there is a store or a file of scores.

    Parameters
    ----------
    source : str
        A name, a path or a URL. Names of data sets that have published scores mean the data set.

    Examples
    --------
    >>> is_data_set("digits"), is_data_set("imagenet")
    (True, False)
    """
    if source in NAMED_SETS or source.startswith("tfds:"):
        return True
    if source in NAMES or "://" in source or Path(source).suffix in (".zarr", ".npy"):
        return False
    if Path(source).is_dir():
        return not (Path(source) / _ROOT_OF_STORE).exists()
    return not is_score_file(source)


def is_score_file(path: str) -> bool:
    """Whether a file holds scores, by the names of its arrays or columns."""
    try:
        names = set(_names(path))
    except (CscoreDataError, OSError, ValueError, csv.Error):
        # Whoever reads it says what is wrong.
        return False
    has_scores = bool(names & {"score", "scores"})
    return "cscore" in names or (has_scores and names <= _SCORES)


def _names(path: str) -> list[str]:
    """Names of the arrays or columns of a file."""
    suffix = Path(path).suffix
    if suffix == ".npz":
        return list(npz_headers(path))
    if suffix == ".csv":
        with open(path, newline="", encoding="utf-8-sig") as file:
            return next(csv.reader(file), [])
    if suffix == ".parquet":
        return list(pyarrow.parquet.read_schema(path).names)
    return []
