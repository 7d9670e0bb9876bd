"""Choose examples by their scores: keep a part, put them in order, cut them into bins."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.ranking import rank

#: Which part of the ranking `select` keeps.
ENDS = ("irregular", "regular", "middle", "stratified")

#: What `order` begins with.
FIRST = ("easy", "hard")


def select(
    scores: xr.Dataset,
    *,
    keep: float | None = None,
    count: int | None = None,
    end: str = "irregular",
    per_class: bool = False,
    drop_irregular: float = 0.0,
) -> np.ndarray:
    """Choose a part of the examples by their C-scores.

    Parameters
    ----------
    scores : xarray.Dataset
        `cscore` float (example,); where there is a `margin`, it breaks ties, then the index does.
    keep : float, optional
        The share to keep of the examples that have a score, in (0, 1]; by default all of them.
    count : int, optional
        The number to keep, in place of the share.
    end : {"irregular", "regular", "middle", "stratified"}
        Which part to keep: the lowest scores, the highest, those around the median, or the same
        share of every part of the ranking.
    per_class : bool
        Keep the same share of each class.
    drop_irregular : float
        First leave out this share, in [0, 1), those with the lowest margins, or C-scores where
        there are no margins: they are the most probably mislabelled.

    Returns
    -------
    int64 (chosen,)
        Values of the coordinate `example`, ascending: indices in the data set's original order, for
        a torch `Subset`, the `select` of a Hugging Face `Dataset`, or a numpy array.

    Raises
    ------
    InvalidInputError
        If a value is out of range, if fewer examples have a score, or if classes are not known.

    Examples
    --------
    >>> scores = xr.Dataset({"cscore": ("example", [0.9, 0.1, 0.5, 0.7])})
    >>> select(scores, count=2)
    array([1, 2])
    >>> select(scores, keep=0.5, end="regular")
    array([0, 3])
    >>> select(scores, count=2, drop_irregular=0.25)
    array([2, 3])
    """
    _check_share("drop_irregular", drop_irregular, 0 <= drop_irregular < 1, "0 <= share < 1")
    if end not in ENDS:
        raise InvalidInputError(f"end: found {end!r}, expected one of {', '.join(ENDS)}")
    ranked = rank(scores).rows
    if drop_irregular:
        ranked = _without_lowest(scores, ranked, drop_irregular)
    number = _number(len(ranked), keep, count)
    if not per_class:
        return _examples(scores, _part(ranked, number, end))

    members = list(_by_class(scores, ranked))
    numbers = _apportion(number, [len(rows) for rows in members])
    parts = []
    for rows, own in zip(members, numbers, strict=True):
        parts.append(_part(rows, own, end))
    return _examples(scores, np.concatenate(parts))


def order(
    scores: xr.Dataset, first: str = "easy", *, interleave_classes: bool = False
) -> np.ndarray:
    """Put the examples in the order of their C-scores, as a curriculum.

    Parameters
    ----------
    scores : xarray.Dataset
        As in `select`.
    first : {"easy", "hard"}
        ``easy``: the most regular example first; ``hard``: the most irregular one.
    interleave_classes : bool
        Every stretch of the order has about the same shares of the classes as the whole: an example
        stands where its rank within its class says.

    Returns
    -------
    int64 (chosen,)
        Values of the coordinate `example` of all examples that have a score.

    Raises
    ------
    InvalidInputError
        If no example has a score, or if classes are not known.

    Examples
    --------
    >>> scores = xr.Dataset({"cscore": ("example", [0.9, 0.8, 0.1, 0.7])})
    >>> order(scores)
    array([0, 1, 3, 2])
    >>> scores = scores.assign_coords(label=("example", [0, 0, 1, 1]))
    >>> order(scores, interleave_classes=True)
    array([0, 3, 1, 2])
    """
    if first not in FIRST:
        raise InvalidInputError(f"order: found {first!r}, expected one of {', '.join(FIRST)}")
    ranked = rank(scores).rows
    if first == "easy":
        ranked = ranked[::-1]
    if interleave_classes:
        place = np.zeros(scores.sizes["example"])
        for rows in _by_class(scores, ranked):
            place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
        # Stable: those at the same place stay in the order of their scores.
        ranked = ranked[np.argsort(place[ranked], kind="stable")]
    return np.asarray(scores["example"].values[ranked], np.int64)


def bins(scores: xr.Dataset, count: int = 10) -> list[np.ndarray]:
    """Cut the examples into bins of equal size by their C-scores.

    Parameters
    ----------
    scores : xarray.Dataset
        As in `select`.
    count : int
        Number of bins.

    Returns
    -------
    list of int64 (chosen,)
        For each bin the values of the coordinate `example`, ascending; the most irregular bin
        first. Sizes differ by at most one.

    Raises
    ------
    InvalidInputError
        If there are fewer examples with a score than bins.

    Examples
    --------
    >>> scores = xr.Dataset({"cscore": ("example", [0.9, 0.1, 0.5, 0.7])})
    >>> bins(scores, 2)
    [array([1, 2]), array([0, 3])]
    """
    ranked = rank(scores).rows
    if not 1 <= count <= len(ranked):
        raise InvalidInputError(
            f"bins: found {count}, expected 1 to {len(ranked)}, the number of examples that have "
            "a score"
        )
    return [_examples(scores, rows) for rows in np.array_split(ranked, count)]


def _check_share(name: str, share: float, is_valid: bool, expected: str) -> None:
    if not is_valid:
        raise InvalidInputError(f"{name}: found {share:g}, expected {expected}")


def _number(ranked: int, keep: float | None, count: int | None) -> int:
    """How many of the ranked examples to keep."""
    if keep is not None and count is not None:
        raise InvalidInputError("found both keep and count, expected one of them")
    if count is not None:
        if not 1 <= count <= ranked:
            raise InvalidInputError(
                f"count: found {count}, expected 1 to {ranked}, the number of examples to choose "
                "from that have a score"
            )
        return count
    if keep is None:
        return ranked
    _check_share("keep", keep, 0 < keep <= 1, "0 < share <= 1")
    number = round(keep * ranked)
    if not number:
        raise InvalidInputError(
            f"keep: found {keep:g}, less than one of {ranked} examples; keep more of them"
        )
    return number


def _without_lowest(scores: xr.Dataset, ranked: np.ndarray, share: float) -> np.ndarray:
    """The ranked rows without this share of them: those that are most probably mislabelled."""
    lowest = ranked
    if "margin" in scores:
        margin = scores["margin"].values[ranked]
        lowest = ranked[np.argsort(margin, kind="stable")]
    dropped = lowest[: round(share * len(ranked))]
    if len(dropped) == len(ranked):
        raise InvalidInputError(
            f"drop_irregular: found {share:g}, which leaves none of {len(ranked)} examples; leave "
            "out fewer of them"
        )
    return ranked[~np.isin(ranked, dropped)]


def _part(ranked: np.ndarray, number: int, end: str) -> np.ndarray:
    """So many of the ranked rows, the most irregular of which is first."""
    if end == "irregular":
        return ranked[:number]
    if end == "regular":
        return ranked[len(ranked) - number :]
    if end == "middle":
        start = (len(ranked) - number) // 2
        return ranked[start : start + number]
    # The middles of as many equal stretches.
    places = (np.arange(number) + 0.5) * len(ranked) / max(number, 1)
    spread: np.ndarray = ranked[places.astype(int)]
    return spread


def _by_class(scores: xr.Dataset, ranked: np.ndarray) -> Iterator[np.ndarray]:
    """The ranked rows of each class."""
    if "label" not in scores.coords:
        raise InvalidInputError("these scores have no labels, so classes are not known")
    label = scores["label"].values[ranked]
    for number in np.unique(label):
        yield ranked[label == number]


def _apportion(number: int, sizes: list[int]) -> np.ndarray:
    """Share a number among classes in proportion to their sizes, by largest remainders."""
    exact = number * np.array(sizes) / sum(sizes)
    whole = np.floor(exact + 1e-9).astype(int)
    rest = number - whole.sum()
    # Of equal remainders the first classes get one more.
    most = np.argsort(-(exact - whole), kind="stable")[:rest]
    whole[most] += 1
    return whole


def _examples(scores: xr.Dataset, rows: np.ndarray) -> np.ndarray:
    """The index of each row, ascending."""
    return np.sort(np.asarray(scores["example"].values[rows], np.int64))
