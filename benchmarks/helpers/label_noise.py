"""Labels that are changed on purpose, in three ways."""

import numpy as np

#: How wrong labels come about.
KINDS = ("uniform", "confusion", "features")

#: With noise by features, examples are this much more likely to be changed for each standard
#: deviation that they are closer to another class.
_STEEPNESS = 1.5


def with_noise(
    kind: str, points: np.ndarray, label: np.ndarray, rate: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Change a share of the labels.

    Parameters
    ----------
    kind : {"uniform", "confusion", "features"}
        ``uniform``: any examples, to any other class. ``confusion``: any examples, to the class
        whose mean is nearest to the mean of their own. ``features``: examples that lie close to the
        mean of another class, compared with that of their own, to that class.
    points : float (example, feature)
    label : int (example,)
        Classes 0..classes-1, taken to be right.
    rate : float
        Share of the examples.
    seed : int

    Returns
    -------
    label : int (example,)
    changed : bool (example,)
    """
    random = np.random.default_rng(seed)
    count = round(rate * len(label))
    distance = distances_to_classes(points, label)
    other, closeness = nearest_other_class(distance, label)

    if kind == "features":
        # Gumbel noise makes the highest a sample without replacement, in proportion to exp(…).
        urge = _STEEPNESS * (closeness - closeness.mean()) / closeness.std()
        chosen = np.argsort(-(urge + random.gumbel(size=len(label))))[:count]
    else:
        chosen = random.choice(len(label), count, replace=False)

    noisy = label.copy()
    if kind == "features":
        noisy[chosen] = other[chosen]
    elif kind == "confusion":
        noisy[chosen] = confused_with(points, label)[label[chosen]]
    else:
        shift = random.integers(1, label.max() + 1, count)
        noisy[chosen] = (label[chosen] + shift) % (label.max() + 1)
    return noisy, noisy != label


def class_means(points: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Mean of each class: float (class, feature)."""
    means = [points[label == number].mean(axis=0) for number in range(label.max() + 1)]
    return np.array(means)


def distances_to_classes(points: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Distance of each example from the mean of each class: float (example, class)."""
    means = class_means(points, label)
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ means.T + (means**2).sum(axis=1)
    distance: np.ndarray = np.sqrt(squares.clip(0))
    return distance


def nearest_other_class(distance: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The other class that each example is closest to, and how much closer than its own."""
    rows = np.arange(len(label))
    own = distance[rows, label]
    others = distance.copy()
    others[rows, label] = np.inf
    nearest = others.argmin(axis=1)
    return nearest, own - others[rows, nearest]


def confused_with(points: np.ndarray, label: np.ndarray) -> np.ndarray:
    """For each class the one whose mean is nearest: int (class,)."""
    means = class_means(points, label)
    gaps = ((means[:, None] - means[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(gaps, np.inf)
    return np.asarray(gaps.argmin(axis=1))
