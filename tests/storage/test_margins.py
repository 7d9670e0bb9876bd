"""Cubes that record margins and predictions."""

import warnings

import numpy as np
import pytest
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.pieces import Piece
from cscore_data.storage.verify import verify_metadata, verify_pieces
from cscore_data.storage.writer import CubeWriter

PIECE = Piece(0.3, 1, 2, 4, (2, 3))


@pytest.fixture
def path(tmp_path):
    label = np.arange(12) % 3 + 5
    template = cube_template((0.1, 0.3), 5, label, runs_per_chunk=2, record="margin")
    create_cube(tmp_path / "cube.zarr", template)
    return tmp_path / "cube.zarr"


def outcomes(seed=0):
    random = np.random.default_rng(seed)
    correct, held_out = random.random((2, 2, 12)) < 0.5
    margin = random.normal(0, 5, (2, 12)).astype(np.float32)
    return correct, held_out, margin, random.integers(0, 3, (2, 12))


def write(path, seed=0, valid=(True, True)):
    correct, held_out, margin, prediction = outcomes(seed)
    writer = CubeWriter(path)
    writer.write(PIECE, correct, held_out, np.array(valid), margin, prediction)


def test_plain_xarray_decodes_them_and_shows_what_is_missing(path):
    write(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cube = xr.open_zarr(path).load()
    _, _, margin, prediction = outcomes()
    np.testing.assert_allclose(cube["margin"][1, 2:4], margin, atol=0.125)
    np.testing.assert_array_equal(cube["prediction"][1, 2:4], prediction)
    assert cube["margin"].isnull().sum() == 2 * 5 * 12 - 24
    assert (cube["prediction"] == -1).sum() == 2 * 5 * 12 - 24
    assert cube["prediction"].dtype == np.int8
    assert cube["class"].values.tolist() == [5, 6, 7]
    assert open_cube(path)["margin"].dtype == np.float32


def test_large_margins_are_cut_and_never_missing(path):
    correct, held_out, margin, prediction = outcomes()
    margin[:] = [[1e9], [-np.inf]]
    CubeWriter(path).write(PIECE, correct, held_out, np.ones(2, bool), margin, prediction)
    stored = open_cube(path)["margin"][1, 2:4].values
    assert (stored == [[31.75], [-31.75]]).all()


def test_runs_that_do_not_count_stay_missing(path):
    write(path, valid=(True, False))
    cube = open_cube(path)
    assert cube["margin"][1, 2].notnull().all()
    assert cube["margin"][1, 3].isnull().all()
    assert (cube["prediction"][1, 3] == -1).all()


def test_more_runs_keep_them(path):
    write(path)
    Cube.open(path).extend(9, history="more")
    cube = open_cube(path)
    np.testing.assert_allclose(cube["margin"][1, 2:4], outcomes()[2], atol=0.125)
    assert cube["margin"][1, 5:].isnull().all()


@pytest.mark.parametrize("name", ["margin", "prediction", "correct"])
def test_one_flipped_bit_in_any_of_them_is_found(path, name):
    write(path)
    cube = Cube.open(path)
    assert verify_metadata(cube) == []
    assert not any(verdict.faults for verdict in verify_pieces(cube))
    array = cube.arrays(mode="r+")[name]
    rows = np.array(array[1, 2:4])
    rows[0, 5] = rows[0, 5] ^ 1
    array[1, 2:4] = rows  # with a checksum of its own, as if it had been written like this
    faults = [fault for verdict in verify_pieces(cube) for fault in verdict.faults]
    assert faults == [
        "run 2: correct, held_out, margin or prediction is not what was written (digest)"
    ]


def test_margins_that_are_missing_in_a_run_that_is_done_are_found(path):
    write(path)
    cube = Cube.open(path)
    array = cube.arrays(mode="r+")["margin"]
    array[1, 2:4] = np.full((2, 12), -128, np.int8)
    faults = [fault for verdict in verify_pieces(cube) for fault in verdict.faults]
    assert "run 3: margin is missing although the run is done" in faults


@pytest.mark.parametrize("prediction", [3, 100, -7])
def test_predictions_of_no_class_are_found(path, prediction):
    write(path)
    cube = Cube.open(path)
    array = cube.arrays(mode="r+")["prediction"]
    block = np.array(array[1, 2:4])
    block[1, 5] = prediction
    array[1, 2:4] = block
    faults = [fault for verdict in verify_pieces(cube) for fault in verdict.faults]
    assert any("run 3: prediction is" in fault for fault in faults)


def test_single_runs_from_anywhere(path):
    _, held_out, margin, prediction = (rows[0] for rows in outcomes())
    correct = prediction == np.arange(12) % 3
    good = {
        "correct": correct,
        "held_out": held_out,
        "margin": margin,
        "prediction": prediction,
    }
    writer = CubeWriter(path)
    writer.write_run(0.1, 4, **good)
    assert np.argwhere(open_cube(path)["done"].values).tolist() == [[0, 4]]
    for wrong, message in (
        ({"margin": margin[:5]}, "margin: found float32"),
        ({"margin": margin.astype(int)}, "margin: found int64"),
        ({"margin": np.full(12, np.nan)}, "margin: found NaN"),
        ({"prediction": prediction + 1}, r"prediction: found 1..3, expected 0..2"),
        ({"prediction": prediction.astype(float)}, "prediction: found float64"),
        ({"margin": margin[:, None]}, r"margin: found float32 \(12, 1\)"),
        ({"prediction": prediction - 1}, r"prediction: found -1..1, expected 0..2"),
        ({"prediction": prediction[:11]}, r"prediction: found int64 \(11,\)"),
        ({"prediction": (prediction + 1) % 3}, "examples contradict correct"),
        ({"correct": ~correct}, "prediction: 12 examples contradict correct .the first: 0"),
        ({"margin": None}, "expected margin and prediction"),
        ({"prediction": None}, "expected margin and prediction"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            writer.write_run(0.1, 0, **good | wrong)
    assert np.argwhere(open_cube(path)["done"].values).tolist() == [[0, 4]]


def test_a_cube_without_them_takes_none(tmp_path):
    template = cube_template((0.3,), 2, np.arange(12) % 3, runs_per_chunk=2)
    create_cube(tmp_path / "plain.zarr", template)
    correct, held_out, margin, prediction = (rows[0] for rows in outcomes())
    writer = CubeWriter(tmp_path / "plain.zarr")
    with pytest.raises(InvalidInputError, match="expected no margin and no prediction"):
        writer.write_run(
            0.3, 0, correct=correct, held_out=held_out, margin=margin, prediction=prediction
        )
    writer.write_run(0.3, 0, correct=correct, held_out=held_out)


def test_names_of_classes_and_the_width_of_predictions():
    label = np.arange(200) % 150
    names = [f"class {index}" for index in range(150)]
    template = cube_template((0.3,), 2, label, runs_per_chunk=2, record="margin", class_names=names)
    assert template["prediction"].dtype == np.int16
    assert template["class_name"].values[149] == "class 149"
    plain = cube_template((0.3,), 2, label, runs_per_chunk=2, class_names=names)
    assert plain["class_name"].identical(template["class_name"])
    with pytest.raises(
        InvalidInputError, match="record: found 'logits', expected correct or margin"
    ):
        cube_template((0.3,), 2, label, runs_per_chunk=2, record="logits")
