"""A complete cube from the outcomes of runs, for importers."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import cube_template
from cscore_data.storage.pieces import run_digest


def complete_cube(
    correct: np.ndarray,
    held_out: np.ndarray,
    label: np.ndarray,
    *,
    ratio: float,
    attrs: Mapping[str, str],
) -> xr.Dataset:
    """Make a cube with one ratio of runs that are all done.

    Parameters
    ----------
    correct, held_out : bool (run, example)
    label : int (example,)
    ratio : float
    attrs : mapping of str to str
        Attributes of the cube.
    """
    runs = len(correct)
    digests = np.empty(runs, np.uint64)
    for run in range(runs):
        digests[run] = run_digest(ratio, run, correct[run], held_out[run])
    values = {
        "correct": correct,
        "held_out": held_out,
        "digest": digests,
        "done": np.ones(runs, bool),
    }
    cube = cube_template((ratio,), runs, label, runs_per_chunk=runs, attrs=attrs)
    for name, by_run in values.items():
        cube[name] = cube[name].copy(data=by_run[np.newaxis])
    return cube


def subset_ratio(held_out: np.ndarray, ratio: float | None = None) -> float:
    """The share of the examples that every run trained on: `ratio` itself if it is given and fits.

    Parameters
    ----------
    held_out : bool (run, example)
    ratio : float, optional

    Raises
    ------
    InvalidInputError
        If a run trained on more or fewer examples than rounding explains.
    """
    examples = held_out.shape[1]
    trained_on = np.count_nonzero(~held_out, axis=1)
    smallest = int(trained_on.min())
    largest = int(trained_on.max())
    if ratio is None:
        ratio = float(trained_on.mean()) / examples
    # Rounding changes the size of a subset by less than one example.
    expected = ratio * examples
    if largest - expected >= 1 or expected - smallest >= 1:
        raise InvalidInputError(
            f"runs trained on {smallest} to {largest} of {examples} examples, expected "
            f"{expected:g} (ratio {ratio:g}); import runs with subsets of one size at a time"
        )
    return ratio
