"""How frequent each kind of flip is, from class v to label g, and how much these rates differ."""

from typing import NamedTuple

import numpy as np

#: Shapes of the gamma distribution of rates that are tried: from rates that are all alike to a few
#: kinds that have nearly all flips. If several fit alike, the first is taken.
_SHAPES = np.geomspace(50, 0.05, 30)

#: The shape to begin with.
FIRST_SHAPE = 0.1

#: So often the class that models vote for is not the right one either, and nothing is known about
#: the rate at which the right one is labelled as the other.
_WRONG_VOTES = 0.1


class Kinds(NamedTuple):
    """The kinds of flips: from each class to each other.

    Attributes
    ----------
    examples : int (kind,)
        Of each kind that occurs, how many examples models vote to be of its class.
    class_examples : int (class,)
        The same of each class.
    absent : int (class,)
        How many kinds of each class do not occur.
    others : int
        The kinds that each class has: labels other than its own.
    """

    examples: np.ndarray
    class_examples: np.ndarray
    absent: np.ndarray
    others: int


def kinds_of_flips(
    label: np.ndarray, suggested: np.ndarray, rows: np.ndarray, is_known: np.ndarray
) -> tuple[Kinds, np.ndarray]:
    """The kinds of flips, and the kind of each of some rows.

    Parameters
    ----------
    label, suggested : int (example,)
        The given label, and the one that models vote for.
    rows : int (row,)
        The examples that may have been flipped, all of them known.
    is_known : bool (example,)
        Models have voted on the example.

    Returns
    -------
    kinds : Kinds
    kind : int (row,)
        Index into the kinds that occur.
    """
    pairs = np.stack([label[rows], suggested[rows]], axis=1)
    occurring, kind = np.unique(pairs, axis=0, return_inverse=True)
    classes, votes = np.unique(suggested[is_known], return_counts=True)
    class_index = np.searchsorted(classes, occurring[:, 1])
    present = np.bincount(class_index, minlength=len(classes))
    others = max(len(np.unique(label[is_known])) - 1, 1)
    absent = np.maximum(others - present, 0)
    return Kinds(votes[class_index], votes, absent, others), kind.reshape(-1)


def expected_rates(kinds: Kinds, flips: np.ndarray, usual: float, shape: float) -> np.ndarray:
    """Rates by kind, given how many flips of each there are: float (kind,).

    The mean of a gamma distribution after a Poisson number of flips, and in a tenth of all cases
    the usual rate, as votes may be wrong, too.
    """
    rates = usual * (flips + shape) / (kinds.examples * usual + shape)
    return (1 - _WRONG_VOTES) * rates + _WRONG_VOTES * usual


def estimated_shape(kinds: Kinds, flips: np.ndarray) -> float:
    """The shape under which the numbers of flips are most probable.

    Parameters
    ----------
    kinds : Kinds
    flips : int (kind,)
        Whole numbers: a sum of many small probabilities looks as if flips were all alike.

    Notes
    -----
    A number of flips is a Poisson variable whose mean has a gamma distribution, so that it has a
    negative binomial one.
    """
    from scipy.special import gammaln

    usual = flips.sum() / kinds.class_examples.sum() / kinds.others
    shapes = _SHAPES[:, None]
    of_kinds = gammaln(flips + shapes) - gammaln(shapes)
    of_kinds += shapes * np.log(shapes)
    of_kinds -= (flips + shapes) * np.log(shapes + kinds.examples * usual)
    of_absent = shapes * np.log(shapes) - shapes * np.log(shapes + kinds.class_examples * usual)
    likelihood = of_kinds.sum(axis=1) + (kinds.absent * of_absent).sum(axis=1)
    return float(_SHAPES[likelihood.argmax()])
