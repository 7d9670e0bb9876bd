"""Runs as a cube in memory."""

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.importers.runs import Refused, Runs
from cscore_data.importers.soundness import sound_runs
from cscore_data.schema import MARGIN_STEP
from cscore_data.storage.margins import stored_margin
from cscore_data.storage.pieces import pending_pieces
from cscore_data.storage.run_rows import rows_digest


def cube_in_memory(runs: Runs) -> xr.Dataset:
    """A cube of all runs, with the values that it would have on disk.

    Raises
    ------
    InvalidInputError
        At the first run that is not sound.
    """
    template = runs.template(max(runs.counts))
    # A deep copy, as dask gives equal zeros the same memory.
    cube = template.compute().copy(deep=True)
    for found in runs.read(pending_pieces(template)):
        if isinstance(found, Refused):
            raise InvalidInputError(found.text)
        block, refused = sound_runs(found, runs)
        if refused:
            raise InvalidInputError(refused[0].text)
        for place, run in enumerate(block.runs):
            rows = {name: values[place] for name, values in block.rows.items()}
            _set_run(cube, block.ratio, run, rows)
    return cube


def _set_run(cube: xr.Dataset, ratio: int, run: int, rows: dict[str, np.ndarray]) -> None:
    stored = {}
    for name, values in rows.items():
        if "margin" in name:
            # The checksum is of what a store holds.
            stored[name] = stored_margin(values[np.newaxis], np.array([True]), name=name)[0]
            cube[name].values[ratio, run] = stored[name] * np.float32(MARGIN_STEP)
        else:
            stored[name] = values.astype(cube[name].dtype)
            cube[name].values[ratio, run] = stored[name]
    cube["digest"].values[ratio, run] = rows_digest(cube["ratio"].values[ratio], run, stored)
    cube["done"].values[ratio, run] = True
