"""Files of default names that are there already: what would be lost is not replaced unasked."""

import csv
import os

import numpy as np

from cscore_data.errors import StoreExistsError
from cscore_data.scores.suspect_files import COLUMNS

#: What is written where no name is given.
SUSPECTS = "suspects.csv"
INDICES = "selected.npy"


def check_earlier_suspects(example: np.ndarray, label: np.ndarray) -> None:
    """Check that suspects under the default name, if there are any, are of these examples.

    Parameters
    ----------
    example : int (example,)
    label : (example,)
        By name, where classes have names.

    Raises
    ------
    StoreExistsError
        If they are of others, or somebody has changed labels or columns of the file.
    """
    if not os.path.lexists(SUSPECTS):
        return
    label_of = dict(zip(map(str, example), map(str, label), strict=True))
    try:
        with open(SUSPECTS, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
        are_same = all(label_of[row["example"]] == row["label"] for row in rows)
        # A column more may hold what somebody found out about each example.
        are_same = are_same and reader.fieldnames == list(COLUMNS)
    except (OSError, ValueError, KeyError, csv.Error):
        are_same = False
    if not are_same:
        raise _exists(SUSPECTS, "suspects of other examples, or with other labels or columns")


def check_earlier_indices(indices: np.ndarray) -> None:
    """Raise `StoreExistsError` if there are other indices under the default name."""
    if not os.path.lexists(INDICES):
        return
    try:
        are_same = np.array_equal(np.load(INDICES, allow_pickle=False), indices)
    except (OSError, ValueError, EOFError):
        are_same = False
    if not are_same:
        raise _exists(INDICES, "other indices")


def _exists(name: str, what: str) -> StoreExistsError:
    return StoreExistsError(
        f"{name}: exists already, with {what}; choose another name with --out, or give --out "
        f"{name} to replace it"
    )
