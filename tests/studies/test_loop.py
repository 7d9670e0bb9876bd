import itertools
import threading

import numpy as np
import pytest
import xarray as xr

from cscore_data.design.plan import Plan
from cscore_data.errors import DivergedError, StoreError
from cscore_data.storage.cube import Cube, open_cube
from cscore_data.storage.writer import CubeWriter
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import open_study
from cscore_data.studies.trainer import make_trainer
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer
from processes import PATIENCE
from small_studies import make_study, run_study
from stored_cubes import assert_same_cube, contents


def test_a_study_from_first_to_last_step(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    cube = run_study(study)
    assert cube["done"].all()
    for index, ratio in enumerate(study.plan.ratios):
        np.testing.assert_array_equal(cube["held_out"][index], study.plan.held_out(ratio, range(5)))
    trainer = make_trainer(study, 2)
    outcome = trainer.train(study.plan.subset(0.7, 3)[None], study.plan.training_seed(0.7, 3)[None])
    np.testing.assert_array_equal(cube["correct"].sel(ratio=0.7, run=3), outcome.correct[0])


def test_subsets_are_drawn_once_while_the_piece_before_is_in_training(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr")
    cube = open_study(study, command="")
    drawn = []
    trained = 0
    ahead = threading.Event()

    def subset(plan, ratio, run, original=Plan.subset):
        drawn.append((ratio, run))
        if len({*drawn}) > trained + 2:  # pieces have two runs
            ahead.set()
        return original(plan, ratio, run)

    def on_progress(models, work):
        nonlocal trained
        if trained < 2:
            assert ahead.wait(PATIENCE)
        trained += models

    monkeypatch.setattr(Plan, "subset", subset)
    train_pending(study, cube, on_progress=on_progress)
    assert sorted(drawn) == list(itertools.product(study.plan.ratios, range(study.runs)))


def test_resuming_gives_the_cube_of_one_session(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "whole.zarr"))
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
    run_study(study)
    assert_same_cube(study.path, tmp_path / "whole.zarr")


def test_more_runs_extend_and_keep_those_done(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "grown.zarr", runs=3))
    run_study(make_study(blobs, tmp_path / "grown.zarr", runs=7))
    run_study(make_study(blobs, tmp_path / "whole.zarr", runs=7))
    assert_same_cube(tmp_path / "grown.zarr", tmp_path / "whole.zarr")


def test_a_complete_cube_is_left_alone(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    run_study(study)
    before = contents(study.path)
    assert train_pending(study, open_study(study, command="again")) == 0
    assert contents(study.path) == before


def test_diverged_runs_are_left_out_and_reported(blobs, tmp_path):
    recipe = Recipe(hidden=(8,), learning_rate=1e30, epochs=2)
    study = make_study(blobs, tmp_path / "cube.zarr", recipe=recipe)
    with pytest.raises(DivergedError, match=r"10 run\(s\) diverged.*ratio 0.3 run 0"):
        run_study(study)
    cube = open_cube(study.path)
    assert not cube["done"].any()
    assert not cube["held_out"].any()


def test_writing_overlaps_with_training(blobs, tmp_path, monkeypatch):
    """Each piece can wait to be written until the training of the next one has begun."""
    write, train = CubeWriter.write, Trainer.train
    begun = [threading.Event() for _ in range(6)]
    upcoming = iter(begun)
    # The last piece has no next one.
    nexts = iter(begun[1:])

    def note_and_train(self, *arguments, **keywords):
        next(upcoming).set()
        return train(self, *arguments, **keywords)

    def wait_and_write(self, *arguments):
        following = next(nexts, None)
        if following is not None and not following.wait(PATIENCE):
            raise StoreError("the next piece was not trained while this one was written")
        write(self, *arguments)

    monkeypatch.setattr(CubeWriter, "write", wait_and_write)
    monkeypatch.setattr(Trainer, "train", note_and_train)
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    assert all(event.is_set() for event in begun)


def test_a_failing_writer_stops_the_study(blobs, tmp_path, monkeypatch):
    def full_disk(*_):
        raise StoreError("No space left on device")

    monkeypatch.setattr(CubeWriter, "write", full_disk)
    with pytest.raises(StoreError, match="No space left"):
        run_study(make_study(blobs, tmp_path / "cube.zarr"))


def test_progress_adds_up(blobs, tmp_path):
    steps = []

    def note(models, work):
        steps.append((models, work))

    run_study(make_study(blobs, tmp_path / "cube.zarr"), on_progress=note)
    models, work = np.sum(steps, axis=0)
    assert models == pytest.approx(10)
    assert work == pytest.approx(1)


def test_lanes_are_chosen_so_that_few_are_idle(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=20, runs_per_chunk=20, lanes=8)
    assert make_trainer(study, 20).lanes == 7


def test_plain_xarray_reduces_the_cube(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    cube = xr.open_zarr(tmp_path / "cube.zarr")
    assert float(cube["correct"].where(cube["held_out"]).mean()) > 0.4
