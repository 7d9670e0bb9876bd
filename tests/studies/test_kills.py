"""Processes that are killed: what the ledger calls done is right, and another process resumes."""

import random
import shlex
import shutil
import time

import pytest
import xarray as xr

from cscore_data.storage.cube import Cube
from cscore_data.storage.verify import verify_metadata, verify_pieces
from external_models import create_empty_cube, write_pending, write_pending_and_hang
from processes import begin, wait_for
from stored_cubes import assert_same_cube, chunk_files


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A cube of external models, written without interruption."""
    path = tmp_path_factory.mktemp("external") / "whole.zarr"
    create_empty_cube(path)
    write_pending(path, fsync=False)
    return path


@pytest.fixture
def path(tmp_path):
    """An empty cube for the same models."""
    create_empty_cube(tmp_path / "killed.zarr")
    return tmp_path / "killed.zarr"


def assert_done_runs_are_right(path, other):
    """Compare the runs that the ledger calls done with another cube; returns their number."""
    cube, expected = xr.open_zarr(path), xr.open_zarr(other).load()
    done = cube["done"].load()  # first, as it is written last: another process may be writing
    assert ((cube["correct"] == expected["correct"]) | ~done).all()
    assert ((cube["held_out"] == expected["held_out"]) | ~done).all()
    return int(done.sum())


def assert_complete_and_right(path, other):
    assert_same_cube(path, other)
    assert verify_metadata(Cube.open(path)) == []
    assert not any(verdict.faults for verdict in verify_pieces(Cube.open(path)))


@pytest.mark.slow
def test_a_process_killed_in_a_write_loses_only_the_run_it_writes(tmp_path, path, whole):
    # A run is four files: correct, held_out, digest and done. Each kill hits another one of them.
    counts = []
    for files in (5, 6, 7, 4):
        signal = tmp_path / f"hangs after {files} files"
        process = begin(write_pending_and_hang, path, files, signal)
        wait_for(signal.exists)
        process.kill()
        process.join()
        assert process.exitcode == -9
        counts.append(assert_done_runs_are_right(path, whole))
    assert counts == [1, 2, 3, 4]
    write_pending(path, fsync=False)
    assert_complete_and_right(path, whole)


def test_a_process_killed_at_any_moment_leaves_only_right_runs(path, whole):
    """Whatever it does at that moment; on some machines it may even have ended by itself."""
    generator = random.Random(0)
    counts = [0]
    for _ in range(5):
        process = begin(write_pending, path)
        wait_for(written_by(process, path))
        time.sleep(generator.random() * 0.03)
        process.kill()
        process.join()
        assert process.exitcode in (-9, 0)
        counts.append(assert_done_runs_are_right(path, whole))
    assert counts == sorted(counts)
    write_pending(path, fsync=False)
    assert_complete_and_right(path, whole)


def times(path):
    """When each chunk file was written."""
    return {file: file.stat().st_mtime_ns for file in chunk_files(path)}


def written_by(process, path):
    """A condition: another chunk file has been written since now, or the process has ended."""
    before = times(path)
    return lambda: times(path) != before or process.exitcode is not None


class Commands:
    """Processes that train the shards of one study.

    Parameters
    ----------
    start : fixture
    path : pathlib.Path
        The cube.
    arguments : list of str
        The study, as flags of train-holdout.
    shards : int
    """

    def __init__(self, start, path, arguments, shards):
        self.start = start
        self.arguments = ["--out", path, *arguments]
        self.shards = shards
        self.processes = {}

    def start_missing(self):
        """Start those that have not been started yet or have ended."""
        for number in range(1, self.shards + 1):
            process = self.processes.get(number)
            if process is None or process.returncode is not None:
                shard = ["--shard", f"{number}/{self.shards}"]
                process = self.start("train-holdout", *self.arguments, *shard)
                self.processes[number] = process

    def kill(self, number):
        """Kill one; returns whether it was still running."""
        process = self.processes[number]
        process.kill()
        process.wait()
        assert process.returncode in (-9, 0), process.communicate()
        return process.returncode == -9

    def kill_all(self):
        for number in self.processes:
            self.kill(number)


def kill_and_resume(command, start, tmp_path, kills, arguments, shards=1):
    """Kill one of the processes at a random moment, `kills` times, each time starting it again.

    If one has ended before it was killed, all begin again with a new cube. In the end, the cube
    must be that of one process without interruption.
    """
    whole = tmp_path / "whole.zarr"
    path = tmp_path / "killed.zarr"
    command("train-holdout", "--out", whole, *arguments)
    generator = random.Random(0)
    commands = Commands(start, path, arguments, shards)
    killed = 0
    while killed < kills:
        commands.start_missing()
        number = generator.randint(1, shards)
        wait_for(more_chunks(commands.processes[number], path))
        time.sleep(generator.random() * 0.3)
        was_running = commands.kill(number)
        killed += was_running
        if path.exists():
            assert_done_runs_are_right(path, whole)
        if not was_running:
            commands.kill_all()
            shutil.rmtree(path)
    commands.kill_all()
    command("train-holdout", "--out", path, *arguments)
    assert_complete_and_right(path, whole)


def more_chunks(process, path):
    """A condition: the cube has more chunk files than now, or the process has ended."""
    before = len(chunk_files(path))
    return lambda: len(chunk_files(path)) > before or process.returncode is not None


@pytest.mark.slow
def test_kills_at_random_moments(command, start, blobs_npz, tmp_path):
    study = "--ratios 0.3 0.7 --runs 16 --runs-per-chunk 2 --lanes 2 --hidden 64 --epochs 15"
    arguments = ["--dataset", blobs_npz, *shlex.split(study)]
    kill_and_resume(command, start, tmp_path, 5, arguments)


@pytest.mark.slow
def test_a_hundred_kills_of_a_digits_study(command, start, tmp_path):
    study = shlex.split("--runs 300 --runs-per-chunk 3 --lanes 3")  # 900 pieces
    kill_and_resume(command, start, tmp_path, 100, study)


@pytest.mark.slow
def test_thirty_kills_of_two_shards(command, start, tmp_path):
    # 180 pieces that take long.
    study = shlex.split("--runs 60 --runs-per-chunk 3 --lanes 3 --epochs 100")
    kill_and_resume(command, start, tmp_path, 30, study, shards=2)
