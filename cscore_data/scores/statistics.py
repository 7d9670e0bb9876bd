"""The table of all statistics that a set of scores may have."""

from cscore_data.scores.cscore import cscore, cscore_stderr, held_out_count, profile
from cscore_data.scores.registry import Statistic

# To add a statistic, write a module next to this one with a function of `counts` (or of other
# statistics, by their names) that is decorated with `@statistic(dims=..., kinds=..., meaning=...)`,
# and add a line here, after the statistics that it needs. What `reduce_cube` computes, what
# `validate_scores` accepts, the attributes of the variables, the help texts and the table in the
# README follow.
_FUNCTIONS = (
    held_out_count,
    profile,
    cscore,
    cscore_stderr,
)

#: Statistics by name, each after those that it needs.
STATISTICS: dict[str, Statistic] = {
    function.statistic.name: function.statistic for function in _FUNCTIONS
}


def statistics_table() -> list[tuple[str, str, str]]:
    """Name, dims and meaning of each statistic, for help texts and documentation.

    Examples
    --------
    >>> for name, dims, _ in statistics_table():
    ...     print(f"{name} ({dims})")
    held_out_count (ratio, example)
    profile (ratio, example)
    cscore (example)
    cscore_stderr (example)
    """
    rows = []
    for entry in STATISTICS.values():
        rows.append((entry.name, ", ".join(entry.dims), entry.meaning))
    return rows
