"""C-scores and their standard errors against plain loops and a simulation."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import oracles
from cscore_data.scores.counts import counts
from cscore_data.scores.cscore import cscore, cscore_stderr, held_out_count, profile
from cscore_data.scores.reduce import reduce_cube
from cscore_data.testing import make_cube

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 7))
DIMS = ("ratio", "run", "example")


def as_cube(correct, held_out):
    ratios, runs, examples = correct.shape
    cube = make_cube(ratios=np.linspace(0.1, 0.9, ratios), runs=runs, examples=examples)
    cube = cube.assign(correct=(DIMS, correct), held_out=(DIMS, held_out))
    # A class with a single example would have no scores.
    return cube.drop_vars("label")


@settings(max_examples=12, deadline=None)
@given(st.data(), SHAPES)
def test_every_chunking_equals_the_loop(data, shape):
    correct = data.draw(hnp.arrays(bool, shape))
    held_out = data.draw(hnp.arrays(bool, shape))
    sizes = dict(zip(DIMS, shape, strict=True))
    chunks = {dim: data.draw(st.integers(1, size)) for dim, size in sizes.items()}
    cube = as_cube(correct, held_out).chunk(chunks)
    names = ("held_out_count", "profile", "cscore", "cscore_stderr")
    for skipna in (False, True):
        scores = reduce_cube(cube, skipna=skipna, statistics=names)
        scores = scores.compute(scheduler="synchronous")
        expected = oracles.scores(correct.tolist(), held_out.tolist(), skip_missing_ratios=skipna)
        for name, values in zip(names, expected, strict=True):
            found = scores[name].values
            np.testing.assert_allclose(found, values, rtol=1e-12, atol=1e-15, err_msg=name)


def test_the_functions_one_by_one_give_the_same_scores():
    cube = make_cube(runs=30)
    scores = reduce_cube(cube)
    for source in (cube, counts(cube)):
        curves = profile(source)
        held_out = held_out_count(source)
        xr.testing.assert_identical(held_out, scores["held_out_count"])
        xr.testing.assert_identical(curves, scores["profile"])
        xr.testing.assert_identical(cscore(curves), scores["cscore"])
        xr.testing.assert_identical(cscore_stderr(curves, held_out), scores["cscore_stderr"])


def test_groups_of_runs_have_scores_of_their_own():
    cube = make_cube(runs=80, examples=10)
    halves = counts(cube, np.repeat(np.eye(2, dtype=int), 40, axis=1))
    scores = cscore(profile(halves))
    assert scores.dims == ("group", "example")
    expected = cscore(profile(cube.isel(run=slice(40))))
    np.testing.assert_array_equal(scores[0], expected)


def test_never_held_out_is_nan_and_only_on_request_the_mean_over_the_rest():
    cube = make_cube(runs=60)
    cube["held_out"][{"ratio": 1, "example": 3}] = False
    strict = reduce_cube(cube)
    lenient = reduce_cube(cube, skipna=True)
    assert np.isnan(strict["cscore"].values).nonzero()[0].tolist() == [3]
    assert np.isnan(strict["cscore_stderr"].values).nonzero()[0].tolist() == [3]
    rest = lenient["profile"].isel(example=3, ratio=[0, 2])
    count = lenient["held_out_count"].isel(example=3, ratio=[0, 2])
    variance = float((rest * (1 - rest) / count).sum())
    assert float(lenient["cscore"][3]) == pytest.approx(float(rest.mean()))
    assert float(lenient["cscore_stderr"][3]) == pytest.approx(variance**0.5 / 2)


def test_standard_error_is_the_spread_of_repeated_studies():
    """Closed form against 400 studies of one example, held out always, right with chance p(s)."""
    random = np.random.default_rng(0)
    chance = np.array([0.3, 0.6, 0.9])[:, None, None]
    correct = random.random((3, 50, 400)) < chance
    scores = reduce_cube(as_cube(correct, np.ones_like(correct)))
    spread = float(scores["cscore"].std(ddof=1))
    assert float(scores["cscore_stderr"].mean()) == pytest.approx(spread, rel=0.1)


RATIOS = tuple(np.round(np.arange(1, 10) / 10, 1).tolist())


@pytest.mark.parametrize(("ratios", "runs"), [(RATIOS, 10), (RATIOS, 40), ((0.8,), 10)])
def test_standard_errors_of_balanced_studies_cover(ratios, runs):
    """With a prior, a nominal 95 % interval covers 90 to 98 %; without one, fewer."""
    random = np.random.default_rng(runs)
    examples = 3000
    level = random.normal(0, 2.5, examples) + 2.5 * (np.array(ratios)[:, None] - 0.5)
    chance = 1 / (1 + np.exp(-level))
    correct = random.random((len(ratios), runs, examples)) < chance[:, None]
    # Balanced subsets hold out every example equally often. In which runs does not matter here, as
    # outcomes are independent.
    held_out = np.zeros(correct.shape, bool)
    for row, ratio in enumerate(ratios):
        held_out[row] = np.arange(runs)[:, None] < round((1 - ratio) * runs)
    curves = profile(as_cube(correct, held_out))
    count = held_out_count(as_cube(correct, held_out))
    error = abs(cscore(curves) - chance.mean(0))
    covered = error <= 1.96 * cscore_stderr(curves, count, prior=0.5)
    covered_without = error <= 1.96 * cscore_stderr(curves, count)
    assert 0.9 <= float(covered.mean()) <= 0.98
    assert float(covered_without.mean()) < 0.89


def test_a_prior_adds_runs_of_either_outcome():
    curves = xr.DataArray([[1.0, 0.5]], dims=("ratio", "example"))
    found = cscore_stderr(curves, xr.full_like(curves, 4, int), prior=1)
    expected = [(5 / 6 * 1 / 6 / 4) ** 0.5, (1 / 4 / 4) ** 0.5]
    np.testing.assert_allclose(found, expected)
