import dask
import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import oracles
from cscore_data import reduce, schema


def as_cube(correct, held_out):
    cube = schema.make_cube(
        ratios=np.linspace(0.1, 0.9, len(correct)), runs=correct.shape[1], examples=correct.shape[2]
    )
    return cube.assign(
        correct=(("ratio", "run", "example"), correct), held_out=(("ratio", "run", "example"), held_out)
    ).assign_coords(label=("example", np.zeros(correct.shape[2], int)))


SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 7), st.integers(1, 9))


@settings(max_examples=30, deadline=None)
@given(st.data(), SHAPES)
def test_every_chunking_equals_the_loop(data, shape):
    correct, held_out = (data.draw(hnp.arrays(bool, shape)) for _ in range(2))
    chunks = {
        dim: data.draw(st.integers(1, size)) for dim, size in zip(("ratio", "run", "example"), shape, strict=True)
    }
    cube = as_cube(correct, held_out).chunk(chunks)
    for skipna in (False, True):
        scores = reduce.reduce_cube(cube, skipna=skipna).compute(scheduler="synchronous")
        expected = oracles.scores(correct.tolist(), held_out.tolist(), skip_missing_ratios=skipna)
        for name, values in zip(("held_out_count", "profile", "cscore", "cscore_stderr"), expected, strict=True):
            np.testing.assert_allclose(scores[name].values, values, rtol=1e-12, atol=1e-15, err_msg=name)


def forbidden_scheduler(*_, **__):
    raise AssertionError("something was computed")


def lazy_cube():
    return schema.make_cube().chunk({"ratio": 1, "run": 2, "example": 5})


@pytest.mark.parametrize("skipna", [False, True])
def test_reducing_computes_nothing(skipna):
    cube = lazy_cube()
    with dask.config.set(scheduler=forbidden_scheduler):
        scores = reduce.reduce_cube(cube, skipna=skipna)
        accuracy = reduce.held_out_accuracy(cube)
    assert all(isinstance(scores[name].data, dask.array.Array) for name in schema.SCORE_VARIABLES)
    assert isinstance(accuracy.data, dask.array.Array)


def test_the_forbidden_scheduler_does_raise():
    cube = lazy_cube()
    with dask.config.set(scheduler=forbidden_scheduler), pytest.raises(AssertionError, match="computed"):
        reduce.reduce_cube(cube).compute()


def test_peak_of_a_reduction_is_far_below_the_cube():
    """No task of the graph holds more than a few chunks of the cube: a run axis is never gathered whole."""
    cube = schema.cube_template((0.5,), 4000, np.arange(1000) % 2, runs_per_chunk=10)
    largest = 0

    class Watch(dask.callbacks.Callback):
        def _posttask(self, key, value, dsk, state, worker_id):
            nonlocal largest
            largest = max(largest, getattr(value, "nbytes", 0))

    with Watch(), dask.config.set(scheduler="synchronous"):
        reduce.reduce_cube(cube).compute()
    assert 0 < largest <= 100_000  # a chunk is 10 kB, a ratio of the cube 4 MB


def test_dtypes_names_and_coordinates():
    cube = schema.make_cube().assign_attrs(plan="p", recipe="r")
    scores = schema.validate_scores(reduce.reduce_cube(cube))
    assert scores["held_out_count"].dtype == np.int32
    assert scores["profile"].dtype == scores["cscore"].dtype == scores["cscore_stderr"].dtype == np.float64
    xr.testing.assert_equal(scores["label"], cube["label"])
    assert scores.attrs["plan"] == "p"
    assert "higher = more regular" in scores["cscore"].attrs["long_name"]


def test_never_held_out_is_nan_and_only_on_request_the_mean_over_the_rest():
    cube = schema.make_cube(runs=60)
    cube["held_out"][{"ratio": 1, "example": 3}] = False
    strict, lenient = (reduce.reduce_cube(cube, skipna=skipna) for skipna in (False, True))
    assert np.isnan(strict["cscore"].values).nonzero()[0].tolist() == [3]
    assert np.isnan(strict["cscore_stderr"].values).nonzero()[0].tolist() == [3]
    rest = lenient["profile"].isel(example=3, ratio=[0, 2])
    count = lenient["held_out_count"].isel(example=3, ratio=[0, 2])
    assert float(lenient["cscore"][3]) == pytest.approx(float(rest.mean()))
    assert float(lenient["cscore_stderr"][3]) == pytest.approx(float((rest * (1 - rest) / count).sum()) ** 0.5 / 2)


def test_standard_error_is_the_spread_of_repeated_studies():
    """Closed form against simulation: 400 studies of one example, held out always, right with probability p(s)."""
    random = np.random.default_rng(0)
    chance = np.array([0.3, 0.6, 0.9])[:, None, None]
    correct = random.random((3, 50, 400)) < chance
    scores = reduce.reduce_cube(as_cube(correct, np.ones_like(correct)))
    assert float(scores["cscore_stderr"].mean()) == pytest.approx(float(scores["cscore"].std(ddof=1)), rel=0.1)


def test_missing_runs_add_nothing():
    cube = schema.make_cube(runs=6)
    fewer = cube.isel(run=slice(4))
    cube["correct"][{"run": slice(4, None)}] = True  # as a crash between `correct` and `held_out` leaves it
    cube["held_out"][{"run": slice(4, None)}] = False
    xr.testing.assert_equal(reduce.reduce_cube(cube), reduce.reduce_cube(fewer))


def test_held_out_accuracy_counts_every_pair_once():
    cube = schema.make_cube()
    correct, held_out = cube["correct"].values, cube["held_out"].values
    expected = [correct[ratio][held_out[ratio]].mean() for ratio in range(3)]
    np.testing.assert_allclose(reduce.held_out_accuracy(cube), expected)


def test_profile_by_score_averages_within_bins():
    cube = schema.make_cube(runs=40, examples=60)
    scores = reduce.reduce_cube(cube)
    curves = reduce.profile_by_score(scores, bins=5)
    assert int(curves["size"].sum()) == 60
    for curve in curves:
        low, high = float(curve["cscore"]) - 0.1, float(curve["cscore"]) + 0.1
        upper = scores["cscore"] <= high if high > 0.999 else scores["cscore"] < high
        members = scores["profile"].isel(example=np.flatnonzero((scores["cscore"] >= low) & upper))
        np.testing.assert_allclose(curve, members.mean("example"))
