"""Counts against a plain loop, for every chunking, with missing runs and with weights."""

from collections import Counter

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cscore_data.errors import InvalidInputError
from cscore_data.schema import cube_template
from cscore_data.scores.counts import COUNTS, as_counts, counts
from cscore_data.testing import make_cube

CUBE_DIMS = ("ratio", "run", "example")
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 7))


def count_by_loops(correct, held_out, done, weight):
    """All four counts of nested lists of booleans: {name: [group][ratio][example]}."""
    found = {name: [] for name in COUNTS}
    for row in weight:
        sums = {name: np.zeros((len(correct), len(correct[0][0]))) for name in COUNTS}
        for ratio, run, example in np.ndindex(np.shape(correct)):
            if held_out[ratio][run][example]:
                kind = "held_out"
            elif done[ratio][run]:
                kind = "trained_on"
            else:
                continue
            sums[kind][ratio, example] += row[run]
            if correct[ratio][run][example]:
                sums[f"{kind}_correct"][ratio, example] += row[run]
        for name, values in sums.items():
            found[name].append(values.tolist())
    return found


def as_cube(correct, held_out, done):
    return xr.Dataset(
        {
            "correct": (CUBE_DIMS, correct),
            "held_out": (CUBE_DIMS, held_out),
            "done": (CUBE_DIMS[:2], done),
        }
    )


@st.composite
def cubes(draw):
    """A cube in memory, in which some runs are missing, also in the middle of being written."""
    shape = draw(SHAPES)
    correct = draw(hnp.arrays(bool, shape))
    held_out = draw(hnp.arrays(bool, shape))
    done = draw(hnp.arrays(bool, shape[:2]))
    return as_cube(correct, held_out & done[:, :, np.newaxis], done)


@st.composite
def chunked(draw, cube):
    """The same cube, lazy, with chunks that may differ between its variables."""
    lazy = {}
    for name, variable in cube.items():
        chunks = {dim: draw(st.integers(1, size)) for dim, size in variable.sizes.items()}
        lazy[name] = variable.chunk(chunks)
    return cube.assign(lazy)


def assert_equal_to_loops(found, cube, weight):
    values = [cube[name].values.tolist() for name in ("correct", "held_out", "done")]
    expected = count_by_loops(*values, np.asarray(weight).tolist())
    for name in COUNTS:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


@settings(max_examples=25, deadline=None)
@given(st.data(), cubes())
def test_every_chunking_equals_the_loop(data, cube):
    once = np.ones((1, cube.sizes["run"]))
    for source in (cube, data.draw(chunked(cube))):
        found = counts(source).compute(scheduler="synchronous")
        assert_equal_to_loops(found.expand_dims("group"), cube, once)
        assert all(found[name].dtype == np.int32 for name in COUNTS)


@settings(max_examples=25, deadline=None)
@given(st.data(), cubes())
def test_weights_equal_the_loop_for_every_chunking(data, cube):
    runs = cube.sizes["run"]
    first_half = np.arange(runs) < runs // 2
    drawn = data.draw(hnp.arrays(np.int64, (2, runs), elements=st.integers(-3, 5)))
    weight = np.stack([first_half, ~first_half, *drawn])
    for source in (cube, data.draw(chunked(cube))):
        found = counts(source, weight).compute(scheduler="synchronous")
        assert_equal_to_loops(found, cube, weight)
        assert all(found[name].dtype == np.int32 for name in COUNTS)


def test_two_halves_add_up_to_the_whole():
    cube = make_cube(runs=10).chunk({"run": 3})
    halves = counts(cube, np.eye(2, dtype=bool)[np.arange(10) % 2].T)
    xr.testing.assert_equal(halves.sum("group").astype(np.int32), counts(cube))


def test_bootstrap_samples_of_runs():
    cube = make_cube(runs=8)
    weight = np.random.default_rng(0).multinomial(8, np.full(8, 1 / 8), size=5)
    found = counts(cube, xr.DataArray(weight, {"group": list("abcde")}, ("group", "run")))
    assert found["group"].values.tolist() == list("abcde")
    assert found["held_out"].dims == ("group", "ratio", "example")
    drawn = np.repeat(np.arange(8), weight[2])
    expected = counts(cube.isel(run=drawn))
    xr.testing.assert_equal(found.sel(group="c", drop=True), expected)


def test_weights_that_are_floats_give_floats():
    cube = make_cube(runs=4).chunk({"run": 3})
    found = counts(cube, [[0.5, 0.5, 0.5, 0.5]])
    assert found["held_out"].dtype == np.float64
    np.testing.assert_array_equal(found["held_out"][0], counts(cube)["held_out"] / 2)


def test_large_weights_are_exact():
    cube = make_cube(runs=3).chunk({"run": 2})
    weight = [[2**24 + 1, 2**24 + 3, 2**25 + 1]]
    found = counts(cube, weight).compute()
    assert_equal_to_loops(found, cube.compute(), weight)


def test_the_order_of_dims_does_not_matter():
    cube = make_cube()
    weight = xr.DataArray(np.ones((6, 2), int), dims=("run", "group"))
    found = counts(cube.transpose("example", "run", "ratio"), weight)
    xr.testing.assert_equal(found, counts(cube, np.ones((2, 6), int)))


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        (np.ones((2, 5)), r"found shape \(2, 5\).* for 6 runs"),
        (np.ones(6), r"found shape \(6,\)"),
        (xr.DataArray(np.ones((2, 6)), dims=("half", "run")), "found shape"),
        ([list("abcdef")], "dtype <U1"),
        (np.full((1, 6), 2**30), "more than int32 holds"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weight, match):
    with pytest.raises(InvalidInputError, match=match):
        counts(make_cube(runs=6), weight)


def test_without_a_ledger_only_held_out_runs_are_counted():
    found = counts(make_cube().drop_vars("done"))
    assert list(found) == ["held_out", "held_out_correct"]
    xr.testing.assert_equal(found, counts(make_cube())[["held_out", "held_out_correct"]])


def test_runs_that_are_missing_are_not_trained_on():
    cube = make_cube(runs=6)
    fewer = cube.isel(run=slice(4))
    for name in ("held_out", "done"):
        cube[name][{"run": slice(4, None)}] = False
    xr.testing.assert_equal(counts(cube), counts(fewer))


def test_counts_keep_the_coordinates_of_examples_and_ratios():
    found = counts(make_cube().assign_coords(seed=("run", np.arange(6))))
    assert set(found.coords) == {"ratio", "example", "label"}
    assert found["trained_on"].attrs["long_name"] == COUNTS["trained_on"]


def test_counts_of_counts_are_the_same_counts():
    found = counts(make_cube())
    assert as_counts(found, ["held_out"]) is found
    xr.testing.assert_identical(as_counts(make_cube(), ["held_out"]), found[["held_out"]])


class CountingArray:
    """An array that remembers how often each part of it was read."""

    def __init__(self, values):
        self.values = values
        self.shape = values.shape
        self.dtype = values.dtype
        self.ndim = values.ndim
        self.reads = Counter()

    def __getitem__(self, key):
        part = self.values[key]
        # dask asks for nothing to learn of what type an array is.
        if part.size:
            self.reads[str(key)] += 1
        return part


@pytest.mark.parametrize("weight", [None, np.ones((2, 12), int)])
@pytest.mark.parametrize(
    "chunks",
    [
        {"correct": (1, 4, 7), "held_out": (1, 4, 7), "done": (1, 4)},
        {"correct": (2, 4, 7), "held_out": (1, 5, 20), "done": (3, 12)},
    ],
)
def test_every_chunk_is_read_once(chunks, weight):
    cube = make_cube(runs=12, examples=20)
    sources = {name: CountingArray(cube[name].values) for name in chunks}
    lazy = {
        name: (cube[name].dims, dask.array.from_array(source, chunks=chunks[name], name=name))
        for name, source in sources.items()
    }
    counts(cube.assign(lazy), weight).compute(scheduler="synchronous")
    for name, source in sources.items():
        number = dask.array.zeros(source.shape, chunks=chunks[name]).npartitions
        assert len(source.reads) == number
        assert set(source.reads.values()) == {1}


def test_counts_that_a_cube_does_not_have_are_refused():
    with pytest.raises(InvalidInputError, match=r"'held_out_margin_sum', expected some of held_"):
        counts(make_cube(), names=["held_out", "held_out_margin_sum"])


def test_what_is_not_asked_for_is_not_read():
    cube = make_cube()
    done = CountingArray(cube["done"].values)
    lazy = cube.chunk().assign(done=(("ratio", "run"), dask.array.from_array(done, chunks=1)))
    counts(lazy)[["held_out", "held_out_correct"]].compute(scheduler="synchronous")
    assert not done.reads


def test_counting_computes_nothing(forbidden_scheduler):
    cube = make_cube().chunk({"ratio": 1, "run": 2, "example": 5})
    with dask.config.set(scheduler=forbidden_scheduler):
        plain = counts(cube)
        weighted = counts(cube, np.ones((2, 6)))
    for name in COUNTS:
        assert isinstance(plain[name].data, dask.array.Array)
        assert isinstance(weighted[name].data, dask.array.Array)


def test_no_task_holds_more_than_a_few_chunks(largest_task):
    cube = cube_template((0.5,), 4000, np.arange(1000) % 2, runs_per_chunk=10)
    with largest_task, dask.config.set(scheduler="synchronous"):
        counts(cube).compute()
    assert 0 < largest_task.nbytes <= 100_000  # a chunk has 10 kB, a ratio of the cube 4 MB
