"""The table of all statistics, which is the format of a set of scores."""

import xarray as xr

from cscore_data.schema import COORDINATES, Variable, check_variables
from cscore_data.scores.cscore import cscore, cscore_stderr, held_out_count, profile
from cscore_data.scores.margin import log_probability, margin, margin_profile, margin_stderr
from cscore_data.scores.memorization import (
    memorization,
    memorization_profile,
    memorization_stderr,
    soft_memorization,
)
from cscore_data.scores.soft import soft_cscore, soft_cscore_stderr, soft_profile
from cscore_data.scores.statistic import Statistic
from cscore_data.scores.variability import variability
from cscore_data.scores.vote import vote, vote_entropy, vote_share

#: Statistics by name, each after those that it needs.
#:
#: To add a statistic, write a module next to this one with a function that is decorated with
#: `@statistic(needs=..., dims=..., kinds=..., meaning=..., counts=...)`, and add an entry here.
#: What `reduce_cube` computes, what `validate_scores` accepts and the attributes of the variables
#: follow; tests ask for a row in the table of docs/formats.md, and for its name where doctests list
#: them all.
STATISTICS: dict[str, Statistic[...]] = {
    "held_out_count": held_out_count,
    "profile": profile,
    "cscore": cscore,
    "cscore_stderr": cscore_stderr,
    "soft_profile": soft_profile,
    "soft_cscore": soft_cscore,
    "soft_cscore_stderr": soft_cscore_stderr,
    "margin_profile": margin_profile,
    "margin": margin,
    "margin_stderr": margin_stderr,
    "log_probability": log_probability,
    "memorization_profile": memorization_profile,
    "memorization": memorization,
    "memorization_stderr": memorization_stderr,
    "soft_memorization": soft_memorization,
    "variability": variability,
    "vote": vote,
    "vote_share": vote_share,
    "vote_entropy": vote_entropy,
}

#: The variables of a set of scores. Only `cscore` is required: published files have no profile.
SCORE_VARIABLES: dict[str, Variable] = {
    name: Variable(entry.dims, entry.kinds, entry.meaning) for name, entry in STATISTICS.items()
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


def statistics_table() -> list[tuple[str, str, str]]:
    """Name, dims and meaning of each statistic, for help texts and documentation.

    Examples
    --------
    >>> for name, dims, _ in statistics_table()[:3]:
    ...     print(f"{name} ({dims})")
    held_out_count (ratio, example)
    profile (ratio, example)
    cscore (example)
    """
    rows = []
    for name, entry in STATISTICS.items():
        rows.append((name, ", ".join(entry.dims), entry.meaning))
    return rows
