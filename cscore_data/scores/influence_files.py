"""Influential pairs on disk: a Zarr store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from cscore_data.errors import InvalidInputError, StoreError, StoreExistsError, reason
from cscore_data.schema import Variable, check_variables
from cscore_data.scores.influence import TARGETS
from cscore_data.storage.folder import folder
from cscore_data.storage.zarr_store import open_store, write_store

#: Variables of a store of pairs, of which the first dim is that of the targets.
_VARIABLES = ("helps", "helps_influence", "hurts", "hurts_influence")

#: Attributes that tell one study from another.
_STUDY = ("dataset", "example_digest", "plan", "recipe")


def save_pairs(pairs: xr.Dataset, path: str | Path) -> None:
    """Write influential pairs as a Zarr store, all at once, replacing pairs that are there.

    Parameters
    ----------
    pairs : xarray.Dataset
        From `influential_pairs`.
    path : path or URL

    Raises
    ------
    StoreExistsError
        If something else is there.
    StoreError
        If the store cannot be written.
    """
    check_place(path)
    write_store(path, pairs, overwrite=True)


def check_place(path: str | Path, study: Mapping[str, Any] | None = None) -> None:
    """Check that influential pairs may be written to a place.

    Parameters
    ----------
    path : path or URL
    study : mapping, optional
        Attributes of the study that they are from; by default those of any study are replaced.

    Raises
    ------
    StoreExistsError
        If something other than influential pairs is there, or those of another study.
    """
    if not folder(path).exists():
        return
    try:
        present = open_pairs(path)
    except StoreError as error:
        raise StoreExistsError(
            f"{path}: something other than influences is there; remove it, or choose another place"
        ) from error
    differing = []
    for name in _STUDY:
        values = {present.attrs.get(name), (study or {}).get(name)} - {None}
        if len(values) > 1:
            differing.append(name)
    if differing:
        raise StoreExistsError(
            f"{path}: exists already, with influences in another study (other "
            f"{', '.join(differing)}); choose another --out, or replace them with --overwrite"
        )


def open_pairs(path: str | Path) -> xr.Dataset:
    """Open influential pairs lazily.

    Parameters
    ----------
    path : path or URL

    Returns
    -------
    xarray.Dataset
        As `influential_pairs` gives it.

    Raises
    ------
    StoreError
        If there is nothing that can be read, or the store does not hold influential pairs.
    """
    pairs = open_store(path)
    try:
        dim = TARGETS.get(str(pairs.attrs.get("on")), "target")
        known = {}
        for name in _VARIABLES:
            kinds = "f" if name.endswith("influence") else "i"
            known[name] = Variable((dim, "rank"), kinds, "")
        check_variables(pairs, known, [*_VARIABLES, "example"])
    except InvalidInputError as error:
        raise StoreError(
            f"{path}: this store does not hold influences ({reason(error)}); reduce-cscores "
            "--influence writes such a store from a cube"
        ) from error
    return pairs
