"""Ends of two rankings: how far the lowest or the highest examples are the same."""

from dataclasses import dataclass

import numpy as np

#: Ends of the ranking whose overlap is reported, as shares of the examples.
FRACTIONS = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class Tail:
    """How far one end of the ranking is the same.

    Attributes
    ----------
    end : str
        ``lowest`` or ``highest``.
    fraction : float
        Share of the examples that the tail holds.
    overlap : float
        Share of A's tail that is in B's too, 0..1.
    chance : float
        The overlap of unrelated scores: the tail's share of the examples.
    tied : tuple of float
        Share of all examples whose score in A, in B is the one at the tail's edge, if several have
        it; else 0.
    """

    end: str
    fraction: float
    overlap: float
    chance: float
    tied: tuple[float, float]


def all_tails(x: np.ndarray, y: np.ndarray) -> tuple[Tail, ...]:
    """Compare both ends of the rankings of scores x and y (example,), at all `FRACTIONS`."""
    tails = []
    for end in ("lowest", "highest"):
        for fraction in FRACTIONS:
            tails.append(tail(x, y, end, fraction))
    return tuple(tails)


def tail(x: np.ndarray, y: np.ndarray, end: str, fraction: float) -> Tail:
    """Compare one end of the rankings of scores x and y (example,).

    Notes
    -----
    The tail holds its share of the examples exactly. Those tied at its edge belong to it in part,
    as if ties were broken at random in x and in y independently; the overlap is the expected one.
    """
    size = max(1, round(fraction * len(x)))
    if end == "highest":
        x, y = -x, -y
    member_x, tied_x = _membership(x, size)
    member_y, tied_y = _membership(y, size)
    overlap = float(member_x @ member_y) / size
    return Tail(end, fraction, overlap, chance=size / len(x), tied=(tied_x, tied_y))


def tied_share(score: np.ndarray) -> float:
    """Share of the examples whose score is another example's as well."""
    counts = np.unique(score, return_counts=True)[1]
    return float(counts[counts > 1].sum() / len(score))


def _membership(score: np.ndarray, size: int) -> tuple[np.ndarray, float]:
    """How far each example belongs to the `size` lowest, and the share that ties at the edge."""
    # The highest score that still belongs to the tail.
    edge = np.partition(score, size - 1)[size - 1]
    below = score < edge
    at_edge = score == edge
    tied = int(at_edge.sum())
    # They share the places that are left.
    places = size - int(below.sum())
    member = below + at_edge * (places / tied)
    if tied == 1:
        return member, 0.0
    return member, tied / len(score)
