"""A cube on disk or behind a URL: created whole, filled piece by piece, extended, cleared.

Its consolidated metadata, one file that is replaced in one step, says what shape the cube has;
`done`, written last, says which runs it holds.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.schema import validate_cube
from cscore_data.storage.changes import (
    ChangedError,
    clear_pieces,
    extend_store,
    read_root_of_same,
)
from cscore_data.storage.creation import create_store
from cscore_data.storage.folder import folder
from cscore_data.storage.groups import cube_arrays, open_group
from cscore_data.storage.interface import Folder, store_errors
from cscore_data.storage.margins import MARGINS, with_unpacked_margins
from cscore_data.storage.metadata import read_root, require_format_3
from cscore_data.storage.metadata_checks import require_consistent
from cscore_data.storage.pieces import (
    WHOLE,
    Piece,
    Shard,
    pending_pieces,
    require_complete,
    runs_per_chunk,
)
from cscore_data.storage.stored_arrays import damage
from cscore_data.storage.wholeness import require_whole
from cscore_data.storage.workers import preparing
from cscore_data.storage.zarr_store import is_free, open_store

#: How often room for more runs is made at most, if other processes change the cube meanwhile.
_ATTEMPTS = 10


class Cube:
    """A cube that is open; make one with `Cube.open` or `Cube.create`.

    Attributes
    ----------
    folder : Folder
    dataset : xarray.Dataset
        Lazy, with the chunks on disk; `done` is read again each time that it is used.
    packed : xarray.Dataset
        The same, but margins are whole numbers as they are stored, which are faster to sum up.
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
            As `creation.create_store`, or if what is to be overwritten is not a cube.
        """
        validate_cube(template)
        store = folder(path)
        is_replaced = overwrite and not is_free(store)
        if is_replaced:
            cls(store)  # nothing but a cube may be thrown away
        create_store(store, template, overwrite=is_replaced)
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
        self._root = read_root(self.folder)
        self.packed = open_store(self.folder, mask_and_scale=dict.fromkeys(MARGINS, False))
        try:
            self.dataset = validate_cube(with_unpacked_margins(self.packed))
        except InvalidInputError as error:
            raise StoreError(f"{self.path}: {error}") from error
        self._ledger: zarr.Array[Any] | None = None

    def refresh(self) -> bool:
        """Read the metadata again if another process has changed them; returns whether it has.

        Raises `StoreError` if the cube is gone, or is another one by now.
        """
        if read_root_of_same(self.folder, self._root) == self._root:
            return False
        self.reopen()
        return True

    def arrays(self, *, mode: str = "r", fsync: bool = False) -> dict[str, zarr.Array[Any]]:
        """The arrays of the cube's variables in the order of writing, as zarr has them."""
        if mode != "r":
            require_format_3(self.path, self._root)
        task = "read" if mode == "r" else "written"
        with store_errors(self.path, task):
            return cube_arrays(open_group(self.folder, mode=mode, fsync=fsync))

    def require_consistent(self) -> None:
        """Raise `StoreError` if the metadata of the cube and its arrays contradict each other."""
        with damage(self.path, "metadata"):
            require_consistent(self.folder, self.dataset)

    def require_whole(self) -> None:
        """Raise `StoreError` if files of runs that are done are not there; lists them once."""
        with store_errors(self.path, "read"):
            require_whole(self.folder, self.arrays(), self.dataset)

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
        with damage(self.path, f"done of {piece}"):
            done = np.asarray(self._ledger[piece.index, piece.start : piece.stop])
        missing = piece.start + np.flatnonzero(~done)
        if not missing.size:
            return None
        return replace(piece, pending=tuple(missing.tolist()))

    def extend(self, runs: int, *, history: str) -> None:
        """Make room for `runs` runs, keeping those that are there, and add a line of history.

        Interrupted, it leaves the cube as it was. More room made by another process stays.

        Raises
        ------
        StoreError
            If the store cannot be written, or is not whole: then nothing is changed.
        """
        require_format_3(self.path, self._root)
        self.require_whole()
        with preparing(self.folder), store_errors(self.path, "written"):
            self.folder.sweep()
            for _ in range(_ATTEMPTS):
                self.refresh()
                runs = max(runs, self.dataset.sizes["run"])
                with suppress(ChangedError):
                    extend_store(self.folder, self.dataset, runs, history, self._require_unchanged)
                    break
        self.reopen()

    def _require_unchanged(self) -> None:
        # A process that others took for dead, as it was stopped, must not go on.
        if read_root(self.folder) != self._root:
            raise ChangedError

    def clear(self, cleared: Iterable[Piece]) -> None:
        """Clear pieces, their ledger first, so that `train-holdout` fills them again.

        Chunk files are removed, not overwritten: those that cannot be decoded could not be.

        Raises
        ------
        StoreError
            If the store cannot be written, is another one by now, or another process fills it.
        """
        with preparing(self.folder, alone=True), store_errors(self.path, "written"):
            self.refresh()
            clear_pieces(self.folder, self.arrays(mode="r+"), cleared)


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


def open_cube(path: str | Path, *, mask_and_scale: bool = True) -> xr.Dataset:
    """Open a cube lazily, with the chunks that it has on disk.

    Parameters
    ----------
    path : path or URL
    mask_and_scale : bool
        False leaves margins as they are stored, int8 with `scale_factor` and `_FillValue` among
        the attributes: `reduce_cube` gives the same scores, sooner.

    Returns
    -------
    xarray.Dataset
        `correct` and `held_out`, bool (ratio, run, example), and `done`, bool (ratio, run), all
        lazy, with their coordinates.

    Raises
    ------
    StoreError
        If nothing there can be read, or it is not a cube of this schema version, or its metadata
        contradict each other.

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
    cube = Cube.open(path)
    cube.require_consistent()
    return cube.dataset if mask_and_scale else cube.packed
