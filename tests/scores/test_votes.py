"""Votes against a plain loop, with few classes and with many, for every chunking."""

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cscore_data.errors import InvalidInputError
from cscore_data.scores.votes import held_out_probability, votes

CELL = ("ratio", "run", "example")
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 7))


def votes_by_loops(cube, weight):
    total = np.zeros((len(weight), cube.sizes["example"], cube.sizes["class"]))
    prediction, held_out = cube["prediction"].values, cube["held_out"].values
    for ratio, run, example in np.ndindex(held_out.shape):
        if held_out[ratio, run, example] and prediction[ratio, run, example] >= 0:
            total[:, example, prediction[ratio, run, example]] += weight[:, run]
    return total


@st.composite
def cubes(draw, dtype, classes):
    shape = draw(SHAPES)
    prediction = draw(hnp.arrays(dtype, shape, elements=st.integers(-1, classes - 1)))
    held_out = draw(hnp.arrays(bool, shape))
    variables = {"prediction": (CELL, prediction), "held_out": (CELL, held_out)}
    return xr.Dataset(variables, {"class": np.arange(classes) * 2})


@pytest.mark.parametrize(("dtype", "classes"), [(np.int8, 3), (np.int8, 100), (np.int16, 300)])
def test_every_chunking_equals_the_loop(dtype, classes):
    @settings(max_examples=15, deadline=None)
    @given(st.data(), cubes(dtype, classes))
    def check(data, cube):
        runs = cube.sizes["run"]
        chunks = {dim: data.draw(st.integers(1, cube.sizes[dim])) for dim in CELL}
        weight = data.draw(hnp.arrays(np.int64, (2, runs), elements=st.integers(0, 5)))
        for source in (cube, cube.chunk(chunks)):
            found = votes(source).compute(scheduler="synchronous")
            assert found.dims == ("example", "class")
            assert found.dtype == np.int32
            (expected,) = votes_by_loops(cube, np.ones((1, runs)))
            np.testing.assert_array_equal(found, expected)
            weighted = votes(source, weight).compute(scheduler="synchronous")
            assert weighted.dtype == np.int32
            np.testing.assert_array_equal(weighted, votes_by_loops(cube, weight))

    check()


def test_many_runs_in_one_block_are_counted():
    shape = (1, 1000, 2)
    for classes in (2, 40):
        cube = xr.Dataset(
            {
                "prediction": (CELL, np.ones(shape, np.int8)),
                "held_out": (CELL, np.ones(shape, bool)),
            },
            {"class": range(classes)},
        )
        assert votes(cube).values[:, 1].tolist() == [1000, 1000]


def test_votes_keep_coordinates_and_compute_nothing(make_margin_cube, forbidden_scheduler):
    cube = make_margin_cube().assign_coords(class_name=("class", list("abcd")))
    with dask.config.set(scheduler=forbidden_scheduler):
        found = votes(cube.chunk({"run": 2, "example": 5}))
        shares = held_out_probability(cube.chunk({"run": 2, "example": 5}))
    assert found.chunks is not None
    assert shares.chunks is not None
    assert set(found.coords) == {"example", "label", "class", "class_name"}


def test_no_task_holds_more_than_votes_of_a_chunk(largest_task):
    shape, chunks = (1, 4000, 1000), (1, 10, 500)
    prediction = dask.array.zeros(shape, dtype=np.int8, chunks=chunks)
    held_out = dask.array.zeros(shape, dtype=bool, chunks=chunks)
    variables = {"prediction": (CELL, prediction), "held_out": (CELL, held_out)}
    cube = xr.Dataset(variables, {"class": range(10)})
    with largest_task, dask.config.set(scheduler="synchronous"):
        votes(cube).compute()
    # The result has 40 kB; votes of ten runs on a chunk 5 kB, of which some 16 are added at a time.
    assert 0 < largest_task.nbytes <= 400_000


def test_votes_for_many_classes_need_two_totals_and_no_more(largest_task):
    classes, shape, chunks = 300, (2, 200, 1000), (1, 10, 1000)
    prediction = dask.array.zeros(shape, dtype=np.int16, chunks=chunks)
    held_out = dask.array.ones(shape, dtype=bool, chunks=chunks)
    variables = {"prediction": (CELL, prediction), "held_out": (CELL, held_out)}
    cube = xr.Dataset(variables, {"class": range(classes)})
    with largest_task, dask.config.set(scheduler="synchronous"):
        found = votes(cube).max("class").compute()
    assert (found == 400).all()
    # 400 runs fit into two bytes; the first of 301 columns has the cells that are no vote.
    assert 0 < largest_task.nbytes <= 2 * 301 * 1000


def test_rows_of_held_out_probabilities_add_up_to_one(make_margin_cube):
    cube = make_margin_cube(runs=4)
    cube["held_out"][{"example": 7}] = False
    found = held_out_probability(cube)
    assert found.name == "held_out_probability"
    assert found.dims == ("example", "class")
    total = found.sum("class", skipna=False)
    assert np.flatnonzero(total.isnull()).tolist() == [7]
    np.testing.assert_allclose(total.drop_isel(example=7), 1)


def test_cubes_without_predictions_have_no_votes(make_margin_cube):
    with pytest.raises(InvalidInputError, match="this cube has no predictions"):
        votes(make_margin_cube().drop_vars("prediction"))


def test_a_cube_that_has_lost_a_dim_is_refused_with_weights_too(make_margin_cube):
    with pytest.raises(InvalidInputError, match="select a single run by a list"):
        votes(make_margin_cube().isel(run=0), [[1]])
