"""How often labels are flipped from one class to another, and which are, by their margins."""

from typing import NamedTuple

import numpy as np

#: Margins are scaled to so many standard deviations for the odds that a label is wrong.
_SCALED_SPREAD = 3.0

#: A class has the usual rates of flips for so many examples, before its own are counted.
_PRIOR_EXAMPLES = 50

#: The share of wrong labels to begin with, and at least; steps of the EM algorithm.
_FIRST_SHARE = 0.05
_LEAST_SHARE = 1e-9
_STEPS = 30


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
    all examples, with a prior of 50 examples of each class at the usual rate. The corrected margin
    is minus the logarithm of these odds, divided by a, and shifted such that a flip at the usual
    rate keeps its margin. The slope a gives the margins of all examples a standard deviation of 3,
    because networks are more or less sure of themselves than they are right. If all flips are
    equally frequent, margins change by chance only.

    Examples
    --------
    >>> label = np.repeat([0, 1, 2], 100)
    >>> suggested = label.copy()
    >>> suggested[:20], suggested[100] = 1, 2
    >>> margin = np.where(suggested == label, 4.0, -2.0)
    >>> found = fit_flips(margin, label, suggested, suggested != label)
    >>> found.margin[[0, 100, 200]].round(1)
    array([-2.7, -1.6,  4. ])
    """
    found = LabelFlips(margin.astype(np.float64), np.zeros(len(margin)))
    rows = np.flatnonzero(contradicted & np.isfinite(margin))
    spread = float(np.nanstd(found.margin)) if len(rows) else 0.0
    if spread == 0:
        return found

    # The kind of each flip, and the number of examples that are voted to be of the same class.
    pairs = np.stack([label[rows], suggested[rows]], axis=1)
    kind = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    _, place, votes = np.unique(suggested, return_inverse=True, return_counts=True)
    of_class = votes[place[rows]]

    log_odds = -_SCALED_SPREAD / spread * found.margin[rows]
    others = max(len(np.unique(label)) - 1, 1)
    usual = _FIRST_SHARE / others
    rate = np.full(len(rows), usual)
    for _ in range(_STEPS):
        probability = np.exp(-np.logaddexp(0, -log_odds - np.log(rate)))
        usual = max(probability.sum() / len(margin), _LEAST_SHARE) / others
        flips = np.bincount(kind, probability)[kind]
        rate = (flips + _PRIOR_EXAMPLES * usual) / (of_class + _PRIOR_EXAMPLES)
    found.margin[rows] -= np.log(rate / usual) * spread / _SCALED_SPREAD
    found.probability[rows] = probability
    return found
