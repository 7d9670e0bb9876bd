"""The subset ratio of runs: from the sizes of their training subsets, or as somebody gives it."""

import math
from collections.abc import Sequence

import numpy as np

from cscore_data.errors import InvalidInputError

#: Standard deviations by which the size of a drawn subset may differ from what is expected: chance
#: alone exceeds that in one of two million runs.
_DEVIATIONS = 5.0


def check_ratio(ratio: float, what: str) -> float:
    """A subset ratio; `InvalidInputError` unless it is between 0 and 1.

    Parameters
    ----------
    ratio : float
    what : str
        Where it was found, for the message.
    """
    if not 0 < ratio < 1:
        raise InvalidInputError(
            f"{what}: found the ratio {ratio:g}, expected one between 0 and 1, so that each run "
            "trained on some examples and held others out"
        )
    return float(ratio)


def ratios_given(ratio: Sequence[float] | float | None) -> list[float] | None:
    """The ratios that somebody asks for, checked; None for all that there are."""
    if ratio is None:
        return None
    return [check_ratio(one, "ratio") for one in np.atleast_1d(ratio).tolist()]


def single_ratio(ratio: Sequence[float] | float | None) -> float | None:
    """The one ratio of all runs, if it is given; `InvalidInputError` for several."""
    given = ratios_given(ratio)
    if given is None:
        return None
    if len(given) != 1:
        raise InvalidInputError(
            f"ratio: found {len(given)} ratios, expected one: all runs of this format are at the "
            "same"
        )
    return given[0]


def fits(trained_on: np.ndarray, examples: int, ratio: float, *, is_drawn: bool) -> np.ndarray:
    """Which runs trained on as many examples as their ratio says: bool (run,).

    Parameters
    ----------
    trained_on : int (run,)
        Number of examples that each run trained on.
    examples : int
    ratio : float
    is_drawn : bool
        Each example was drawn by itself: sizes vary like binomial numbers. Otherwise a subset has
        ratio x examples, rounded up or down.

    Examples
    --------
    >>> fits(np.array([3, 4, 5]), 10, 0.35, is_drawn=False)
    array([ True,  True, False])
    >>> fits(np.array([5, 9]), 10, 0.35, is_drawn=True)
    array([ True,  True])
    """
    expected = ratio * examples
    within = np.abs(trained_on - expected)
    if is_drawn:
        return within <= _DEVIATIONS * math.sqrt(expected * (1 - ratio)) + 1
    return within < 1


def size_fault(name: str, trained_on: int, examples: int, ratio: float, *, is_drawn: bool) -> str:
    """The message that a run did not train on as many examples as its ratio says."""
    expected = f"{ratio * examples:g}"
    if is_drawn:
        deviation = math.sqrt(ratio * (1 - ratio) * examples)
        expected = f"{expected} ± {_DEVIATIONS * deviation:.0f}"
    return (
        f"{name}: trained on {trained_on} of {examples} examples, expected {expected} (ratio "
        f"{ratio:g}); import runs with subsets of one size at a time, or give the right ratio"
    )


def subset_ratio(
    trained_on: np.ndarray,
    examples: int,
    ratio: float | None = None,
    *,
    is_drawn: bool = False,
    source: object = "runs",
) -> float:
    """The share of the examples that every run trained on: `ratio` itself if it is given and fits.

    Parameters
    ----------
    trained_on : int (run,)
        Number of examples that each run trained on.
    examples : int
    ratio : float, optional
        Without it, the mean share; of subsets that were drawn, rounded to hundredths if that fits.
    is_drawn : bool
        As for `fits`.
    source : path or str
        What messages call the runs.

    Raises
    ------
    InvalidInputError
        If a run trained on more or fewer examples than rounding, or chance, explains.

    Examples
    --------
    >>> subset_ratio(np.array([7, 7, 7]), 20)
    0.35
    >>> subset_ratio(np.array([24_871, 25_093]), 50_000, is_drawn=True)
    0.5
    """
    if ratio is None:
        ratio = float(trained_on.mean()) / examples
        rounded = round(ratio, 2)
        if is_drawn and fits(trained_on, examples, rounded, is_drawn=True).all():
            ratio = rounded
    check_ratio(ratio, str(source))
    wrong = np.flatnonzero(~fits(trained_on, examples, ratio, is_drawn=is_drawn))
    if wrong.size:
        expected = ratio * examples
        raise InvalidInputError(
            f"{source}: runs trained on {trained_on.min()} to {trained_on.max()} of {examples} "
            f"examples (run {wrong[0]}: {trained_on[wrong[0]]}), expected {expected:g} (ratio "
            f"{ratio:g}); import runs with subsets of one size at a time"
        )
    return ratio
