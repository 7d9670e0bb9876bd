import threading

import numpy as np
import pytest
import xarray as xr

from cscore_data.design.plan import Plan
from cscore_data.errors import DivergedError, StoreError
from cscore_data.schema import CUBE_VARIABLES
from cscore_data.storage.cube import Cube, open_cube
from cscore_data.storage.writer import CubeWriter
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import open_study
from cscore_data.studies.trainer import make_trainer
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer
from small_studies import make_study, run_study


def assert_same_variables(cube, other):
    for name in (*CUBE_VARIABLES, "label", "ratio", "run", "example"):
        np.testing.assert_array_equal(cube[name], other[name], err_msg=name)


def test_a_study_from_first_to_last_step(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    cube = run_study(study)
    assert cube["done"].all()
    for index, ratio in enumerate(study.plan.ratios):
        np.testing.assert_array_equal(cube["held_out"][index], study.plan.held_out(ratio, range(5)))
    trainer = make_trainer(study, 2)
    outcome = trainer.train(study.plan.subset(0.7, 3)[None], study.plan.training_seed(0.7, 3)[None])
    np.testing.assert_array_equal(cube["correct"].sel(ratio=0.7, run=3), outcome.correct[0])


def test_subsets_are_drawn_once_and_while_the_piece_before_is_in_training(
    blobs, tmp_path, monkeypatch
):
    study = make_study(blobs, tmp_path / "cube.zarr")
    cube = open_study(study, command="")
    drawn, trained, ahead = [], 0, threading.Event()

    def subset(plan, ratio, run, original=Plan.subset):
        drawn.append((ratio, run))
        if len({*drawn}) > trained + 2:  # pieces have two runs
            ahead.set()
        return original(plan, ratio, run)

    def on_progress(models, work):
        nonlocal trained
        if trained < 2:
            assert ahead.wait(30)
        trained += models

    monkeypatch.setattr(Plan, "subset", subset)
    train_pending(study, cube, on_progress=on_progress)
    assert sorted(drawn) == sorted(
        (ratio, run) for ratio in study.plan.ratios for run in range(study.runs)
    )


def test_going_on_gives_the_cube_of_one_session(blobs, tmp_path):
    whole = run_study(make_study(blobs, tmp_path / "whole.zarr"))
    study = make_study(blobs, tmp_path / "parts.zarr")

    class PowerCut(BaseException):
        pass

    for epochs_to_live in (1, 3, 6):
        left = iter(range(epochs_to_live))

        def cut(models, work, left=left):
            if next(left, None) is None:
                raise PowerCut

        with pytest.raises(PowerCut):
            run_study(study, on_progress=cut)
    assert 0 < len(Cube.open(study.path).pieces()) < 6
    assert_same_variables(run_study(study), whole)


def test_more_runs_extend_and_keep_those_done(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "grown.zarr", runs=3))
    grown = run_study(make_study(blobs, tmp_path / "grown.zarr", runs=7))
    assert_same_variables(grown, run_study(make_study(blobs, tmp_path / "whole.zarr", runs=7)))


def test_a_complete_cube_is_left_alone(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    run_study(study)
    before = {file: file.read_bytes() for file in study.path.rglob("*") if file.is_file()}
    assert train_pending(study, open_study(study, command="again")) == 0
    assert before == {file: file.read_bytes() for file in study.path.rglob("*") if file.is_file()}


def test_diverged_runs_are_left_out_and_reported(blobs, tmp_path):
    study = make_study(
        blobs, tmp_path / "cube.zarr", recipe=Recipe(hidden=(8,), learning_rate=1e30, epochs=2)
    )
    with pytest.raises(DivergedError, match=r"10 run\(s\) diverged.*ratio 0.3 run 0"):
        run_study(study)
    cube = open_cube(study.path)
    assert not cube["done"].any()
    assert not cube["held_out"].any()


def test_writing_overlaps_with_training(blobs, tmp_path, monkeypatch):
    """No piece but the last is written to its end before the training of the next has begun."""
    write, train = CubeWriter.write, Trainer.train
    begun = [threading.Event() for _ in range(6)]
    started, written = iter(begun), []

    def noted_train(self, *arguments, **keywords):
        next(started).set()
        return train(self, *arguments, **keywords)

    def waiting_write(self, *arguments):
        following = len(written) + 1
        written.append(following == len(begun) or begun[following].wait(timeout=20))
        write(self, *arguments)

    monkeypatch.setattr(CubeWriter, "write", waiting_write)
    monkeypatch.setattr(Trainer, "train", noted_train)
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    assert written == [True] * 6


def test_a_failing_writer_stops_the_study(blobs, tmp_path, monkeypatch):
    def full_disk(*_):
        raise StoreError("No space left on device")

    monkeypatch.setattr(CubeWriter, "write", full_disk)
    with pytest.raises(StoreError, match="No space left"):
        run_study(make_study(blobs, tmp_path / "cube.zarr"))


def test_progress_adds_up(blobs, tmp_path):
    steps = []
    run_study(
        make_study(blobs, tmp_path / "cube.zarr"),
        on_progress=lambda models, work: steps.append((models, work)),
    )
    models, work = np.sum(steps, axis=0)
    assert models == pytest.approx(10)
    assert work == pytest.approx(1)


def test_lanes_leave_as_few_idle_as_can_be(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=20, runs_per_chunk=20, lanes=8)
    assert make_trainer(study, 20).lanes == 7


def test_filled_through_xarray_the_cube_reduces(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    cube = xr.open_zarr(tmp_path / "cube.zarr")
    assert float(cube["correct"].where(cube["held_out"]).mean()) > 0.4
