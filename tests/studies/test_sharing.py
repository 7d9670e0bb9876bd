"""Several processes fill one cube: they share its pieces and refuse what would harm another."""

import numpy as np
import pytest

from cscore_data.cli import train_holdout
from cscore_data.errors import StoreError
from cscore_data.storage import workers
from cscore_data.storage.cube import Cube, open_cube
from cscore_data.storage.folder import folder
from cscore_data.storage.workers import Worker
from cscore_data.studies import queue
from cscore_data.studies.loop import train_pending
from cscore_data.studies.queue import PieceQueue
from cscore_data.studies.study import open_study
from cscore_data.training.trainer import Trainer
from processes import FAST, wait_for
from small_studies import make_study, run_study
from stored_cubes import assert_same_cube


@pytest.fixture
def study(blobs, tmp_path):
    return make_study(blobs, tmp_path / "cube.zarr")


def trained(output):
    """Number of models that a command says it has trained."""
    last = output.splitlines()[-1]
    if "complete already" in last:
        return 0
    return int(last.partition("(")[2].split()[0])


def entries(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.slow
def test_one_command_started_three_times_at_once(start, blobs_npz, tmp_path):
    arguments = ["--dataset", blobs_npz, *FAST, "--runs", "24", "--epochs", "40"]
    together = [start("train-holdout", *arguments, "--out", "together.zarr") for _ in range(3)]
    models = 0
    for process in together:
        out, error = process.communicate()
        assert process.returncode == 0, error
        models += trained(out)
    alone = start("train-holdout", *arguments, "--out", "alone.zarr")
    out, _ = alone.communicate()
    assert trained(out) == 48
    assert 48 <= models <= 2 * 48
    assert_same_cube(tmp_path / "together.zarr", tmp_path / "alone.zarr")
    assert entries(tmp_path) == ["alone.zarr", "blobs.npz", "together.zarr"]


def test_each_piece_is_trained_by_one_of_two_that_take_turns(study):
    cube = open_study(study, command="test")
    names = []
    with Worker(cube.folder) as first, Worker(cube.folder) as second:
        queues = [PieceQueue(cube, worker, cube.pieces()) for worker in (first, second)]
        for turn in range(6):
            names.append(queues[turn % 2].take().name)
        assert queues[0].take() is None
    assert sorted(names) == sorted(piece.name for piece in cube.pieces())


def test_pieces_that_another_process_has_finished_are_skipped_and_counted(study):
    cube = open_study(study, command="test")
    skipped = []
    with Worker(cube.folder) as worker:
        shared = PieceQueue(cube, worker, cube.pieces(), on_skipped=skipped.append)
        run_study(study)
        assert shared.wait() is None
    assert len(skipped) == 6


def test_pieces_of_a_process_that_takes_too_long_are_trained_here(study, monkeypatch):
    monkeypatch.setattr(queue, "PATIENCE", 0.1)
    monkeypatch.setattr(queue, "LEAST_PATIENCE", 0.1)
    cube = open_study(study, command="test")
    with Worker(cube.folder) as slow:
        for piece in cube.pieces():
            slow.take(piece.name)
        assert train_pending(study, cube) == 10
    assert open_cube(study.path)["done"].all()


def test_pieces_of_a_process_that_has_died_are_trained_after_a_while(study, monkeypatch):
    """Its record is still there, and as it was on another machine, nobody can tell that it died."""
    monkeypatch.setattr(workers, "SILENCE", 0.5)
    cube = open_study(study, command="test")
    with Worker(cube.folder) as dead:
        for piece in cube.pieces():
            dead.take(piece.name)
        (record,) = (study.path.parent / ".cube.zarr.writers").iterdir()
        content = record.read_text()
    record.parent.mkdir()
    record.write_text(content.replace('"machine": "', '"machine": "another '))
    assert train_pending(study, cube) == 10
    assert not record.parent.exists()


def test_adding_runs_while_another_process_fills_the_cube_harms_neither(blobs, tmp_path):
    """The last piece of the smaller study shares its chunk with the first new run."""
    path = tmp_path / "cube.zarr"
    small = make_study(blobs, path, runs=5)
    large = make_study(blobs, path, runs=8)
    cube = open_study(small, command="small")
    extended = []

    def extend(*_):
        if not extended:
            extended.append(open_study(large, command="large"))

    assert train_pending(small, cube, on_progress=extend) == 10
    assert train_pending(large, extended[0]) == 6
    whole = run_study(make_study(blobs, tmp_path / "whole.zarr", runs=8))
    np.testing.assert_array_equal(open_cube(path)["correct"], whole["correct"])
    history = open_cube(path).attrs["history"].splitlines()
    assert [line.split()[0] for line in history] == ["small", "large"]


def test_overwriting_and_clearing_a_cube_that_is_being_filled_are_refused(study):
    cube = open_study(study, command="test")
    with Worker(folder(study.path)):
        before = sorted(study.path.rglob("*"))
        with pytest.raises(StoreError, match=r"process \d+ on .* is filling it; wait until"):
            open_study(study, command="again", overwrite=True)
        with pytest.raises(StoreError, match="is filling it"):
            cube.clear(cube.pieces())
        assert sorted(study.path.rglob("*")) == before


def test_a_study_whose_cube_is_replaced_stops_and_writes_nothing(study, blobs):
    cube = open_study(study, command="test")
    other = make_study(blobs, study.path, seed=1)

    def replace(*_):
        if cube.dataset.attrs == open_cube(study.path).attrs:
            study.path.rename(study.path.with_name("moved.zarr"))
            Cube.create(study.path, other.template(history="another"))

    with pytest.raises(StoreError, match="was replaced by another cube"):
        train_pending(study, cube, on_progress=replace)
    assert not open_cube(study.path)["done"].any()


def pieces_taken(path):
    """Names of the pieces that live processes have taken."""
    with Worker(folder(path)) as worker:
        return worker.taken_by_others()


def test_overwriting_is_refused_while_a_process_trains(start, blobs_npz, tmp_path, capsys):
    path = tmp_path / "cube.zarr"
    arguments = ["--dataset", str(blobs_npz), "--out", str(path), *FAST]
    endless = [*arguments, "--epochs", "1000000"]
    first = start("train-holdout", *endless)
    try:
        wait_for(lambda: "0-0" in pieces_taken(path))
        assert train_holdout.main([*endless, "--overwrite"]) == 2
        error = capsys.readouterr().err
        assert f"process {first.pid} on" in error
        assert len(error.splitlines()) == 1
    finally:
        first.kill()
        first.communicate()
    assert train_holdout.main([*arguments, "--overwrite"]) == 0
    assert entries(tmp_path) == ["blobs.npz", "cube.zarr"]


def test_a_resumed_command_opens_its_cube_at_most_twice(study, blobs_npz, monkeypatch):
    arguments = ["--dataset", str(blobs_npz), "--out", str(study.path), *FAST]
    train = Trainer.train
    left = iter(range(2))

    def stop_after_two(self, *positional, **keywords):
        if next(left, None) is None:
            raise StoreError("stop")
        return train(self, *positional, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train", stop_after_two)
        assert train_holdout.main(arguments) == 2
    opened = []
    reopen = Cube.reopen

    def note_and_reopen(self):
        opened.append(self.path)
        reopen(self)

    monkeypatch.setattr(Cube, "reopen", note_and_reopen)
    assert train_holdout.main(arguments) == 0
    assert 1 <= len(opened) <= 2


@pytest.mark.slow
def test_shards_started_at_once_give_the_cube_of_one_process(start, blobs_npz, tmp_path):
    arguments = ["--dataset", str(blobs_npz), *FAST, "--runs"]
    whole = tmp_path / "whole.zarr"
    cube = tmp_path / "shards.zarr"
    assert train_holdout.main([*arguments, "9", "--out", str(whole)]) == 0
    assert train_holdout.main([*arguments, "4", "--out", str(cube), "--shard", "2/4"]) == 0
    # Each of them wants to add runs.
    shards = []
    for number in (1, 2, 3):
        shard = ["--out", cube, "--shard", f"{number}/3"]
        shards.append(start("train-holdout", *arguments, "9", *shard))
    for process in shards:
        _, error = process.communicate()
        assert process.returncode == 0, error
    assert_same_cube(cube, whole)
