"""Reducing a cube: lazily, in bounded memory, and correctly while it is incomplete."""

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import cube_template
from cscore_data.scores.bootstrap import bootstrap
from cscore_data.scores.cscore import cscore_stderr
from cscore_data.scores.reduce import held_out_accuracy, reduce_cube
from cscore_data.scores.reliability import reliability
from cscore_data.scores.statistics import SCORE_VARIABLES, STATISTICS, validate_scores
from cscore_data.testing import make_cube

CHUNKS = {"ratio": 1, "run": 2, "example": 5}


def lazy_cube():
    return make_cube().chunk(CHUNKS)


@pytest.mark.parametrize("skipna", [False, True])
def test_reducing_computes_nothing(skipna, forbidden_scheduler, make_margin_cube):
    cube = make_margin_cube().chunk(CHUNKS)
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


@pytest.mark.parametrize(
    ("record", "limit"),
    [
        ("correct", 100_000),  # a chunk has 10 kB, a ratio of the cube 4 MB
        ("margin", 700_000),  # a chunk of margins has 40 kB, its 8 sums 64 kB; a ratio 16 MB
    ],
)
def test_peak_of_a_reduction_is_far_below_the_cube(largest_task, record, limit):
    """No task holds more than a few chunks of the cube: a run axis is never gathered whole."""
    label = np.arange(1000) % 2
    cube = cube_template((0.5,), 4000, label, runs_per_chunk=10, record=record)
    with largest_task, dask.config.set(scheduler="synchronous"):
        reduce_cube(cube).compute()
    assert 0 < largest_task.nbytes <= limit


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
    for name in ("held_out", "done"):
        cube[name][{"run": slice(4, None)}] = False
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


OLD = ["held_out_count", "profile", "cscore", "cscore_stderr"]
MEMORIZATION = ["memorization_profile", "memorization", "memorization_stderr"]


def test_a_cube_without_margins_carries_what_needs_none():
    assert list(reduce_cube(make_cube())) == [*OLD, *MEMORIZATION]
    assert list(reduce_cube(make_cube(), statistics=MEMORIZATION)) == ["cscore", *MEMORIZATION]
    assert list(reduce_cube(make_cube().drop_vars("done"))) == OLD


def test_margins_change_no_score_that_does_not_need_them(make_margin_cube):
    cube = make_margin_cube(runs=20)
    plain = cube.drop_vars(["margin", "prediction", "class"])
    names = [name for name in [*OLD, *MEMORIZATION] if not name.endswith("stderr")]
    xr.testing.assert_identical(reduce_cube(cube)[names], reduce_cube(plain)[names])


def test_standard_errors_have_a_prior_except_in_cubes_as_earlier_versions_made_them(
    make_margin_cube,
):
    cube = make_margin_cube(runs=20)
    cube["correct"][:] = True
    plain = cube.drop_vars(["margin", "prediction", "class"])
    for name in ("cscore_stderr", "memorization_stderr"):
        assert (reduce_cube(cube)[name] > 0).all()
        assert (reduce_cube(plain)[name] == 0).all()


def test_only_chosen_statistics_are_kept_and_their_values_are_the_same(make_margin_cube):
    cube = make_margin_cube(runs=20)
    every = reduce_cube(cube)
    for name in STATISTICS:
        chosen = reduce_cube(cube, statistics=[name])
        assert set(chosen) == {"cscore", name}
        xr.testing.assert_identical(validate_scores(chosen), every[list(chosen)])


def test_what_a_chosen_statistic_does_not_need_is_not_computed(make_margin_cube):
    cube = make_margin_cube().chunk(CHUNKS)
    for name in ("margin", "prediction", "done"):
        cube[name] = cube[name].copy(data=cube[name].data.map_blocks(fail, dtype=cube[name].dtype))
    reduce_cube(cube, statistics=["profile"]).compute(scheduler="synchronous")
    with pytest.raises(AssertionError, match="was read"):
        reduce_cube(cube, statistics=["margin"]).compute(scheduler="synchronous")


def fail(block):
    raise AssertionError("a chunk was read")


@pytest.mark.parametrize("name", ["margin", "vote", "cscores"])
def test_statistics_that_cannot_be_carried_are_refused_in_one_line(name):
    with pytest.raises(InvalidInputError, match=f"found '{name}'.* held_out_count, prof") as caught:
        reduce_cube(make_cube(), statistics=["cscore", name])
    assert "\n" not in str(caught.value)


def test_with_a_balanced_plan_standard_errors_have_a_prior():
    cube = make_cube(runs=30)
    balanced = cube.assign_attrs(plan='{"subsets": "balanced", "ratios": [0.2, 0.5, 0.8]}')
    names = [*OLD, *MEMORIZATION]
    scores, plain = (reduce_cube(one, statistics=names) for one in (balanced, cube))
    xr.testing.assert_equal(scores["cscore"], plain["cscore"])
    expected = cscore_stderr(plain["profile"], plain["held_out_count"], prior=0.5)
    xr.testing.assert_identical(scores["cscore_stderr"], expected)
    for name in ("cscore_stderr", "memorization_stderr"):
        assert (scores[name] > 0).all()


# ---- examples that are the only one of their class


def with_a_lone_example(cube):
    """The same cube, in which example 3 is the only one of class 99."""
    label = np.zeros(cube.sizes["example"], int)
    label[3] = 99
    return cube.assign_coords(label=("example", label))


@pytest.mark.parametrize("is_lazy", [False, True])
def test_the_only_example_of_a_class_has_a_count_but_no_scores(make_margin_cube, is_lazy):
    plain = reduce_cube(make_margin_cube(runs=20))
    cube = with_a_lone_example(make_margin_cube(runs=20))
    scores = reduce_cube(cube.chunk(CHUNKS) if is_lazy else cube).load()
    for name in STATISTICS:
        if name == "held_out_count":
            assert scores[name].notnull().all()
        elif name == "vote":
            assert int(scores[name][3]) == -1
        else:
            is_missing = scores[name].isnull()
            assert is_missing.isel(example=3).all()
            assert not is_missing.drop_isel(example=3).any()
    others = scores.drop_isel(example=3)["cscore"]
    np.testing.assert_array_equal(others, plain.drop_isel(example=3)["cscore"])


def test_bootstrap_and_reliability_leave_it_out_as_well():
    cube = with_a_lone_example(make_cube(runs=20))
    intervals = bootstrap(cube, resamples=5)
    assert intervals["cscore_low"].isnull().values.nonzero()[0].tolist() == [3]
    assert reliability(cube).examples == reliability(make_cube(runs=20)).examples - 1


def test_in_a_selection_of_examples_classes_may_have_lost_their_others():
    cube = make_cube(runs=20).assign_attrs(plan='{"examples": 20}')
    assert reduce_cube(cube.isel(example=slice(3)))["cscore"].notnull().all()
    assert reduce_cube(make_cube(runs=20, examples=3))["cscore"].isnull().all()


def test_scores_keep_the_names_of_classes(make_margin_cube):
    cube = make_margin_cube().assign_coords(class_name=("class", list("abcd")))
    for found in (reduce_cube(cube), reduce_cube(cube, statistics=["cscore"])):
        assert found["class_name"].values.tolist() == ["a", "b", "c", "d"]
        assert found["class"].values.tolist() == cube["class"].values.tolist()
    assert "class" not in reduce_cube(make_margin_cube()).coords
