"""How often labels are flipped from one class to another, and which are, by their margins."""

from typing import NamedTuple

import numpy as np

from cscore_data.scores.flip_rates import (
    FIRST_SHAPE,
    estimated_shape,
    expected_rates,
    kinds_of_flips,
)

#: Margins are scaled to so many standard deviations for the odds that a label is wrong.
_SCALED_SPREAD = 3.0

#: The share of wrong labels to begin with, and at least.
_FIRST_SHARE = 0.05
_LEAST_SHARE = 1e-9

#: Steps of the EM algorithm: first with a shape of the rates that lets frequent flips stand out.
_FIRST_STEPS = 10
_STEPS = 40


class LabelFlips(NamedTuple):
    """What margins and votes of all examples say about each label.

    Attributes
    ----------
    margin : float64 (example,)
        The margin, lower where many labels are flipped in the same way, and higher where few are;
        the margin itself where it is not contradicted.
    probability : float64 (example,)
        That the label was flipped; 0 where it is not contradicted.
    """

    margin: np.ndarray
    probability: np.ndarray


def fit_flips(
    margin: np.ndarray, label: np.ndarray, suggested: np.ndarray, contradicted: np.ndarray
) -> LabelFlips:
    r"""Estimate the rates at which each class is labelled as another, and correct margins by them.

    Parameters
    ----------
    margin : float (example,)
        Mean held-out margins, NaN where there is none.
    label, suggested : int (example,)
        The given label, and the one that held-out models vote for.
    contradicted : bool (example,)
        Models vote, and for another label.

    Notes
    -----
    People confuse some classes more than others, and so do programs. By Bayes' rule the odds that
    class v was labelled g by mistake are

    .. math:: e^{-a m} \, \pi(g \mid v)

    with the margin m and the rate of such flips :math:`\pi`, which the EM algorithm estimates from
    all examples. Rates are the usual one times a factor of mean 1, which has a gamma distribution;
    its shape is estimated as well. If flips are found to be equally frequent, their rates hardly
    differ; if a few kinds have most of them, these have high rates. A tenth of each rate is the
    usual one, because votes may be wrong, too (`flip_rates`). The corrected
    margin is minus the logarithm of the odds, divided by a, and shifted such that a flip at the
    usual rate keeps its margin. The slope a gives the margins of all examples a standard deviation
    of 3, because networks are more or less sure of themselves than they are right.

    Examples
    --------
    >>> label = np.repeat([0, 1, 2], 100)
    >>> suggested = label.copy()
    >>> suggested[:20], suggested[100] = 1, 2
    >>> margin = np.where(suggested == label, 4.0, -2.0)
    >>> found = fit_flips(margin, label, suggested, suggested != label)
    >>> found.margin[[0, 100, 200]].round(1)
    array([-2.8, -1.1,  4. ])
    """
    from scipy.special import expit

    found = LabelFlips(margin.astype(np.float64), np.zeros(len(margin)))
    rows = np.flatnonzero(contradicted & np.isfinite(margin))
    spread = float(np.nanstd(found.margin)) if len(rows) else 0.0
    if spread == 0:
        return found

    kinds, kind = kinds_of_flips(label, suggested, rows)
    log_odds = -_SCALED_SPREAD / spread * found.margin[rows]
    usual = _FIRST_SHARE / kinds.others
    rate = np.full(len(rows), usual)
    shape = FIRST_SHAPE
    for step in range(_STEPS):
        probability = expit(log_odds + np.log(rate))
        share = max(probability.sum() / len(margin), _LEAST_SHARE)
        usual = share / kinds.others
        if step >= _FIRST_STEPS:
            probable = np.bincount(kind, probability > 0.5)
            shape = estimated_shape(kinds, probable, len(margin))
        flips = np.bincount(kind, probability)
        rate = expected_rates(kinds, flips, usual, shape)[kind]
    found.margin[rows] -= np.log(rate / usual) * spread / _SCALED_SPREAD
    found.probability[rows] = probability
    return found
