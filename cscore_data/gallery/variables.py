"""The statistics of examples as numbers for the page."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.gallery.page_order import NO_LABEL, PageOrder
from cscore_data.gallery.scripts import whole_numbers, write_numbers

#: Letters of the name and of the description of a statistic, which may come from others.
_LONGEST_NAME = 60
_LONGEST_MEANING = 300


def write_statistics(
    folder: Path, scores: xr.Dataset, order: PageOrder, *, side: str = "a"
) -> list[dict[str, Any]]:
    """Write every variable that has a number for each example; returns what they are.

    Parameters
    ----------
    folder : Path
    scores : xarray.Dataset
        In memory.
    order : PageOrder
    side : {"a", "b"}
        Which of two sets of scores these are.

    Returns
    -------
    list of dict
        For each statistic its name, what it is in words, the script that has it, and whether it is
        a class: a place among the classes of the page, -1 for none.
    """
    statistics: list[dict[str, Any]] = []
    for key, variable in scores.data_vars.items():
        if variable.dims != ("example",) or variable.dtype.kind not in "fiub":
            continue
        name = str(key)
        is_class = name == "vote"
        values = variable.values
        if is_class:
            values = order.class_places(voted_labels(scores))
        # Not by its name, which need not be one of a file.
        script = f"statistic-{side}-{len(statistics)}"
        write_numbers(folder, script, _as_numbers(values[order.rows]))

        meaning = str(variable.attrs.get("long_name", ""))
        description = {
            "name": name[:_LONGEST_NAME],
            "title": spelled_out(name)[:_LONGEST_NAME],
            "meaning": meaning[:_LONGEST_MEANING],
            "script": script,
            "isClass": is_class,
            "side": side,
        }
        statistics.append(description)
    return statistics


def _as_numbers(values: np.ndarray) -> np.ndarray:
    """Values in a dtype that the page knows."""
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    return whole_numbers(values)


def voted_labels(scores: xr.Dataset) -> np.ndarray:
    """The label that models vote for: int (example,), one that no class has where there is none."""
    vote: np.ndarray = scores["vote"].values
    if "vote_share" not in scores:
        return vote
    # Not by its value, which may be a class: -1 and +1 are common labels.
    has_vote = scores["vote_share"].notnull().values
    return np.where(has_vote, vote, NO_LABEL)


def spelled_out(name: str) -> str:
    """The name of a statistic in words.

    Examples
    --------
    >>> spelled_out("soft_cscore_stderr")
    'soft C-score standard error'
    """
    words = {"cscore": "C-score", "stderr": "standard error"}
    spelled = [words.get(word, word) for word in name.split("_")]
    return " ".join(spelled)
