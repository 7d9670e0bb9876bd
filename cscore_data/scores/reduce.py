"""From a cube to scores: lazy in, lazy out.

Missing runs add nothing to any count, so a partial cube reduces correctly at every ratio for which
it has runs.
"""

from collections.abc import Sequence
from typing import Any

import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.counts import available_counts, counts, mean_over_runs
from cscore_data.scores.lone_examples import lone_examples, without_lone_examples
from cscore_data.scores.run_blocks import is_balanced
from cscore_data.scores.statistics import STATISTICS
from cscore_data.scores.votes import counts_and_votes, has_votes, votes

#: Root attributes of a cube that its scores inherit: what they are scores of.
_INHERITED = (
    "dataset",
    "dataset_options",
    "example_order",
    "example_digest",
    "plan",
    "plan_digest",
    "recipe",
    "device",
    "history",
)

#: The prior of standard errors of shares: Jeffreys'; see `cscore_stderr`.
_PRIOR = 0.5

#: A plain count, which an example keeps that has no score.
_COUNT = "held_out_count"


def reduce_cube(
    cube: xr.Dataset, *, skipna: bool = False, statistics: Sequence[str] | None = None
) -> xr.Dataset:
    """Compute the statistics of a cube.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube; may be incomplete.
    skipna : bool
        As in `cscore`.
    statistics : sequence of str, optional
        Names of `STATISTICS`; `cscore` is always there. By default all that the cube can carry.

    Returns
    -------
    xarray.Dataset
        The statistics, (ratio, example) or (example,), in the order of `STATISTICS`, with the
        coordinates `ratio`, `example`, `label` and, where the cube has them, `filename` and the
        names of classes, `class_name` (class,), and the attributes that say what the scores are
        scores of; lazy if the cube is.

    Raises
    ------
    InvalidInputError
        If a statistic is unknown, or the cube does not have what it needs.

    Notes
    -----
    An example that is the only one of its class has no scores, only a count: NaN, and no vote.

    Standard errors of shares have a prior of 1/2, but not those of a cube with independent subsets
    and without margins, as earlier versions of this package made it: these stay as they were.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> scores = reduce_cube(make_cube(), statistics=["memorization"])
    >>> list(scores)
    ['cscore', 'memorization']
    >>> scores.attrs["title"]
    'C-scores of synthetic'
    """
    kept = check_statistics(cube, statistics)
    prior = _PRIOR if is_balanced(cube) or "margin" in cube else 0.0
    found = compute_statistics(cube, kept, skipna=skipna, prior=prior)
    is_lone = lone_examples(cube)
    for name in found.keys() - {_COUNT}:
        found[name] = without_lone_examples(found[name], is_lone)
    attrs = {"title": f"C-scores of {cube.attrs.get('dataset', 'a data set')}"}
    attrs |= inherited_attrs(cube)
    # Of the coordinates of votes, scores keep the names of classes.
    scores = xr.Dataset(found, attrs=attrs).drop_vars(["class", "class_name"], errors="ignore")
    if "class_name" in cube.coords:
        scores = scores.assign_coords({name: cube[name] for name in ("class", "class_name")})
    return scores


def inherited_attrs(cube: xr.Dataset) -> dict[str, Any]:
    """Attributes of a cube that say what its scores are scores of."""
    return {name: cube.attrs[name] for name in _INHERITED if name in cube.attrs}


def compute_statistics(
    cube: xr.Dataset,
    names: Sequence[str],
    *,
    weight: Any = None,
    skipna: bool = False,
    prior: float = 0.0,
) -> dict[str, xr.DataArray]:
    """Compute these statistics, and nothing that they do not need.

    Parameters
    ----------
    cube : xarray.Dataset
    names : sequence of str
        From `check_statistics`.
    weight : array or xarray.DataArray (group, run), optional
        As in `counts`; the statistics are those of each group.
    skipna, prior
        As in `cscore_stderr`.

    Returns
    -------
    dict of str to xarray.DataArray
        With a first dim `group` with weights; lazy if the cube is.
    """
    involved = _with_needs(names)
    found: dict[str, Any] = {}
    wanted = {name for entry in involved for name in STATISTICS[entry].counts}
    needs_votes = any("votes" in STATISTICS[entry].needs for entry in involved)
    if wanted and needs_votes:
        found["counts"], found["votes"] = counts_and_votes(cube, weight, names=sorted(wanted))
    elif wanted:
        found["counts"] = counts(cube, weight, names=sorted(wanted))
    elif needs_votes:
        found["votes"] = votes(cube, weight)

    # Every statistic stands in the table after those that it needs.
    options = {"skipna": skipna, "prior": prior}
    for name in involved:
        entry = STATISTICS[name]
        inputs = {needed: found[needed] for needed in entry.needs}
        inputs |= {option: options[option] for option in entry.options}
        found[name] = entry(**inputs)
    return {name: found[name] for name in names}


def available_statistics(cube: xr.Dataset) -> tuple[str, ...]:
    """Names of the statistics that a cube has all variables for.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> available_statistics(make_cube().drop_vars("done"))
    ('held_out_count', 'profile', 'cscore', 'cscore_stderr')
    """
    known = {"counts", *available_counts(cube)}
    if has_votes(cube):
        known.add("votes")
    found = []
    for name, entry in STATISTICS.items():
        if known.issuperset((*entry.needs, *entry.counts)):
            known.add(name)
            found.append(name)
    return tuple(found)


def check_statistics(cube: xr.Dataset, names: Sequence[str] | None) -> tuple[str, ...]:
    """The statistics to keep: by default those of `reduce_cube`, else `cscore` and the named ones.

    Raises
    ------
    InvalidInputError
        If one is unknown, or the cube does not have what it needs.
    """
    available = available_statistics(cube)
    if names is None:
        return available
    for name in names:
        if name not in available:
            missing = "an unknown statistic"
            if name in STATISTICS:
                missing = "for which this cube lacks margins, predictions or its ledger"
            raise InvalidInputError(
                f"statistics: found {name!r}, {missing}; expected some of {', '.join(available)}"
            )
    return tuple(name for name in available if name in names or name == "cscore")


def held_out_accuracy(cube: xr.Dataset) -> xr.DataArray:
    """Mean held-out accuracy of the models at each subset ratio.

    Parameters
    ----------
    cube : xarray.Dataset
        With `correct` and `held_out` bool (ratio, run, example).

    Returns
    -------
    xarray.DataArray
        `held_out_accuracy` float64 (ratio,) in 0..1, NaN where no run is done; lazy if the cube is.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> held_out_accuracy(make_cube(runs=50)).round(2).values
    array([0.58, 0.71, 0.9 ])
    """
    total = counts(cube, names=["held_out", "held_out_correct"]).sum("example")
    accuracy = mean_over_runs(total["held_out_correct"], total["held_out"])
    accuracy.attrs = {"long_name": "mean held-out accuracy of the models", "units": "1"}
    return accuracy.rename("held_out_accuracy")


def _with_needs(names: Sequence[str]) -> list[str]:
    """These statistics and all that they need, in the order of the table."""
    involved = set(names)
    # Backwards, as every statistic stands after those that it needs.
    for name in reversed(STATISTICS):
        if name in involved:
            involved.update(STATISTICS[name].needs)
    return [name for name in STATISTICS if name in involved]
