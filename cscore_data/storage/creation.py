"""A new cube in a folder, and whether there may be one."""

import xarray as xr

from cscore_data.errors import StoreError
from cscore_data.storage.interface import Folder
from cscore_data.storage.workers import preparing
from cscore_data.storage.zarr_store import is_free, stored_attrs, write_store


def create_store(store: Folder, template: xr.Dataset, *, overwrite: bool) -> None:
    """Write an empty cube into a folder, all at once or not at all.

    Of several processes that do so at once, the first one wins. That needs no server on which only
    one of them can create an object: they take turns by their records (`workers`).

    Parameters
    ----------
    store : Folder
    template : xarray.Dataset
    overwrite : bool
        Replace the cube that is there.

    Raises
    ------
    StoreError
        If something is there already, the place is in another cube or cannot be written, or what is
        to be overwritten is being filled by another process.
    """
    _require_no_cube_around(store)
    if not overwrite:
        _require_room(store, template)
    with preparing(store, alone=overwrite):
        if not overwrite:
            _require_room(store, template)
        write_store(store, template, overwrite=overwrite, sealed=True)


def _require_room(store: Folder, template: xr.Dataset) -> None:
    """Raise `StoreExistsError` unless a cube like this can be created in a folder.

    Behind a URL an unfinished cube may be completed, but not among somebody's other files.
    """
    if not is_free(store) or not set(store.names()) <= set(map(str, template.variables)):
        raise store.occupied()


def _require_no_cube_around(store: Folder) -> None:
    """Raise `StoreError` if a folder is in a cube, whose own it would be taken for."""
    around = store.parent()
    while around is not None:
        if "schema_version" in stored_attrs(around):
            raise StoreError(
                f"{store.path}: {around.path} is a cube, and another one cannot be in it; choose "
                "another place"
            )
        around = around.parent()
