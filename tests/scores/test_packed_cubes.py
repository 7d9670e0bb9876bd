"""Cubes with margins on disk: opened packed, decoded, or by plain xarray."""

import dask
import numpy as np
import pytest
import xarray as xr

from cscore_data import open_cube, reduce_cube
from cscore_data.scores.counts import counts
from cscore_data.scores.votes import counts_and_votes, votes
from stored_cubes import complete_cube


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "cube.zarr"
    complete_cube(path, runs=7)
    return path


def test_packed_and_decoded_cubes_give_the_same_scores_to_the_last_bit(path):
    packed = open_cube(path, mask_and_scale=False)
    assert packed["margin"].dtype == np.int8
    wanted = ["margin", "soft_cscore", "log_probability", "variability", "vote"]
    expected = reduce_cube(packed, statistics=wanted).compute(scheduler="synchronous")
    for decoded in (open_cube(path), xr.open_zarr(path)):
        assert decoded["margin"].dtype.kind == "f"
        found = reduce_cube(decoded, statistics=wanted).compute(scheduler="synchronous")
        xr.testing.assert_equal(found, expected)


def test_packed_and_decoded_cubes_give_the_same_weighted_sums(path):
    weight = np.random.default_rng(0).multinomial(7, np.full(7, 1 / 7), 3)
    packed = counts(open_cube(path, mask_and_scale=False), weight)
    decoded = counts(open_cube(path), weight)
    xr.testing.assert_equal(*dask.compute(packed, decoded, scheduler="synchronous"))


def test_a_cube_is_decoded_as_plain_xarray_decodes_it(path):
    ours, plain = open_cube(path)["margin"], xr.open_zarr(path)["margin"]
    assert ours.attrs == plain.attrs
    for name in ("scale_factor", "_FillValue", "dtype"):
        assert ours.encoding[name] == plain.encoding[name]
    xr.testing.assert_equal(ours.compute(scheduler="synchronous"), plain.load())


def test_missing_margins_add_nothing_packed_or_not(make_margin_cube):
    cube = make_margin_cube(runs=6, missing=2)
    steps = (cube["margin"] / 0.25).fillna(-128).astype(np.int8)
    packed = cube.assign(margin=steps.assign_attrs(scale_factor=0.25, _FillValue=-128))
    expected = counts(cube.isel(run=slice(4)))
    xr.testing.assert_equal(counts(packed), expected)
    xr.testing.assert_equal(counts(cube), expected)


def test_margins_at_the_ends_of_the_range_are_kept(make_margin_cube):
    cube = make_margin_cube(runs=4)
    # -32 is the one whole number of steps that means "missing" in a store.
    for value in (-32, -31.75, 31.75, 40, 0.1):
        cube["margin"][:] = value
        found = counts(cube, names=["held_out_with_margin", "held_out_margin_sum"])
        mean = found["held_out_margin_sum"] / found["held_out_with_margin"]
        np.testing.assert_allclose(mean.dropna("example"), value, rtol=1e-6)


def test_counts_and_votes_of_one_pass_are_those_of_two(path):
    cube = open_cube(path, mask_and_scale=False)
    names = ["held_out_correct", "trained_on", "held_out_margin_sum"]
    counted, voted = counts_and_votes(cube, None, names=names)
    found = dask.compute(counted, voted, scheduler="synchronous")
    xr.testing.assert_identical(found[0], counts(cube, names=names).load())
    xr.testing.assert_identical(found[1], votes(cube).load())
