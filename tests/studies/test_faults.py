"""What goes wrong around a study.

Full and read-only disks, a cube that vanishes, clocks that jump, a device without memory.
"""

import os
import shutil
import subprocess
import time

import pytest
import xarray as xr

from cscore_data.cli import train_holdout
from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.storage import local
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.folder import folder
from cscore_data.storage.verify import verify_pieces
from cscore_data.storage.workers import preparing
from cscore_data.storage.writer import CubeWriter
from cscore_data.studies import trainer
from cscore_data.studies.estimate import estimate_seconds
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import planned_pieces
from cscore_data.training.trainer import Trainer
from processes import FAST
from small_studies import make_study, run_study
from stored_cubes import assert_same_cube, contents

NO_MEMORY = "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 123 bytes."

#: The same on a CPU.
NO_MEMORY_ON_CPU = "INTERNAL: Error dispatching computation: Out of memory allocating 123 bytes."


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def train(blobs_npz):
    """Train the study on the blobs into the cube at `path`; returns the exit code."""

    def train(path):
        return train_holdout.main(["--dataset", str(blobs_npz), *FAST, "--out", str(path)])

    return train


@pytest.fixture
def whole(train, tmp_path):
    """The cube of one session without faults."""
    assert train(tmp_path / "whole.zarr") == 0
    return tmp_path / "whole.zarr"


def test_a_full_disk_at_any_moment(train, whole, small_disk, capsys):
    ballast = small_disk / "ballast"
    cube = small_disk / "cube.zarr"
    missing = []
    code = 2
    kilobytes = 8
    while code == 2:
        # More and more until the cube can be created, then enough for a piece, or not quite.
        if cube.exists():
            kilobytes = 20 + 4 * (len(missing) % 6)
        else:
            kilobytes += 16
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - kilobytes * 1024))
        capsys.readouterr()
        code = train(cube)
        error = capsys.readouterr().err
        assert (code, len(error.splitlines())) in ((0, 0), (2, 1))
        assert code == 0 or "No space left on device" in error
        if cube.exists():
            missing.append(len(Cube.open(cube).pieces()))
        ballast.unlink()
        assert len(missing) < 50
    assert len(set(missing)) > 2  # it was full at different pieces
    assert missing == sorted(missing, reverse=True)
    assert train(cube) == 0
    assert_same_cube(cube, whole)
    assert [entry.name for entry in small_disk.iterdir()] == ["cube.zarr"]


def test_a_read_only_disk(train, whole, small_disk, capsys):
    shutil.copytree(whole, small_disk / "complete.zarr")
    template = xr.open_zarr(whole)
    coordinates = template.coords.to_dataset().load()
    create_cube(small_disk / "new.zarr", template.assign_coords(coordinates))
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    before = contents(small_disk)
    assert train(small_disk / "complete.zarr") == 0
    assert "it was complete already" in capsys.readouterr().out
    for name in ("new.zarr", "other.zarr"):
        assert train(small_disk / name) == 2
        assert "cannot be written (Read-only file system)" in capsys.readouterr().err
    assert contents(small_disk) == before


def test_a_cube_that_vanishes_while_it_is_written(blobs, tmp_path):
    whole = run_study(make_study(blobs, tmp_path / "whole.zarr"))
    study = make_study(blobs, tmp_path / "cube.zarr")
    steps = iter(range(100))

    def vanish(*_):
        if next(steps) == 5:
            study.path.rename(tmp_path / "rubbish")

    with pytest.raises(StoreError, match="was removed while it was being written"):
        run_study(study, on_progress=vanish)
    # What was being written at that moment may have been written later.
    shutil.rmtree(study.path, ignore_errors=True)
    xr.testing.assert_equal(run_study(study), whole)


def test_abandoned_files_are_deleted_and_those_being_written_are_not(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr")
    run_study(make_study(blobs, study.path, runs=4))
    old = study.path / "correct" / "old.partial"
    future = study.path / "correct" / "future.partial"
    new = study.path / "correct" / "new.partial"
    for file in (old, future, new):
        file.touch()
    os.utime(old, (0, 0))
    os.utime(future, (2**32, 2**32))  # the clock has been set back since
    monkeypatch.setattr(local, "WATCH", 0.1)
    run_study(study)
    assert new.exists()
    assert not old.exists()
    assert not future.exists()


@pytest.mark.parametrize("hours", [-5, 5])
def test_files_being_written_survive_a_clock_that_is_hours_off(clock, hours, tmp_path, monkeypatch):
    """Other processes complete their files while this one looks for abandoned ones."""
    abandoned = tmp_path / "abandoned.partial"
    slow = tmp_path / "slow.partial"
    quick = tmp_path / "quick.partial"
    wall_clock = time.time

    def sleep_and_complete_slow(seconds):
        slow.rename(tmp_path / "slow")

    def complete_quick_and_look_at_clock():
        if quick.exists():
            quick.rename(tmp_path / "quick")
        return wall_clock()

    # The quick file is complete between the listing of the files and the look at their ages, the
    # slow one while the files are watched.
    monkeypatch.setattr(time, "sleep", sleep_and_complete_slow)
    monkeypatch.setattr(time, "time", complete_quick_and_look_at_clock)
    clock.hours = hours
    for file in (abandoned, slow, quick):
        file.write_text("content")
    assert folder(tmp_path).sweep() == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["quick", "slow"]


def test_a_clock_that_is_set_back_during_a_study(train, whole, clock, tmp_path, monkeypatch):
    cube = tmp_path / "cube.zarr"
    hours = iter([0, -5, -10, 3, -24, 0])  # one for each piece
    write = CubeWriter.write

    def jump_and_write(self, *arguments):
        clock.hours = next(hours)
        refused = pytest.raises(StoreError, match=f"process {os.getpid()} on .* is filling it")
        with refused, preparing(folder(cube), alone=True):
            pass
        with preparing(folder(cube)):
            assert folder(cube).sweep() == 0
        write(self, *arguments)
        if clock.hours == -10:
            raise StoreError("the first session ends")

    monkeypatch.setattr(CubeWriter, "write", jump_and_write)
    assert train(cube) == 2
    assert len(Cube.open(cube).pieces()) == 3
    assert train(cube) == 0
    assert next(hours, None) is None
    assert_same_cube(cube, whole)
    # Lines of history are in the order of the sessions, with the time that the clock showed.
    first, second = open_cube(cube).attrs["history"].splitlines()
    assert second.split()[0] < first.split()[0]
    assert not any(verdict.faults for verdict in verify_pieces(Cube.open(cube)))
    assert not (tmp_path / ".cube.zarr.writers").exists()


def test_every_file_is_on_the_disk_before_the_ledger_names_it(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=2)
    events = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(handle):
        events.append(("fsync", os.readlink(f"/proc/self/fd/{handle}")))
        fsync(handle)

    def note_replace(old, new):
        events.append(("replace", str(new)))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    run_study(study)
    written = []
    for index, (event, file) in enumerate(events):
        inside = file.removeprefix(f"{study.path}/")
        if event != "replace" or inside == file or "/c/" not in file:
            continue
        written.append(inside.split("/")[0])
        directory, name = os.path.split(file)
        before, after = events[index - 1], events[index + 1]
        # The content is on the disk before the file has its name.
        assert before[0] == "fsync"
        assert os.path.dirname(before[1]) == directory
        assert name in os.path.basename(before[1])
        # The name is on the disk before anything else happens.
        assert after == ("fsync", directory)
    assert written == ["correct", "held_out", "margin", "prediction", "digest", "done"] * 2
    events.clear()
    train_pending(make_study(blobs, study.path, runs=2), Cube.open(study.path), fsync=False)
    assert events == []


@pytest.mark.parametrize("message", [NO_MEMORY, NO_MEMORY_ON_CPU])
def test_out_of_memory_on_the_device_halves_the_lanes(
    message, blobs, tmp_path, monkeypatch, caplog
):
    keywords = {"runs": 8, "runs_per_chunk": 8, "lanes": 8}
    whole = run_study(make_study(blobs, tmp_path / "whole.zarr", **keywords))
    train = Trainer.train
    tried = []

    def train_if_it_fits(self, *arguments, **more):
        tried.append(self.lanes)
        if self.lanes > limit:
            raise RuntimeError(message)
        return train(self, *arguments, **more)

    monkeypatch.setattr(Trainer, "train", train_if_it_fits)
    limit = 2
    xr.testing.assert_equal(run_study(make_study(blobs, tmp_path / "cube.zarr", **keywords)), whole)
    assert tried == [8, 4, 2, 2]
    assert "4 models at once from now on, not 8" in caplog.text
    limit = 0
    with pytest.raises(InvalidInputError, match="out of memory with 1 models"):
        run_study(make_study(blobs, tmp_path / "none.zarr", **keywords))


def test_out_of_memory_in_a_dry_run_halves_the_lanes(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=8, runs_per_chunk=8, lanes=8)
    measure = Trainer.seconds_per_step

    def measure_if_it_fits(self, *arrays):
        if self.lanes > 2:
            raise RuntimeError(NO_MEMORY)
        return measure(self, *arrays)

    monkeypatch.setattr(Trainer, "seconds_per_step", measure_if_it_fits)
    assert estimate_seconds(study, *planned_pieces(study)) > 0


def test_out_of_memory_with_the_images_alone_is_an_error(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr")

    def no_room(*_, **__):
        raise RuntimeError(NO_MEMORY)

    monkeypatch.setattr(trainer, "Trainer", no_room)
    with pytest.raises(InvalidInputError, match=f"out of memory with the {len(blobs)} images of"):
        estimate_seconds(study, *planned_pieces(study))


def test_other_errors_of_the_device_are_not_taken_for_lack_of_memory(blobs, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("INTERNAL: the device is on fire")

    monkeypatch.setattr(Trainer, "train", broken)
    with pytest.raises(RuntimeError, match="on fire"):
        run_study(make_study(blobs, tmp_path / "cube.zarr"))


def test_plain_xarray_checks_the_checksums_of_chunks(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    run_study(study)
    chunk = study.path / "correct" / "c" / "0" / "0" / "0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(ValueError, match="checksum"):
        xr.open_zarr(study.path)["correct"].load()
