"""From a cube to scores: lazy in, lazy out.

Missing runs add nothing to any count, so a partial cube reduces correctly at every ratio for which
it has runs.
"""

from typing import Any

import xarray as xr

from cscore_data.schema import INHERITED_ATTRS
from cscore_data.scores.counts import counts
from cscore_data.scores.statistics import STATISTICS


def reduce_cube(cube: xr.Dataset, *, skipna: bool = False) -> xr.Dataset:
    """Compute all statistics of a cube.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube; may be incomplete.
    skipna : bool
        As in `cscore`.

    Returns
    -------
    xarray.Dataset
        `held_out_count` and `profile` (ratio, example), `cscore` and `cscore_stderr` (example,),
        with the coordinates `ratio`, `example`, `label` and, where the cube has it, `filename`, and
        the attributes that say what the scores are scores of; lazy if the cube is.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> scores = reduce_cube(make_cube())
    >>> list(scores)
    ['held_out_count', 'profile', 'cscore', 'cscore_stderr']
    >>> scores.attrs["title"]
    'C-scores of synthetic'
    """
    # Every statistic stands in the table after those that it needs.
    found: dict[str, Any] = {"counts": counts(cube)}
    for name, entry in STATISTICS.items():
        inputs = {needed: found[needed] for needed in entry.needs}
        if entry.takes_skipna:
            inputs["skipna"] = skipna
        found[name] = entry(**inputs)

    attrs = {"title": f"C-scores of {cube.attrs.get('dataset', 'a data set')}"}
    for name in INHERITED_ATTRS:
        if name in cube.attrs:
            attrs[name] = cube.attrs[name]
    del found["counts"]
    return xr.Dataset(found, attrs=attrs)


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
    total = counts(cube).sum("example")
    held_out = total["held_out"]
    accuracy = total["held_out_correct"] / held_out.where(held_out > 0)
    accuracy.attrs = {"long_name": "mean held-out accuracy of the models", "units": "1"}
    return accuracy.rename("held_out_accuracy")
