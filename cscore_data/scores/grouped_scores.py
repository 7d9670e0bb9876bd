"""One statistic of examples for many groups of runs, in as few passes as memory allows."""

import math

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import EXAMPLES_PER_CHUNK
from cscore_data.scores.reduce import available_statistics, compute_statistics
from cscore_data.scores.statistics import STATISTICS

#: Bytes of the counts of one chunk, all groups together, that a pass may need; a dozen such arrays
#: may be in memory at a time.
_BYTES = 16_000_000


def scores_by_group(
    cube: xr.Dataset, weight: np.ndarray, name: str, *, skipna: bool = False
) -> np.ndarray:
    """A statistic of each example for each group of runs.

    Parameters
    ----------
    cube : xarray.Dataset
    weight : int (group, run)
        As in `counts`.
    name : str
        A statistic that is a number for each example or each example at each ratio.
    skipna : bool
        As in `cscore`.

    Returns
    -------
    float64 (group, example), or (group, ratio, example)

    Raises
    ------
    InvalidInputError
        If the statistic is unknown, is not a number, or the cube cannot carry it.
    """
    check_numeric(cube, name)
    batches = math.ceil(len(weight) / _groups_per_pass(cube, name))
    parts = []
    for batch in np.array_split(weight, batches):
        found = compute_statistics(cube, [name], weight=batch, skipna=skipna)[name]
        parts.append(found.transpose("group", *STATISTICS[name].dims).values)
    return np.concatenate(parts)


def check_numeric(cube: xr.Dataset, name: str) -> None:
    """Raise `InvalidInputError` unless a cube can carry this statistic and it is a real number."""
    suitable = [entry for entry in available_statistics(cube) if STATISTICS[entry].kinds == "f"]
    if name not in suitable:
        raise InvalidInputError(
            f"score: found {name!r}, expected one of {', '.join(suitable)}, which this cube can "
            "carry"
        )


def _groups_per_pass(cube: xr.Dataset, name: str) -> int:
    """How many groups are counted in one pass."""
    columns = min(cube.sizes["example"], EXAMPLES_PER_CHUNK)
    if name.startswith("vote"):
        columns *= cube.sizes["class"]
    # 8 bytes for each cell of the result: a sum of margins, or two counts.
    return max(1, _BYTES // (8 * columns))
