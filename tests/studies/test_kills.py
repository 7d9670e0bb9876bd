"""Processes that are killed at random moments: what is in the cube is always true, and in the end it is complete."""

import random
import shutil
import time

import pytest
import xarray as xr

from cscore_data.storage.cube import Cube
from cscore_data.storage.verify import verify_metadata, verify_pieces
from external_models import make_cube, write_pending
from processes import assert_same_cube, begin, wait_for


def chunks(path):
    return sorted(path.glob("*/c/*/*"))


def assert_true_so_far(path, other):
    """Each run that the ledger calls done is that of the other cube."""
    cube, expected = xr.open_zarr(path), xr.open_zarr(other).load()
    done = cube["done"].load()  # first, as it is written last: another process may be writing
    assert ((cube["correct"] == expected["correct"]) | ~done).all()
    assert ((cube["held_out"] == expected["held_out"]) | ~done).all()
    return int(done.sum())


def kill_and_resume(command, start, tmp_path, kills, arguments, shards=1):
    """Kill one of the processes at a random moment, `kills` times, start it again; then compare with one session.

    Returns how many were in training when they were killed.
    """
    whole, path = tmp_path / "whole.zarr", tmp_path / "killed.zarr"
    command("train-holdout", "--out", whole, *arguments)
    generator, lived = random.Random(0), 0
    processes = {}
    for _ in range(kills):
        for shard in range(1, shards + 1):
            if shard not in processes or processes[shard].returncode is not None:
                processes[shard] = start(
                    "train-holdout", "--out", path, *arguments, "--shard", f"{shard}/{shards}"
                )
        victim = processes[generator.randint(1, shards)]
        before = len(chunks(path))
        wait_for(lambda: len(chunks(path)) > before or victim.returncode is not None)  # noqa: B023
        time.sleep(generator.random() * 0.3)
        victim.kill()
        victim.wait()
        lived += victim.returncode < 0
        if path.exists():
            assert_true_so_far(path, whole)
    for process in processes.values():
        process.kill()
        process.wait()
    command("train-holdout", "--out", path, *arguments)
    assert_same_cube(path, whole)
    assert verify_metadata(Cube.open(path)) == []
    assert not any(verdict.faults for verdict in verify_pieces(Cube.open(path)))
    shutil.rmtree(path)
    return lived


@pytest.mark.slow
def test_kills_at_random_moments(command, start, blobs_npz, tmp_path):
    study = [
        "--ratios",
        "0.3",
        "0.7",
        "--runs",
        "16",
        "--runs-per-chunk",
        "2",
        "--lanes",
        "2",
        "--hidden",
        "64",
        "--epochs",
        "15",
    ]
    assert kill_and_resume(command, start, tmp_path, 5, ["--dataset", blobs_npz, *study]) > 0


def test_kills_of_a_process_that_writes_models_trained_elsewhere(tmp_path):
    whole, path = tmp_path / "whole.zarr", tmp_path / "killed.zarr"
    for cube in (whole, path):
        make_cube(cube)
    write_pending(whole, fsync=False)
    generator, counts = random.Random(0), [0]
    for _ in range(5):
        process, before = begin(write_pending, path), times(path)
        wait_for(lambda: times(path) != before)  # noqa: B023
        time.sleep(generator.random() * 0.03)
        process.kill()
        process.join()
        assert process.exitcode == -9  # not at its end by itself
        counts.append(assert_true_so_far(path, whole))
    assert counts == sorted(counts)
    assert counts[1] < counts[-1] < 30
    write_pending(path, fsync=False)
    assert_same_cube(path, whole)
    assert verify_metadata(Cube.open(path)) == []
    assert not any(verdict.faults for verdict in verify_pieces(Cube.open(path)))


def times(path):
    """When each chunk file was written."""
    return {file: file.stat().st_mtime_ns for file in path.glob("*/c/*/*") if file.is_file()}


@pytest.mark.slow
def test_a_hundred_kills_of_a_digits_study(command, start, tmp_path):
    study = ["--runs", "300", "--runs-per-chunk", "3", "--lanes", "3"]  # 900 pieces
    assert kill_and_resume(command, start, tmp_path, 100, study) >= 80


@pytest.mark.slow
def test_thirty_kills_of_two_shards(command, start, tmp_path):
    study = [
        "--runs",
        "60",
        "--runs-per-chunk",
        "3",
        "--lanes",
        "3",
        "--epochs",
        "100",
    ]  # 180 slow pieces
    assert kill_and_resume(command, start, tmp_path, 30, study, shards=2) >= 24
