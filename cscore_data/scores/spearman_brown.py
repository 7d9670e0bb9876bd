"""How reliability grows with the number of runs, by the formula of Spearman and Brown."""

import math

from cscore_data.errors import InvalidInputError


def stepped_up(reliability: float, times: float) -> float:
    """The reliability of `times` as many runs, by Spearman and Brown.

    Examples
    --------
    >>> stepped_up(0.5, 2)
    0.6666666666666666
    """
    return times * reliability / (1 + (times - 1) * reliability)


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
