"""Results on a test split in cubes: written, checked, extended, refused where they do not fit."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import verify_cube
from cscore_data.errors import InvalidInputError
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.verify import verify_metadata, verify_pieces
from cscore_data.storage.writer import CubeWriter
from cscore_data.testing import make_cube
from stored_cubes import chunk_contents

NAMES = ("correct", "held_out", "margin", "prediction")
TEST_NAMES = ("test_correct", "test_margin", "test_prediction")


def outcomes(run, record="margin"):
    """What a run has for 12 examples and 5 test examples."""
    cube = make_cube(ratios=(0.5,), runs=5, examples=12, classes=3, record=record, test_examples=5)
    rows = cube.isel(ratio=0, run=run)
    return {name: rows[name].values for name in (*NAMES, *TEST_NAMES) if name in rows}


def make(path, runs=5, record="margin"):
    template = cube_template(
        (0.5,),
        runs,
        np.arange(12) % 3,
        runs_per_chunk=2,
        record=record,
        test_label=np.arange(5) % 3,
        test_example=np.array([0, 1, 2, 3, 7]),
    )
    create_cube(path, template)
    return path


def faults(path):
    cube = Cube.open(path)
    assert verify_metadata(cube) == []
    return [fault for verdict in verify_pieces(cube) for fault in verdict.faults]


@pytest.mark.parametrize("record", ["correct", "margin"])
def test_they_come_back_also_by_plain_xarray(tmp_path, record):
    path = make(tmp_path / "c.zarr", record=record)
    CubeWriter(path).write_run(0.5, 3, **outcomes(3, record))
    plain = xr.open_zarr(path).sel(ratio=0.5, run=3)
    for name, values in outcomes(3, record).items():
        np.testing.assert_array_equal(plain[name], values)
        np.testing.assert_array_equal(open_cube(path)[name].sel(ratio=0.5, run=3), values)
    assert plain["test_example"].values.tolist() == [0, 1, 2, 3, 7]
    assert faults(path) == []
    assert verify_cube.main([str(path)]) == 0


def test_an_extended_cube_is_the_one_that_was_larger_from_the_start(tmp_path):
    small = make(tmp_path / "small.zarr", runs=3)
    large = make(tmp_path / "large.zarr", runs=5)
    for run in range(3):
        CubeWriter(small).write_run(0.5, run, **outcomes(run))
    Cube.open(small).extend(5, history="more")
    assert [piece.pending for piece in Cube.open(small).pieces()] == [(3,), (4,)]
    for run in (3, 4):
        CubeWriter(small).write_run(0.5, run, **outcomes(run))
    for run in range(5):
        CubeWriter(large).write_run(0.5, run, **outcomes(run))
    found, expected = chunk_contents(small), chunk_contents(large)
    for name in expected.keys() - {"run/c/0"}:  # which has a chunk for each number of runs
        assert found[name] == expected[name]


@pytest.mark.parametrize("name", TEST_NAMES)
def test_one_flipped_bit_in_any_of_them_is_found(tmp_path, name):
    path = make(tmp_path / "c.zarr")
    CubeWriter(path).write_run(0.5, 0, **outcomes(0))
    array = Cube.open(path).arrays(mode="r+")[name]
    rows = np.array(array[0, :2])
    rows[0, 2] = rows[0, 2] ^ 1
    array[0, :2] = rows
    assert any("test_prediction is not what was written" in fault for fault in faults(path))


def test_predictions_of_no_class_and_missing_margins_are_found(tmp_path):
    path = make(tmp_path / "c.zarr")
    CubeWriter(path).write_run(0.5, 0, **outcomes(0))
    arrays = Cube.open(path).arrays(mode="r+")
    for name, value in (("test_prediction", 7), ("test_margin", -128)):
        rows = np.array(arrays[name][0, :2])
        rows[0, 2] = value
        arrays[name][0, :2] = rows
    found = "\n".join(faults(path))
    assert "run 0: test_prediction is 0..7, expected 0..2" in found
    assert "run 0: test_margin is missing for 1 of 5 examples although the run is done" in found


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"test_correct": np.ones(12, bool)}, r"test_correct: found bool \(12,\), expected bool"),
        ({"test_margin": np.full(5, np.nan)}, "test_margin: found NaN"),
        ({"test_prediction": np.full(5, 3)}, "test_prediction: found 3..3, expected 0..2"),
        ({"test_correct": None}, "expected margin and prediction and test_correct"),
        ({"test_correct": ~outcomes(0)["test_correct"]}, "test_prediction: 5 examples contradict"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, wrong, message):
    path = make(tmp_path / "c.zarr")
    with pytest.raises(InvalidInputError, match=message):
        CubeWriter(path).write_run(0.5, 0, **outcomes(0) | wrong)
    assert not open_cube(path)["done"].any()


def test_a_cube_without_a_test_split_takes_none(tmp_path):
    create_cube(tmp_path / "c.zarr", cube_template((0.5,), 5, np.arange(12) % 3, runs_per_chunk=2))
    rows = outcomes(0, "correct")
    with pytest.raises(InvalidInputError, match="expected no test_correct, as the cube was made"):
        CubeWriter(tmp_path / "c.zarr").write_run(0.5, 0, **rows)


def test_cleared_pieces_lose_them_too(tmp_path):
    path = make(tmp_path / "c.zarr")
    for run in range(5):
        CubeWriter(path).write_run(0.5, run, **outcomes(run))
    array = Cube.open(path).arrays(mode="r+")["test_correct"]
    array[0, 2:4] = ~np.array(array[0, 2:4])
    assert verify_cube.main([str(path), "--repair"]) == 0
    cube = open_cube(path)
    assert cube["done"].values.tolist() == [[True, True, False, False, True]]
    assert not cube["test_correct"].isel(run=[2, 3]).any()


def test_test_labels_have_one_dim():
    with pytest.raises(InvalidInputError, match=r"test_label: found shape \(3, 1\)"):
        cube_template(
            (0.5,), 2, np.arange(4) % 2, runs_per_chunk=2, test_label=np.zeros((3, 1), int)
        )
