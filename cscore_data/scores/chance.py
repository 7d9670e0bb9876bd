"""How probable a difference between two groups of runs is by chance alone."""

import numpy as np

#: Terms of a sum that are added at most; each is smaller than the one before.
_MOST_TERMS = 2000

#: A term of this share of the sum ends it.
_NEGLIGIBLE = 1e-6


def chance_of_counts(
    successes: np.ndarray, drawn: np.ndarray, total: np.ndarray, runs: np.ndarray
) -> np.ndarray:
    """Probability that so many or more of the runs drawn at random are right: Fisher's exact test.

    Parameters
    ----------
    successes : int (...)
        Runs that are right among those drawn.
    drawn : int (...)
        Runs that are drawn, of `runs`.
    total : int (...)
        Runs that are right at all.
    runs : int (...)

    Returns
    -------
    float64 (...)
        In 0..1: the upper tail of the hypergeometric distribution.

    Examples
    --------
    Two of four runs are right, both among the two that are drawn: one of six draws.

    >>> chance_of_counts(*np.array([[2], [2], [2], [4]])).round(4)
    array([0.1667])
    """
    arrays = np.broadcast_arrays(successes, drawn, total, runs)
    count, drawn, total, runs = (np.array(array, np.float64) for array in arrays)
    upper = _tail(count, drawn, total, runs)

    # The tail that does not contain the middle is short; the other one is what it leaves: of the
    # runs that are not drawn, more are right.
    others = runs - drawn
    others_right = total - count + 1
    lower = _tail(others_right, others, total, runs)
    is_above_mean = count * runs >= drawn * total
    found = np.where(is_above_mean, upper, 1 - lower)

    is_certain = count <= np.maximum(0, drawn + total - runs)
    return np.where(is_certain, 1.0, found.clip(0, 1))


def chance_of_deviation(deviations: np.ndarray) -> np.ndarray:
    """Probability that a normal variable is so many standard deviations above its mean, or more.

    Examples
    --------
    >>> chance_of_deviation(np.array([0.0, 2.0])).round(4)
    array([0.5   , 0.0228])
    """
    from scipy.special import ndtr

    chance: np.ndarray = ndtr(-np.asarray(deviations, np.float64))
    return chance


def _tail(count: np.ndarray, drawn: np.ndarray, total: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Sum of the hypergeometric probabilities of `count` and more, for counts above the mean."""
    least = np.maximum(0, drawn + total - runs)
    most = np.minimum(drawn, total)
    is_possible = (count >= least) & (count <= most)

    # The first probability, in logarithms.
    k = np.where(is_possible, count, least)
    logarithm = _log_ways(total, k)
    logarithm += _log_ways(runs - total, drawn - k)
    logarithm -= _log_ways(runs, drawn)
    term = np.where(is_possible, np.exp(logarithm), 0.0)

    # Each of the next from the one before.
    found = term.copy()
    for _ in range(_MOST_TERMS):
        fewer = (total - k) * (drawn - k)
        more = (k + 1) * (runs - total - drawn + k + 1)
        term = term * np.maximum(fewer / more, 0)
        found += term
        k = k + 1
        if not (term > _NEGLIGIBLE * found).any():
            break
    return found


def _log_ways(things: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Logarithm of the number of ways to choose so many of some things."""
    from scipy.special import gammaln

    ways: np.ndarray = gammaln(things + 1) - gammaln(chosen + 1) - gammaln(things - chosen + 1)
    return ways
