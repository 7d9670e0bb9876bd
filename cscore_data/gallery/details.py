"""What the page shows of a single example: its profile, its votes and its helpers."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.gallery.page_order import PageOrder
from cscore_data.gallery.scripts import BLOCK, whole_numbers, write_blocks

#: Classes with the most votes that are shown.
_MOST_CLASSES = 10


def write_profiles(
    folder: Path, scores: xr.Dataset, order: PageOrder, *, side: str = "a"
) -> dict[str, Any] | None:
    """Write the profile of each example and its counts, if there are any.

    Returns
    -------
    dict or None
        The ratios.
    """
    if "profile" not in scores or "held_out_count" not in scores:
        return None
    known = scores[["profile", "held_out_count"]]
    by_example = known.transpose("example", "ratio")
    on_page = by_example.isel(example=order.rows)
    profile = on_page["profile"].values
    count = on_page["held_out_count"].values
    write_blocks(folder, f"profile-{side}", profile.astype(np.float32))
    write_blocks(folder, f"count-{side}", whole_numbers(count))
    ratios = scores["ratio"].values
    return {"ratios": ratios.tolist()}


def write_votes(folder: Path, votes: xr.DataArray, order: PageOrder) -> dict[str, Any]:
    """Write the classes that models vote for most often, and their votes.

    Parameters
    ----------
    folder : Path
    votes : int (example, class)
        May be lazy: examples are computed block by block.
    order : PageOrder

    Returns
    -------
    dict
        How many classes of each example are there.
    """
    place = order.class_places(votes["class"].values)
    shown = min(_MOST_CLASSES, len(place))
    examples = votes.sizes["example"]
    classes = np.empty((examples, shown), np.int32)
    # The last column is for the sum over all classes.
    counts = np.empty((examples, shown + 1), np.int64)

    # In the order of the scores, in which a lazy array is read once.
    for start in range(0, examples, BLOCK):
        block = slice(start, start + BLOCK)
        part = votes.isel(example=block).values
        most = _most_voted(part, shown)
        classes[block] = place[most]
        counts[block, :shown] = np.take_along_axis(part, most, axis=1)
        counts[block, shown] = part.sum(axis=1)

    # In the order of the page.
    classes = classes[order.rows]
    counts = counts[order.rows]
    write_blocks(folder, "vote-class", whole_numbers(classes))
    write_blocks(folder, "vote-count", whole_numbers(counts))
    return {"classes": shown}


def _most_voted(votes: np.ndarray, most: int) -> np.ndarray:
    """Columns of the classes with the most votes, the first of equal ones first."""
    order = np.argsort(-votes, axis=1, kind="stable")
    return order[:, :most]


def write_helpers(folder: Path, helpers: xr.Dataset, order: PageOrder) -> dict[str, Any]:
    """Write the examples that help each one most, and their influence.

    Parameters
    ----------
    folder : Path
    helpers : xarray.Dataset
        As in `GalleryContents`.
    order : PageOrder

    Returns
    -------
    dict
        How many helpers each example has at most.
    """
    by_example = helpers.transpose("example", "place")
    on_page = by_example.isel(example=order.rows)
    row = order.rows_of(on_page["helper"].values)
    influence = on_page["influence"].values
    write_blocks(folder, "helper", whole_numbers(row))
    write_blocks(folder, "influence", influence.astype(np.float32))
    return {"places": helpers.sizes["place"]}
