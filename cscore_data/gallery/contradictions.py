"""The examples whose label models contradict, for the view of suspects."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.gallery.page_order import PageOrder
from cscore_data.gallery.scripts import whole_numbers, write_numbers

#: A label that no class has.
_NO_LABEL = np.iinfo(np.int64).min


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
    suggested = np.where(np.isnan(share), _NO_LABEL, shown["suggested"].values)

    row = order.rows_of(shown["example"].values)
    write_numbers(folder, "suspect-row", whole_numbers(row))
    write_numbers(folder, "suspect-class", whole_numbers(order.class_places(suggested)))
    write_numbers(folder, "suspect-share", share.astype(np.float32))
    write_numbers(folder, "suspect-called", called.astype(np.uint8))
    return {"count": len(row), "called": int(called.sum())}


def contradicted(suspects: xr.Dataset) -> xr.Dataset:
    """The suspects for which models vote for another label, or that are called mislabelled."""
    has_vote = suspects["share"].notnull()
    is_other = suspects["suggested"] != suspects["label"]
    has_score = suspects["score"].notnull()
    chosen = suspects["mislabelled"] | (has_vote & is_other)
    return suspects.isel(example=(chosen & has_score).values)
