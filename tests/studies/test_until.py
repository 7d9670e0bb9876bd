"""Adding runs until the scores are reliable enough; what is reliable is up to the caller."""

import dataclasses
import math
import threading

import pytest

from cscore_data.storage.cube import Cube, open_cube
from cscore_data.storage.pieces import Shard
from cscore_data.studies import completion
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import open_study
from cscore_data.studies.until import train_until
from processes import PATIENCE
from small_studies import make_study, run_study


def until(study, aim, reliability, train=train_pending):
    return train_until(study, aim=aim, reliability=reliability, train=train, command="test")


def by_runs(dataset):
    """0.5 with two runs, 0.67 with four, 0.75 with six."""
    runs = dataset.sizes["run"]
    return runs / (runs + 2)


@pytest.mark.parametrize(("aim", "runs"), [(0.5, 2), (0.6, 4), (0.7, 6), (0.99, 7)])
def test_runs_are_added_in_blocks_until_the_aim_or_the_end(blobs, tmp_path, aim, runs):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=7)
    reached = until(study, aim, by_runs)
    assert (reached.models, reached.runs, reached.missing) == (2 * runs, runs, 0)
    assert reached.reliability == by_runs(open_cube(study.path))
    cube = open_cube(study.path)
    assert cube.sizes["run"] == runs
    assert cube["done"].all()
    assert len(cube.attrs["history"].splitlines()) == 1


def test_a_higher_aim_continues_what_is_there(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=8)
    assert until(study, 0.6, by_runs).models == 8
    assert until(study, 0.6, by_runs).models == 0
    assert until(study, 0.7, by_runs).models == 4
    assert open_cube(study.path).sizes["run"] == 6


def test_what_cannot_be_told_yet_is_not_reached(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=4)
    reached = until(study, 0.1, lambda dataset: float("nan"))
    assert open_cube(study.path).sizes["run"] == 4
    assert reached.models == 8


def test_more_lanes_than_a_block_has_runs_are_no_error(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=8, lanes=8)
    assert until(study, 0.5, by_runs).runs == 2


@pytest.mark.parametrize(("stored", "runs"), [(1, 4), (9, 8)])
def test_a_cube_that_was_begun_without_an_aim(blobs, tmp_path, stored, runs):
    """Of one that has more than the largest number of runs, only these are looked at."""
    path = tmp_path / "cube.zarr"
    begun = make_study(blobs, path, runs=stored, runs_per_chunk=min(stored, 2), lanes=1)
    open_study(begun, command="test")
    study = make_study(blobs, path, runs=8, runs_per_chunk=min(stored, 2), lanes=1)
    reached = until(study, 0.65, by_runs)
    assert reached.runs == runs
    assert reached.reliability == runs / (runs + 2)


# ---- shards


def shards(study, parts):
    return [dataclasses.replace(study, shard=Shard(part, parts)) for part in range(1, parts + 1)]


def test_the_shard_that_completes_a_block_looks_at_the_aim(blobs, tmp_path, monkeypatch):
    """One after the other, as in a queue with room for one job."""
    monkeypatch.setattr(completion, "GRACE", 0.1)
    looks = []

    def look(dataset):
        looks.append(dataset.sizes["run"])
        return by_runs(dataset)

    study = make_study(blobs, tmp_path / "cube.zarr", runs=8, ratios=(0.3, 0.5, 0.7))
    first, second, third = shards(study, 3)
    for shard in (first, second):
        reached = until(shard, 0.5, look)
        assert math.isnan(reached.reliability)
        assert reached.missing > 0
    assert not looks
    reached = until(third, 0.5, look)
    assert (reached.runs, reached.missing, reached.reliability) == (2, 0, 0.5)
    assert looks == [2]
    # Every shard now finds it complete.
    assert until(first, 0.5, look).models == 0
    assert open_cube(study.path)["done"].all()


@pytest.mark.slow
def test_shards_that_run_together_wait_for_each_other_and_end_alike(blobs, tmp_path, monkeypatch):
    monkeypatch.setattr(completion, "GRACE", PATIENCE)
    study = make_study(blobs, tmp_path / "cube.zarr", runs=8)
    ends = {}

    def fill(shard):
        ends[shard.shard.part] = until(shard, 0.6, by_runs)

    threads = [threading.Thread(target=fill, args=[shard]) for shard in shards(study, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(ends) == [1, 2]
    assert {reached.runs for reached in ends.values()} == {4}
    assert sum(reached.models for reached in ends.values()) == 8
    assert open_cube(study.path).sizes["run"] == 4


def test_a_shard_does_not_wait_for_ever_for_a_process_that_does_nothing(
    blobs, tmp_path, monkeypatch
):
    monkeypatch.setattr(completion, "PATIENCE", 0.1)
    study = make_study(blobs, tmp_path / "cube.zarr", runs=2)
    first, second = shards(study, 2)
    cube = open_study(study, command="test")
    with completion.Worker(cube.folder) as idle:
        for piece in cube.pieces(second.shard):
            idle.take(piece.name)
        assert until(first, 0.5, by_runs).missing == 2


def test_runs_beyond_the_study_are_not_waited_for(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=4)
    run_study(study)
    Cube.open(study.path).extend(10, history="more")
    reached = until(study, 0.99, by_runs)
    assert (reached.models, reached.runs, reached.reliability) == (0, 4, 4 / 6)


def test_new_cubes_get_blocks_of_twelve_runs_and_old_ones_keep_theirs(blobs, tmp_path):
    def add(name, aim):
        study = make_study(blobs, tmp_path / name, runs=30, lanes=3)
        return until(dataclasses.replace(study, runs_per_chunk=None), aim, by_runs).runs

    assert add("new.zarr", 0.5) == 12
    run_study(make_study(blobs, tmp_path / "old.zarr", runs=5, runs_per_chunk=5))
    assert add("old.zarr", 0.8) == 10
