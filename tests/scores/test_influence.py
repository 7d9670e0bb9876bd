import dask
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data import CubeWriter, create_cube, cube_template, influence, open_cube
from cscore_data.errors import InvalidInputError
from cscore_data.scores import influence as module
from cscore_data.scores.influence_blocks import block_influence, block_stderr
from cscore_data.testing import make_cube
from oracles import influences


def incomplete_cube(seed=0, runs=9, missing=3, **sizes):
    """A cube with margins and a test split in which some runs are not done."""
    cube = make_cube(record="margin", runs=runs, seed=seed, **{"test_examples": 4, **sizes})
    random = np.random.default_rng(seed)
    for index in range(cube.sizes["ratio"]):
        for run in random.choice(runs, missing, replace=False):
            cube["done"].values[index, run] = False
            for name in ("correct", "held_out", "test_correct"):
                cube[name].values[index, run] = False
            for name in ("margin", "test_margin"):
                cube[name].values[index, run] = np.nan
    return cube


def expected(cube, ratio, on, outcome):
    at_ratio = cube.sel(ratio=ratio)
    done = at_ratio["done"].values
    held_out = at_ratio["held_out"].values[done]
    value = at_ratio[f"test_{outcome}" if on == "test" else outcome].values[done]
    counted = held_out if on == "train" else np.ones(value.shape, bool)
    return influences(~held_out, counted, value)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 1000),
    block=st.integers(1, 9),
    missing=st.integers(0, 4),
    on=st.sampled_from(["test", "train"]),
    outcome=st.sampled_from(["correct", "margin"]),
)
def test_blocks_give_what_a_plain_loop_gives(seed, block, missing, on, outcome):
    cube = incomplete_cube(seed, missing=missing, examples=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        found = influence(cube, 0.5, on=on, outcome=outcome)["influence"]
    assert max(found.data.chunksize) <= block
    np.testing.assert_allclose(found.values, expected(cube, 0.5, on, outcome), atol=2e-6)


def test_runs_that_are_wrong_or_right_throughout_have_no_influence_at_all():
    cube = make_cube(runs=7, test_examples=3)
    cube["test_correct"].values[..., :2] = [True, False]
    found = influence(cube, 0.5)
    assert (found["influence"].isel(test_example=[0, 1]) == 0).all()
    assert (found["influence_stderr"].isel(test_example=[0, 1]) == 0).all()


def test_the_standard_error_is_that_of_shuffled_runs():
    cube = make_cube(runs=40, examples=6, test_examples=9, seed=3).sel(ratio=0.5)
    trained_on = ~cube["held_out"].values
    value = cube["test_correct"].values.astype(np.float32)
    random = np.random.default_rng(0)
    draws = [block_influence(trained_on, random.permutation(value)) for _ in range(2000)]
    stderr = block_stderr(trained_on, value)
    np.testing.assert_allclose(np.std(draws, axis=0), stderr, rtol=0.1)


def test_nothing_is_computed_before_it_is_asked_for_and_packed_margins_are_the_same(tmp_path):
    cube = incomplete_cube(runs=4, missing=0, examples=30)
    template = cube_template(
        cube["ratio"].values,
        4,
        cube["label"].values,
        runs_per_chunk=2,
        record="margin",
        test_label=cube["test_label"].values,
    )
    create_cube(tmp_path / "c.zarr", template)
    writer = CubeWriter(tmp_path / "c.zarr")
    names = ["correct", "held_out", "margin", "prediction"]
    names += [f"test_{name}" for name in ("correct", "margin", "prediction")]
    for run in range(4):
        rows = cube.sel(ratio=0.5).isel(run=run)
        writer.write_run(0.5, run, **{name: rows[name].values for name in names})

    def refuse(*_, **__):
        raise AssertionError("something was computed")

    for mask_and_scale in (True, False):
        stored = open_cube(tmp_path / "c.zarr", mask_and_scale=mask_and_scale)
        for on in ("test", "train"):
            ledger = stored.assign(done=stored["done"].load())
            with dask.config.set(scheduler=refuse):
                found = influence(ledger, 0.5, on=on, outcome="margin")
            same = influence(cube.sel(ratio=[0.5]), 0.5, on=on, outcome="margin")
            np.testing.assert_array_equal(found["influence"], same["influence"])


def test_an_example_has_no_influence_on_itself():
    found = influence(make_cube(runs=30), 0.5, on="train")
    assert found["influence"].dims == ("example", "target")
    assert np.isnan(np.diag(found["influence"].values)).all()
    assert found["influence"].notnull().sum() == 20 * 19
    assert found["target_label"].values.tolist() == found["label"].values.tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"ratio": 0.3, "on": "train"},
            "ratio: found 0.3, expected one of the cube's, 0.2, 0.5, 0.8",
        ),
        ({"on": "valid"}, "on: found 'valid', expected test or train"),
        ({"outcome": "loss"}, "outcome: found 'loss', expected correct or margin"),
        ({}, "found no test_correct in the cube; train the cube with --test"),
        ({"on": "train", "outcome": "margin"}, "found no margin in the cube"),
    ],
)
def test_what_a_cube_does_not_have_is_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        influence(make_cube(), **{"ratio": 0.5, **arguments})
