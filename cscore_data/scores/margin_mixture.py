"""Two kinds of examples that held-out models contradict: wrong labels, and hard examples."""

from typing import NamedTuple

import numpy as np

#: Steps of the EM algorithm; it has settled long before.
_STEPS = 200

#: The spread of a kind of examples is at least this, so that it cannot shrink to one of them.
_LEAST_SPREAD = 0.3

#: The two kinds are told apart if the wrong labels lie so many of their standard deviations beyond
#: the mean of the hard examples, and if they make the margins so much more likely (in nats).
#: Without wrong labels in the data set, digits, these were 2.0 and 2; with 2 to 20 % of labels
#: changed at random, of digits and Banking77, 2.6 to 4.1 and 24 to 478; with labels changed to
#: similar classes, and wrong labels of the kind that people give, 0.1 to 1.6 and 3 to 17.
_LEAST_DISTANCE = 2.2
_LEAST_GAIN = 20.0

#: With fewer contradicted examples there is nothing to fit.
_FEWEST = 10


class MarginMixture(NamedTuple):
    """What the margins of contradicted examples say about their labels.

    Attributes
    ----------
    probability : float64 (example,)
        That the label is wrong; NaN if there are fewer than 10 examples.
    is_separated : bool
        Whether wrong labels can be told from hard examples at all.
    """

    probability: np.ndarray
    is_separated: bool


def fit_margins(margin: np.ndarray) -> MarginMixture:
    """Fit hard and mislabelled examples to the margins of examples that models contradict.

    Parameters
    ----------
    margin : float (example,)
        Mean held-out margins, below 0.

    Notes
    -----
    Margins of hard examples are near 0 with a long tail: minus a gamma distribution of shape 2.
    Those of wrong labels are far from 0, as models are sure of the right class: a normal
    distribution. Fitted by the EM algorithm.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> hard = -random.gamma(2, 1, 200)
    >>> wrong = random.normal(-9, 1, 100)
    >>> found = fit_margins(np.concatenate([hard, wrong]))
    >>> found.is_separated
    True
    >>> bool((found.probability[200:] > 0.5).all())
    True
    """
    if len(margin) < _FEWEST:
        return MarginMixture(np.full(len(margin), np.nan), is_separated=False)
    depth = np.maximum(-margin.astype(np.float64), 1e-3)
    scale = depth.mean() / 2
    # How likely the margins are if all examples are hard and all labels right.
    alone = _gamma(depth, scale)

    # To begin with, the deepest examples have wrong labels.
    share = 0.3
    middle = np.quantile(depth, 0.9)
    spread = depth.std() / 2 + _LEAST_SPREAD
    for _ in range(_STEPS):
        # How probable it is that each label is wrong, given the two distributions.
        hard = (1 - share) * _gamma(depth, scale)
        wrong = share * _normal(depth, middle, spread)
        total = hard + wrong + 1e-300
        probability = wrong / total

        # The distributions, given these probabilities.
        mass = probability.sum() + 1e-9
        share = min(mass / len(depth), 1 - 1e-9)
        middle = probability @ depth / mass
        spread = max(np.sqrt(probability @ (depth - middle) ** 2 / mass), _LEAST_SPREAD)
        scale = (1 - probability) @ depth / ((1 - probability).sum() + 1e-9) / 2

    # Are they two kinds, or the same kind twice?
    gain = np.log(total).sum() - np.log(alone + 1e-300).sum()
    distance = (middle - 2 * scale) / spread
    return MarginMixture(probability, bool(distance > _LEAST_DISTANCE and gain > _LEAST_GAIN))


def _gamma(depth: np.ndarray, scale: float) -> np.ndarray:
    """Density of the gamma distribution of shape 2."""
    scale = max(scale, 1e-9)
    density: np.ndarray = depth / scale**2 * np.exp(-depth / scale)
    return density


def _normal(depth: np.ndarray, middle: float, spread: float) -> np.ndarray:
    distance = (depth - middle) / spread
    density: np.ndarray = np.exp(-0.5 * distance**2) / (spread * np.sqrt(2 * np.pi))
    return density
