"""The examples whose label models contradict, for the view of suspects."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.gallery.page_order import NO_LABEL, PageOrder
from cscore_data.gallery.scripts import whole_numbers, write_numbers


def write_suspects(folder: Path, suspects: xr.Dataset, order: PageOrder) -> dict[str, Any]:
    """Write the examples whose label models contradict, the most suspicious first.

    Parameters
    ----------
    folder : Path
    suspects : xarray.Dataset
        As in `GalleryContents`.
    order : PageOrder

    Returns
    -------
    dict
        How many there are, and how many of them are called mislabelled.
    """
    shown = contradicted(suspects)
    called = shown["mislabelled"].values
    share = shown["share"].values
    has_vote = ~np.isnan(share)
    suggested = np.where(has_vote, shown["suggested"].values, NO_LABEL)

    row = order.rows_of(shown["example"].values)
    place = order.class_places(suggested)
    write_numbers(folder, "suspect-row", whole_numbers(row))
    write_numbers(folder, "suspect-class", whole_numbers(place))
    write_numbers(folder, "suspect-share", share.astype(np.float32))
    write_numbers(folder, "suspect-called", called.astype(np.uint8))
    return {"count": len(row), "called": int(called.sum())}


def contradicted(suspects: xr.Dataset) -> xr.Dataset:
    """The suspects for which models vote for another label, or that are called mislabelled."""
    has_vote = suspects["share"].notnull()
    is_other = suspects["suggested"] != suspects["label"]
    has_score = suspects["score"].notnull()
    chosen = suspects["mislabelled"] | (has_vote & is_other)
    is_shown = chosen & has_score
    return suspects.isel(example=is_shown.values)
