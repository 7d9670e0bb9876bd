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

#: The share of wrong labels to begin with, and at least. Ten well-known test sets have 3.3 % on
#: average (Northcutt, Athalye, Mueller, NeurIPS 2021), and without a bound the share may vanish.
_FIRST_SHARE = 0.05
_LEAST_SHARE = 0.03

#: Steps of the EM algorithm. At first the shape of the rates is one that lets frequent flips stand
#: out; after each of the later tens it is estimated.
_STEPS = 40
_STEPS_OF_A_SHAPE = 10


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
    # Examples that were never held out say nothing about rates.
    is_known = np.isfinite(margin)
    rows = np.flatnonzero(contradicted & is_known)
    spread = float(np.std(found.margin[is_known])) if len(rows) else 0.0
    if spread == 0 or not np.isfinite(spread):
        return found

    kinds, kind = kinds_of_flips(label, suggested, rows, is_known)
    log_odds = -_SCALED_SPREAD / spread * found.margin[rows]
    usual = _FIRST_SHARE / kinds.others
    rate = np.full(len(rows), usual)
    shape = FIRST_SHAPE
    for step in range(1, _STEPS + 1):
        probability = expit(log_odds + np.log(rate))
        share = probability.sum() / is_known.sum()
        usual = max(share, _LEAST_SHARE) / kinds.others
        if step % _STEPS_OF_A_SHAPE == 0:
            probable = np.bincount(kind, probability > 0.5)
            shape = estimated_shape(kinds, probable)
        flips = np.bincount(kind, probability)
        rate = expected_rates(kinds, flips, usual, shape)[kind]
    found.margin[rows] -= np.log(rate / usual) * spread / _SCALED_SPREAD
    found.probability[rows] = probability
    return found
