"""How reliability grows with the number of runs: by Spearman and Brown, or as was measured."""

import math

from cscore_data.errors import InvalidInputError


def stepped_up(reliability: float, times: float) -> float:
    """The reliability of `times` as many runs, by Spearman and Brown.

    The formula is for positive ones; others, which are chance, stay as they are.

    Examples
    --------
    >>> stepped_up(0.5, 2)
    0.6666666666666666
    """
    if reliability <= 0:
        return reliability
    return times * reliability / (1 + (times - 1) * reliability)


def grown(first: float, second: float, *, between: float, times: float) -> float:
    """The reliability of more runs, if its odds r/(1-r) keep growing as they did.

    Parameters
    ----------
    first, second : float
        Reliabilities of some number of runs, and of `between` times as many.
    between : float
        Above 1.
    times : float
        How many times as many runs as `second` has.

    Returns
    -------
    float
        NaN if one of the two is not in (0, 1).

    Notes
    -----
    By Spearman and Brown, odds grow in proportion to the runs. Correlations of ranks grow more
    slowly where many scores tie: more runs break ties, in an order that the next study does not
    repeat.

    Examples
    --------
    >>> round(grown(0.5, 2 / 3, between=2, times=2), 6)  # as by Spearman and Brown
    0.8
    >>> round(grown(0.5, 0.6, between=2, times=2), 6)
    0.692308
    """
    if not (0 < first < 1 and 0 < second < 1):
        return math.nan
    odds = second / (1 - second)
    growth = math.log(odds * (1 - first) / first) / math.log(between)
    # Never faster than by Spearman and Brown: that it looked so is chance.
    odds *= math.pow(times, min(max(growth, 0.0), 1.0))
    return odds / (1 + odds)


def runs_for(reliability: float, runs: int, aim: float) -> int:
    """How many runs a reliability takes, extrapolated from that of a smaller or larger number.

    Parameters
    ----------
    reliability : float
        That of `runs` runs, in (0, 1).
    runs : int
    aim : float
        In (0, 1).

    Raises
    ------
    InvalidInputError
        If one of them is outside (0, 1): from 0 there is no way up, and 1 is never reached.

    Examples
    --------
    >>> runs_for(0.9, 50, aim=0.95)
    106
    """
    for name, value in (("reliability", reliability), ("aim", aim)):
        if not 0 < value < 1:
            raise InvalidInputError(f"{name}: found {value:g}, expected 0 < {name} < 1")
    times = aim * (1 - reliability) / (reliability * (1 - aim))
    # Rounding must not add a run to a number that comes out whole.
    return math.ceil(round(times * runs, 6))
