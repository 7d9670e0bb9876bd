"""Cubes whose variables have another dtype, after `where`, `astype` or from elsewhere."""

import dask
import numpy as np
import pytest
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.cells import as_flags, as_predictions
from cscore_data.scores.counts import counts
from cscore_data.scores.reduce import reduce_cube
from cscore_data.scores.reliability import reliability
from cscore_data.scores.votes import votes
from cscore_data.testing import make_cube

#: What may be done to a complete cube without a change to its scores.
HARMLESS = {
    "where": lambda cube: cube.where(cube["done"]),
    "where with False": lambda cube: cube.where(cube["done"], False),
    "object": lambda cube: cube.astype(object),
    "int": lambda cube: cube.astype(int),
    "uint8": lambda cube: cube.astype(np.uint8),
    "float16": lambda cube: cube.astype(np.float16),
    "float64": lambda cube: cube.astype(np.float64),
}
CHUNKS = {"ratio": 1, "run": 4, "example": 7}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("is_lazy", [False, True])
def test_another_dtype_gives_the_same_scores(name, is_lazy):
    cube = make_cube(runs=10).drop_vars("digest", errors="ignore")
    expected = reduce_cube(cube)
    changed = HARMLESS[name](cube.chunk(CHUNKS) if is_lazy else cube)
    found = reduce_cube(changed).compute(scheduler="synchronous")
    assert found["cscore"].shape == expected["cscore"].shape
    xr.testing.assert_equal(found.astype(float), expected.astype(float))


@pytest.mark.parametrize("is_lazy", [False, True])
def test_runs_that_where_has_masked_count_as_missing(is_lazy):
    cube = make_cube(runs=10)
    is_kept = xr.DataArray(np.arange(10) < 6, dims="run")
    masked = (cube.chunk(CHUNKS) if is_lazy else cube).where(is_kept)
    assert masked["correct"].dtype != bool
    found = counts(masked).compute(scheduler="synchronous")
    xr.testing.assert_equal(found, counts(cube.isel(run=slice(6))))
    weight = np.ones((2, 10), int)
    weighted = counts(masked, weight).compute(scheduler="synchronous")
    xr.testing.assert_equal(weighted.isel(group=0), found)


def test_masked_margins_and_predictions_count_as_missing(make_margin_cube):
    cube = make_margin_cube(runs=10)
    fewer = cube.isel(run=slice(6))
    masked = cube.chunk(CHUNKS).where(xr.DataArray(np.arange(10) < 6, dims="run"))
    assert masked["prediction"].dtype.kind == "f"
    found = counts(masked).compute(scheduler="synchronous")
    xr.testing.assert_allclose(found, counts(fewer), rtol=1e-6)
    xr.testing.assert_equal(votes(masked).compute(scheduler="synchronous"), votes(fewer))


def test_packed_margins_that_became_floats_are_still_packed(make_margin_cube):
    cube = make_margin_cube(runs=10)
    steps = (cube["margin"] / 0.25).astype(np.int8)
    steps = steps.assign_attrs(scale_factor=0.25, _FillValue=-128)
    masked = cube.assign(margin=steps).where(cube["done"])
    assert masked["margin"].dtype.kind == "f"
    for source in (masked, masked.chunk(CHUNKS)):
        found = reduce_cube(source, statistics=["margin"]).compute(scheduler="synchronous")
        xr.testing.assert_equal(found, reduce_cube(cube, statistics=["margin"]))


def test_reliability_of_a_masked_cube_looks_at_the_runs_that_are_left():
    cube = make_cube(runs=12, examples=50)
    masked = cube.where(xr.DataArray(np.arange(12) < 8, dims="run"))
    assert reliability(masked).runs == 8


@pytest.mark.parametrize(
    ("name", "values", "match"),
    [
        ("correct", 2, "correct: found 2, expected booleans, or 1, 0 and NaN"),
        ("held_out", 0.5, "held_out: found 0.5, expected booleans"),
        ("done", -1, "done: found -1, expected booleans"),
        ("correct", "yes", "correct: found dtype <U3, expected booleans"),
        ("correct", 1j, "correct: found dtype complex128, expected booleans"),
    ],
)
@pytest.mark.parametrize("is_lazy", [False, True])
def test_values_that_are_no_booleans_are_refused(name, values, match, is_lazy):
    cube = make_cube()
    cube[name] = xr.full_like(cube[name], values, dtype=np.asarray(values).dtype)
    with pytest.raises(InvalidInputError, match=match) as raised:
        counts(cube.chunk(CHUNKS) if is_lazy else cube).compute(scheduler="synchronous")
    assert "\n" not in str(raised.value)


def test_objects_that_are_no_numbers_are_refused():
    words = xr.DataArray(np.array(["yes", None], object), name="correct")
    with pytest.raises(InvalidInputError, match="correct: found values that are no numbers"):
        as_flags(words)
    assert as_flags(xr.DataArray(np.array([True, None], object))).values.tolist() == [True, False]


@pytest.mark.parametrize(
    ("attrs", "match"),
    [
        ({}, "found dtype int64 without scale_factor"),
        ({"scale_factor": 0.25, "_FillValue": "none"}, "expected numbers and no offset"),
        ({"scale_factor": 1, "_FillValue": 0, "add_offset": 3}, "expected numbers and no offset"),
    ],
)
def test_margins_that_cannot_be_unpacked_are_refused(make_margin_cube, attrs, match):
    cube = make_margin_cube()
    cube["margin"] = cube["margin"].astype(int).assign_attrs(attrs)
    with pytest.raises(InvalidInputError, match=match):
        counts(cube)


@pytest.mark.parametrize("dtype", [object, bool, str, complex])
def test_margins_of_another_dtype_are_refused(make_margin_cube, dtype):
    cube = make_margin_cube()
    cube["margin"] = cube["margin"].astype(dtype)
    with pytest.raises(InvalidInputError, match=r"margin: found dtype .*, expected floats"):
        counts(cube)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, object])
def test_votes_of_any_whole_numbers(make_margin_cube, dtype):
    cube = make_margin_cube()
    changed = cube.assign(prediction=cube["prediction"].astype(dtype))
    for source in (changed, changed.chunk(CHUNKS)):
        xr.testing.assert_equal(votes(source).compute(scheduler="synchronous"), votes(cube))


@pytest.mark.parametrize("value", [0.5, 1e300, np.inf])
def test_predictions_that_are_no_whole_numbers_are_refused(value):
    prediction = xr.DataArray([value, 1.0], name="prediction")
    with pytest.raises(InvalidInputError, match=r"prediction: found .*, expected whole numbers"):
        as_predictions(prediction)


def test_converting_computes_nothing(make_margin_cube, forbidden_scheduler):
    cube = make_margin_cube().chunk(CHUNKS)
    with dask.config.set(scheduler=forbidden_scheduler):
        counts(cube.where(cube["done"]))
        votes(cube.where(cube["done"]))
