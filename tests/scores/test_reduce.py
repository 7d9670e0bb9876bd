"""Reducing a cube: lazily, in bounded memory, and correctly while it is incomplete."""

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr

from cscore_data.schema import cube_template
from cscore_data.scores.reduce import held_out_accuracy, reduce_cube
from cscore_data.scores.statistics import SCORE_VARIABLES, validate_scores
from cscore_data.testing import make_cube


def lazy_cube():
    return make_cube().chunk({"ratio": 1, "run": 2, "example": 5})


@pytest.mark.parametrize("skipna", [False, True])
def test_reducing_computes_nothing(skipna, forbidden_scheduler):
    cube = lazy_cube()
    with dask.config.set(scheduler=forbidden_scheduler):
        scores = reduce_cube(cube, skipna=skipna)
        accuracy = held_out_accuracy(cube)
    assert all(isinstance(scores[name].data, dask.array.Array) for name in SCORE_VARIABLES)
    assert isinstance(accuracy.data, dask.array.Array)


def test_the_forbidden_scheduler_does_raise(forbidden_scheduler):
    scores = reduce_cube(lazy_cube())
    with (
        dask.config.set(scheduler=forbidden_scheduler),
        pytest.raises(AssertionError, match="computed"),
    ):
        scores.compute()


def test_peak_of_a_reduction_is_far_below_the_cube(largest_task):
    """No task holds more than a few chunks of the cube: a run axis is never gathered whole."""
    cube = cube_template((0.5,), 4000, np.arange(1000) % 2, runs_per_chunk=10)
    with largest_task, dask.config.set(scheduler="synchronous"):
        reduce_cube(cube).compute()
    assert 0 < largest_task.nbytes <= 100_000  # a chunk has 10 kB, a ratio of the cube 4 MB


def test_dtypes_names_and_coordinates():
    cube = make_cube().assign_attrs(plan="p", recipe="r")
    scores = validate_scores(reduce_cube(cube))
    assert scores["held_out_count"].dtype == np.int32
    for name in ("profile", "cscore", "cscore_stderr"):
        assert scores[name].dtype == np.float64
    xr.testing.assert_equal(scores["label"], cube["label"])
    assert scores.attrs["plan"] == "p"
    assert scores.attrs["title"] == "C-scores of synthetic"
    assert "higher = more regular" in scores["cscore"].attrs["long_name"]


def test_missing_runs_add_nothing():
    cube = make_cube(runs=6)
    fewer = cube.isel(run=slice(4))
    # As a crash between writing `correct` and `held_out` leaves it.
    cube["correct"][{"run": slice(4, None)}] = True
    cube["held_out"][{"run": slice(4, None)}] = False
    xr.testing.assert_equal(reduce_cube(cube), reduce_cube(fewer))


def test_held_out_accuracy_counts_every_pair_once():
    cube = make_cube()
    correct, held_out = cube["correct"].values, cube["held_out"].values
    expected = [correct[ratio][held_out[ratio]].mean() for ratio in range(3)]
    np.testing.assert_allclose(held_out_accuracy(cube), expected)


def test_held_out_accuracy_is_nan_where_no_run_is_done():
    cube = make_cube()
    for name in ("correct", "held_out", "done"):
        cube[name][{"ratio": 1}] = False
    assert np.isnan(held_out_accuracy(cube)).values.tolist() == [False, True, False]
