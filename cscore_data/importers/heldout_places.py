"""Where in Feldman and Zhang's folders and archives a run is: EXPERIMENT/RATIO/RUN."""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from cscore_data.errors import InvalidInputError
from cscore_data.importers.aux_arrays import FILE
from cscore_data.importers.ratios import check_ratio
from cscore_data.importers.runs import Found, number_of_runs
from cscore_data.storage.pieces import Piece

#: Ratios and runs of the authors' archives, which are too large to look first what is in them.
_TENTHS = tuple(tenth / 10 for tenth in range(1, 10))
PUBLISHED = {
    "cifar10-inception": (_TENTHS, 2000),
    "cifar100-inception": (_TENTHS, 2000),
    "imagenet-resnet50": ((0.7,), 2000),
}

#: A run is no number beyond this: cubes have room for all runs up to the last.
_MOST_RUNS = 1_000_000


#: Ratios, how many runs there are at each, and what reads them.
Layout = tuple[tuple[float, ...], tuple[int, ...], Callable[[Sequence[Piece]], Found]]


class Place(NamedTuple):
    """Where a run belongs."""

    ratio: float
    run: int


def place_of(name: str) -> Place | None:
    """The ratio and number of a run, from the name of its file; None if it is another file.

    Raises
    ------
    InvalidInputError
        If it is of a run at something that is no ratio.

    Examples
    --------
    >>> place_of("cifar10-inception/0.7/12/aux_arrays.npz")
    Place(ratio=0.7, run=12)
    """
    parts = PurePosixPath(name).parts
    if len(parts) < 3 or parts[-1] != FILE:
        return None
    ratio, run = parts[-3:-1]
    if not re.fullmatch(r"\d{1,7}", run) or int(run) >= _MOST_RUNS:
        raise InvalidInputError(f"{name}: found run {run!r}, expected a number")
    try:
        number = float(ratio)
    except ValueError as error:
        raise InvalidInputError(
            f"{name}: found {ratio!r} where the ratio should be, expected a number between 0 and 1"
        ) from error
    return Place(check_ratio(number, name), int(run))


def places_layout(
    source: str, places: list[Place], runs: int | None
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """The ratios of runs, and how many there are at each.

    Parameters
    ----------
    source : str
        What to call it in messages.
    places : list of Place
    runs : int, optional
        Only so many, the first.

    Raises
    ------
    InvalidInputError
        If there are none.
    """
    if not places:
        raise InvalidInputError(f"{source}: found no RATIO/RUN/{FILE}, expected one for each run")
    ratios = tuple(sorted({place.ratio for place in places}))
    counts = []
    for ratio in ratios:
        last = max(place.run for place in places if place.ratio == ratio)
        counts.append(number_of_runs(last + 1, runs))
    return ratios, tuple(counts)
