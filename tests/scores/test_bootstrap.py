"""Intervals over resamples of the runs, against cubes that hold the drawn runs."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.bootstrap import bootstrap, known_quantiles
from cscore_data.scores.reduce import reduce_cube
from cscore_data.testing import make_cube


def drawn_scores(cube, resamples, name):
    """The statistic of cubes that hold the drawn runs."""
    runs = cube.sizes["run"]
    draws = np.random.default_rng(0).multinomial(runs, np.full(runs, 1 / runs), resamples)
    found = []
    for times in draws:
        drawn = cube.isel(run=np.repeat(np.arange(runs), times))
        found.append(reduce_cube(drawn, statistics=[name])[name].values)
    return np.array(found)


@pytest.mark.parametrize("name", ["cscore", "profile", "margin", "memorization", "vote_share"])
def test_intervals_are_percentiles_over_drawn_runs(make_margin_cube, name):
    cube = make_margin_cube(runs=40, examples=8)
    expected = np.nanquantile(drawn_scores(cube, 15, name), [0.025, 0.975], axis=0)
    for source in (cube, cube.chunk({"run": 7, "example": 3})):
        found = bootstrap(source, statistics=[name], resamples=15)
        np.testing.assert_allclose(found[f"{name}_low"], expected[0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found[f"{name}_high"], expected[1], rtol=1e-5, atol=1e-6)


def test_the_score_lies_in_a_narrower_interval_of_a_lower_level():
    cube = make_cube(runs=60)
    score = reduce_cube(cube)["cscore"]
    wide, narrow = bootstrap(cube), bootstrap(cube, level=0.5)
    assert (wide["cscore_low"] <= narrow["cscore_low"]).all()
    assert (narrow["cscore_high"] <= wide["cscore_high"]).all()
    assert (wide["cscore_low"] <= score).all()
    assert (score <= wide["cscore_high"]).all()
    xr.testing.assert_equal(wide["label"], cube["label"])


def test_intervals_are_as_wide_as_standard_errors_say():
    scores = reduce_cube(make_cube(runs=300, examples=200))
    found = bootstrap(make_cube(runs=300, examples=200))
    width = (found["cscore_high"] - found["cscore_low"]).mean()
    assert float(width) == pytest.approx(float(2 * 1.96 * scores["cscore_stderr"].mean()), rel=0.05)


def test_examples_in_parts_and_groups_in_batches_give_the_same(make_margin_cube, monkeypatch):
    cube = make_margin_cube(runs=20, examples=11)
    names = ["cscore", "margin"]
    expected = bootstrap(cube, statistics=names, resamples=25)
    monkeypatch.setattr("cscore_data.scores.bootstrap.EXAMPLES_PER_CHUNK", 4)
    monkeypatch.setattr("cscore_data.scores.grouped_scores._BYTES", 400)
    xr.testing.assert_allclose(bootstrap(cube, statistics=names, resamples=25), expected)


def test_missing_runs_are_not_drawn():
    cube = make_cube(runs=20)
    fewer = cube.isel(run=slice(12))
    for name in ("held_out", "done"):
        cube[name][{"run": slice(12, None)}] = False
    xr.testing.assert_equal(bootstrap(cube), bootstrap(fewer))


def test_what_is_never_known_has_no_interval():
    cube = make_cube(runs=20)
    cube["held_out"][{"example": 3}] = False
    found = bootstrap(cube, resamples=10)
    assert np.flatnonzero(found["cscore_low"].isnull()).tolist() == [3]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"resamples": 0}, "resamples: found 0"),
        ({"level": 1.0}, "level: found 1"),
        ({"statistics": ["vote"]}, "found 'vote', expected one of profile"),
        ({"statistics": ["margin"]}, "found 'margin'"),
    ],
)
def test_impossible_arguments_are_refused(arguments, match):
    with pytest.raises(InvalidInputError, match=match):
        bootstrap(make_cube(), **arguments)


def test_a_cube_without_runs_is_refused():
    with pytest.raises(InvalidInputError, match="no run that is done"):
        bootstrap(make_cube().isel(run=slice(0)))


def test_quantiles_leave_out_what_is_not_known():
    values = np.random.default_rng(0).random((30, 8))
    values[np.random.default_rng(1).random((30, 8)) < 0.3] = np.nan
    probabilities = [0, 0.025, 0.5, 1]
    expected = np.nanquantile(values, probabilities, axis=0)
    np.testing.assert_allclose(known_quantiles(values, probabilities), expected)
    assert np.isnan(known_quantiles(np.full((3, 2), np.nan), [0.5])).all()
