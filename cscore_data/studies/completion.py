"""Waiting for the other shards of a study, as long as these train."""

import logging
import time

from cscore_data.storage.cube import Cube
from cscore_data.storage.workers import Worker

#: Seconds to wait while no other process trains anything: it may be about to begin.
GRACE = 15.0

#: Seconds to wait while others train but finish nothing.
PATIENCE = 3600.0

#: Seconds between two looks.
_LOOK = 0.5

log = logging.getLogger(__name__)


def wait_until_complete(cube: Cube, runs: int) -> int:
    """Wait while others train what is missing of the first runs; returns what is left in the end.

    Parameters
    ----------
    cube : Cube
    runs : int
        Runs at each ratio.

    Returns
    -------
    int
        Runs that are missing, over all ratios: 0, or those that nobody trains.
    """
    missing = missing_runs(cube, runs)
    if not missing:
        return 0
    log.warning("waiting for other shards, which have %d runs left to train", missing)
    with Worker(cube.folder) as worker:
        last_training = last_progress = time.monotonic()
        while missing:
            now = time.monotonic()
            if worker.taken_by_others():
                last_training = now
            if now - last_training > GRACE or now - last_progress > PATIENCE:
                break
            time.sleep(_LOOK)
            left = missing_runs(cube, runs)
            if left < missing:
                last_training = last_progress = now
            missing = left
    return missing


def missing_runs(cube: Cube, runs: int) -> int:
    """The number of the first `runs` runs that are not done, over all ratios."""
    done = cube.dataset["done"].isel(run=slice(runs)).values
    return int((~done).sum())
