"""A cube on disk or behind a URL: created whole, filled piece by piece, extended, cleared.

Its consolidated metadata, one file that is replaced in one step, says what shape the cube has;
`done`, written last, says which runs it holds.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.schema import CUBE_VARIABLES, validate_cube
from cscore_data.storage.changes import clear_pieces, extend_store, is_same_cube
from cscore_data.storage.folder import folder
from cscore_data.storage.interface import Folder, store_errors
from cscore_data.storage.pieces import (
    WHOLE,
    Piece,
    Shard,
    pending_pieces,
    require_complete,
    runs_per_chunk,
)
from cscore_data.storage.workers import preparing
from cscore_data.storage.zarr_store import (
    ROOT,
    array_of,
    is_free,
    open_group,
    open_store,
    write_store,
)


class Cube:
    """A cube that is open; make one with `Cube.open` or `Cube.create`.

    Attributes
    ----------
    folder : Folder
    dataset : xarray.Dataset
        Lazy, with the chunks on disk; `done` is read again each time that it is used.
    """

    def __init__(self, store: Folder):
        self.folder = store
        self.reopen()

    @classmethod
    def open(cls, path: str | Path) -> "Cube":
        """Open the cube at a path or URL.

        Raises
        ------
        StoreError
            If nothing there can be read, or it is not a cube of this schema version.
        """
        return cls(folder(path))

    @classmethod
    def create(cls, path: str | Path, template: xr.Dataset, *, overwrite: bool = False) -> "Cube":
        """Create an empty cube, all at once or not at all, and open it.

        Parameters
        ----------
        path : path or URL
        template : xarray.Dataset
            From `schema.cube_template`; its chunks become the store's.
        overwrite : bool
            Replace a cube that is there.

        Raises
        ------
        StoreError
            If something is there already, the place cannot be written, or what is to be overwritten
            is not a cube or is being filled by another process.
        """
        validate_cube(template)
        store = folder(path)
        if overwrite and not is_free(store):
            _require_cube(store)
            with preparing(store, alone=True):
                write_store(store, template, overwrite=True, sealed=True)
        else:
            _require_room(store, set(map(str, template.variables)))
            write_store(store, template, sealed=True)
        return cls(store)

    @property
    def path(self) -> str:
        """Path or URL, as given."""
        return self.folder.path

    @property
    def runs_per_chunk(self) -> int:
        """Number of runs in a piece."""
        return runs_per_chunk(self.dataset)

    @property
    def records_margins(self) -> bool:
        """Whether the cube has margins and predictions."""
        return "margin" in self.dataset

    def reopen(self) -> None:
        """Read the metadata again."""
        self._root = self._read_root()
        dataset = open_store(self.folder)
        try:
            self.dataset = validate_cube(dataset)
        except InvalidInputError as error:
            raise StoreError(f"{self.path}: {error}") from error
        if self.records_margins:
            # xarray decodes to float64, which a margin of eight bits does not need.
            self.dataset["margin"] = dataset["margin"].astype(np.float32)
        self._ledger: zarr.Array[Any] | None = None

    def refresh(self) -> bool:
        """Read the metadata again if another process has changed them; returns whether it has.

        Raises
        ------
        StoreError
            If the cube is gone, or is another one by now.
        """
        root = self._read_root()
        if not root:
            raise StoreError(
                f"{self.path}: was removed while it was being written; remove what is left of it, "
                "if anything, and run the same command again"
            )
        if root == self._root:
            return False
        if not is_same_cube(root, self._root):
            raise StoreError(
                f"{self.path}: was replaced by another cube while this one was being written; "
                "nothing more is written to it"
            )
        self.reopen()
        return True

    def _read_root(self) -> bytes:
        """The store's own metadata; empty if there are none."""
        with store_errors(self.path, "read"):
            try:
                return self.folder.read(ROOT)
            except (FileNotFoundError, NotADirectoryError):
                return b""

    def arrays(self, *, mode: str = "r", fsync: bool = False) -> dict[str, zarr.Array[Any]]:
        """The arrays of the cube's variables in the order of writing, as zarr has them."""
        task = "read" if mode == "r" else "written"
        with store_errors(self.path, task):
            group = open_group(self.folder, mode=mode, fsync=fsync, consolidated=True)
        return {name: array_of(group, name) for name in CUBE_VARIABLES if name in group}

    def pieces(self, shard: Shard = WHOLE) -> list[Piece]:
        """The pieces of a shard that are not complete, in the order to train them."""
        return pending_pieces(self.dataset, shard)

    def require_complete(self) -> None:
        """Raise `IncompleteCubeError`, saying how much is missing, unless every run is done."""
        require_complete(self.dataset)

    def still_pending(self, piece: Piece) -> Piece | None:
        """The piece with those runs that are not done by now; None if all are. One small read."""
        if self._ledger is None:
            self._ledger = self.arrays()["done"]
        with store_errors(self.path, "read"):
            done = np.asarray(self._ledger[piece.index, piece.start : piece.stop])
        missing = piece.start + np.flatnonzero(~done)
        return replace(piece, pending=tuple(missing.tolist())) if missing.size else None

    def extend(self, runs: int, *, history: str) -> None:
        """Make room for `runs` runs, keeping those that are there, and add a line of history.

        Interrupted, it leaves the cube as it was: the new shape counts from the moment at which the
        consolidated metadata has it. If another process has made more room, that stays.

        Raises
        ------
        StoreError
            If the store cannot be written.
        """
        with preparing(self.folder), store_errors(self.path, "written"):
            self.folder.sweep()
            self.refresh()
            runs = max(runs, self.dataset.sizes["run"])
            extend_store(self.folder, self.dataset, runs, history)
        self.reopen()

    def clear(self, cleared: Iterable[Piece]) -> None:
        """Clear pieces, their ledger first, so that `train-holdout` fills them again.

        Chunk files are removed, not overwritten: those that cannot be decoded could not be.

        Raises
        ------
        StoreError
            If the store cannot be written, or another process fills it.
        """
        with preparing(self.folder, alone=True), store_errors(self.path, "written"):
            clear_pieces(self.folder, self.arrays(), cleared, self.runs_per_chunk)


def create_cube(path: str | Path, template: xr.Dataset, *, overwrite: bool = False) -> None:
    """Create an empty cube: `Cube.create` without opening it.

    Parameters
    ----------
    path : path or URL
    template : xarray.Dataset
        From `cube_template`; its chunks become the store's.
    overwrite : bool
        Replace a cube that is there.

    Raises
    ------
    StoreError
        As `Cube.create`.

    Examples
    --------
    >>> import numpy as np
    >>> from cscore_data import cube_template
    >>> template = cube_template([0.5], 4, np.array([0, 1, 1]), runs_per_chunk=2)
    >>> create_cube("memory://examples/empty.zarr", template, overwrite=True)
    >>> open_cube("memory://examples/empty.zarr")["done"].values
    array([[False, False, False, False]])
    """
    Cube.create(path, template, overwrite=overwrite)


def open_cube(path: str | Path) -> xr.Dataset:
    """Open a cube lazily, with the chunks that it has on disk.

    Returns
    -------
    xarray.Dataset
        `correct` and `held_out`, bool (ratio, run, example), and `done`, bool (ratio, run), all
        lazy, with their coordinates.

    Raises
    ------
    StoreError
        If nothing there can be read, or it is not a cube of this schema version.

    Examples
    --------
    >>> import numpy as np
    >>> from cscore_data import create_cube, cube_template
    >>> template = cube_template([0.2, 0.5], 4, np.array([0, 1, 1]), runs_per_chunk=2)
    >>> create_cube("memory://examples/cube.zarr", template, overwrite=True)
    >>> cube = open_cube("memory://examples/cube.zarr")
    >>> dict(cube.sel(ratio=0.5)["correct"].sizes)
    {'run': 4, 'example': 3}
    """
    return Cube.open(path).dataset


def _require_cube(store: Folder) -> None:
    """Raise `StoreError` unless a folder holds a cube: nothing else may be thrown away."""
    Cube(store)


def _require_room(store: Folder, names: set[str]) -> None:
    """Raise `StoreExistsError` unless a cube of these variables can be created in a folder.

    Behind a URL an unfinished cube may be completed, but not among somebody's other files.
    """
    if not is_free(store) or not set(store.names()) <= names:
        raise store.occupied()
