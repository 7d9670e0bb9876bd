"""The format of scores: the variables of a set of scores, their attributes and their validation."""

import xarray as xr

from cscore_data.schema import COORDINATES, Variable, check_variables
from cscore_data.scores.statistics import STATISTICS

#: The variables of a set of scores. Only `cscore` is required: published files have no profile.
SCORE_VARIABLES: dict[str, Variable] = {
    entry.name: Variable(entry.dims, entry.kinds, entry.meaning) for entry in STATISTICS.values()
}


def validate_scores(scores: xr.Dataset) -> xr.Dataset:
    """Return `scores` unchanged if it is a set of scores; reads no data.

    Raises
    ------
    InvalidInputError
        If a variable is missing, or has other dims or another dtype than the format says.
    """
    check_variables(scores, {**SCORE_VARIABLES, **COORDINATES}, ["cscore", "example"])
    return scores


def describe(name: str) -> dict[str, str]:
    """Attributes of a variable or coordinate of a set of scores: `long_name` and `units`.

    Examples
    --------
    >>> describe("label")
    {'long_name': 'class'}
    """
    if name in STATISTICS:
        return STATISTICS[name].attrs
    return {"long_name": COORDINATES[name][2]}
