"""What goes wrong around a study: full and read-only disks, a store that vanishes, a device without memory."""

import os
import shutil
import subprocess
import time

import numpy as np
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
from processes import FAST, assert_same_cube
from small_studies import make_study, run_study


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("file systems cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def whole(blobs_npz, tmp_path, monkeypatch):
    """The cube of one session without faults; the same elsewhere is ``train(path)``, which gives the exit code."""

    def train(path):
        return train_holdout.main(["--dataset", str(blobs_npz), *FAST, "--out", str(path)])

    assert train(tmp_path / "whole.zarr") == 0
    return train, tmp_path / "whole.zarr"


def files(root):
    return {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_a_full_disk_at_any_moment(whole, small_disk, capsys):
    train, expected = whole
    ballast, cube = small_disk / "ballast", small_disk / "cube.zarr"
    missing, code, free = [], 2, 8
    while code == 2:
        # Kilobytes: more and more until it can be made, then enough for a piece, or not quite.
        free = 20 + 4 * (len(missing) % 6) if cube.exists() else free + 16
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - free * 1024))
        capsys.readouterr()
        code, error = train(cube), capsys.readouterr().err
        assert (code, len(error.splitlines())) in ((0, 0), (2, 1))
        assert code == 0 or "No space left on device" in error
        if cube.exists():
            missing.append(len(Cube.open(cube).pieces()))
        ballast.unlink()
        assert len(missing) < 50
    assert len(set(missing)) > 2  # it filled up at different pieces
    assert missing == sorted(missing, reverse=True)
    assert train(cube) == 0
    assert_same_cube(cube, expected)
    assert [entry.name for entry in small_disk.iterdir()] == ["cube.zarr"]


def test_a_read_only_disk(whole, small_disk, capsys):
    train, expected = whole
    shutil.copytree(expected, small_disk / "complete.zarr")
    create_cube(small_disk / "new.zarr", xr.open_zarr(expected)[[]].assign(xr.open_zarr(expected)))
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    before = files(small_disk)
    assert train(small_disk / "complete.zarr") == 0
    assert "it was complete already" in capsys.readouterr().out
    for name in ("new.zarr", "other.zarr"):
        assert train(small_disk / name) == 2
        assert "cannot be written (Read-only file system)" in capsys.readouterr().err
    assert files(small_disk) == before


def test_a_store_that_vanishes_under_its_writer(blobs, tmp_path):
    whole = run_study(make_study(blobs, tmp_path / "whole.zarr"))
    study = make_study(blobs, tmp_path / "cube.zarr")
    steps = iter(range(100))

    def vanish(*_):
        if next(steps) == 5:
            study.path.rename(tmp_path / "rubbish")

    with pytest.raises(StoreError, match="was removed while it was being written"):
        run_study(study, on_progress=vanish)
    shutil.rmtree(
        study.path, ignore_errors=True
    )  # what was in writing at that moment may have come after
    xr.testing.assert_equal(run_study(study), whole)


def test_orphans_are_swept_and_files_in_writing_are_not(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr")
    run_study(make_study(blobs, study.path, runs=4))
    old, future, new = (
        study.path / "correct" / f"{name}.partial" for name in ("old", "future", "new")
    )
    for file in (old, future, new):
        file.touch()
    os.utime(old, (0, 0))
    os.utime(future, (2**32, 2**32))  # the clock was set back since
    monkeypatch.setattr(local, "WATCH", 0.1)
    run_study(study)
    assert new.exists()
    assert not old.exists()
    assert not future.exists()


def test_files_in_writing_are_not_swept_by_a_clock_that_is_hours_off(clock, tmp_path, monkeypatch):
    """Other processes complete their files while this one, whose clock is another, looks for orphans."""
    orphan, partial, quick = (tmp_path / f"{name}.partial" for name in ("orphan", "slow", "quick"))
    sleep, now = time.sleep, time.time
    monkeypatch.setattr(local, "WATCH", 0.1)
    monkeypatch.setattr(
        time,
        "sleep",
        lambda seconds: (partial.exists() and partial.rename(tmp_path / "slow"), sleep(0)),
    )
    # Between the listing of the files and the look at their ages.
    monkeypatch.setattr(
        time, "time", lambda: (quick.exists() and quick.rename(tmp_path / "quick"), now())[1]
    )
    for hours in (-5, 5):
        clock.hours = hours
        for file in (orphan, partial, quick):
            file.write_text("content")
        assert folder(tmp_path).sweep() == 1
        assert sorted(file.name for file in tmp_path.iterdir()) == ["quick", "slow"]


def test_a_clock_that_is_set_back_in_the_middle_of_a_study(whole, clock, tmp_path, monkeypatch):
    train, expected = whole
    cube, hours = tmp_path / "cube.zarr", iter([0, -5, -10, 3, -24, 0])
    write = CubeWriter.write

    def jump_and_write(self, *arguments):
        clock.hours = next(hours)
        with (
            pytest.raises(StoreError, match=f"process {os.getpid()} on .* is filling it"),
            preparing(folder(cube), alone=True),
        ):
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
    assert_same_cube(cube, expected)
    first, second = (line.split()[0] for line in open_cube(cube).attrs["history"].splitlines())
    assert second < first  # the clock as it was; the order of the lines is that of the sessions
    assert not any(verdict.faults for verdict in verify_pieces(Cube.open(cube)))
    assert not (tmp_path / ".cube.zarr.writers").exists()


def test_every_file_is_on_the_disk_before_the_ledger_names_it(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=2)
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os,
        "fsync",
        lambda handle: (events.append(os.readlink(f"/proc/self/fd/{handle}")), fsync(handle)),
    )
    monkeypatch.setattr(
        os, "replace", lambda old, new: (events.append(f"-> {new}"), replace(old, new))
    )
    run_study(study)
    chunks = [
        index
        for index, event in enumerate(events)
        if event.startswith(f"-> {study.path}/") and "/c/" in event
    ]
    for index in chunks:
        file = events[index].removeprefix("-> ")
        directory, name = os.path.split(file)
        assert os.path.split(events[index - 1])[0] == directory  # the content before the name
        assert name in events[index - 1]
        assert events[index + 1] == directory  # the name before anything else
    written = [events[index].split("/c/")[0].rpartition("/")[2] for index in chunks]
    assert written == ["correct", "held_out", "digest", "done"] * 2
    events.clear()
    train_pending(make_study(blobs, study.path, runs=2), Cube.open(study.path), fsync=False)
    assert events == []


def test_out_of_memory_on_the_device_halves_the_lanes(blobs, tmp_path, monkeypatch, caplog):
    keywords = {"runs": 8, "runs_per_chunk": 8, "lanes": 8}
    whole = run_study(make_study(blobs, tmp_path / "whole.zarr", **keywords))
    train, tried = Trainer.train, []

    def train_if_it_fits(self, *arguments, **more):
        tried.append(self.lanes)
        if self.lanes > limit:
            raise RuntimeError(
                "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 123 bytes."
            )
        return train(self, *arguments, **more)

    monkeypatch.setattr(Trainer, "train", train_if_it_fits)
    limit = 2
    xr.testing.assert_equal(run_study(make_study(blobs, tmp_path / "cube.zarr", **keywords)), whole)
    assert tried == [8, 4, 2, 2]
    assert "4 models at once from now on, not 8" in caplog.text
    limit = 0
    with pytest.raises(InvalidInputError, match="out of memory with 1 models"):
        run_study(make_study(blobs, tmp_path / "none.zarr", **keywords))


def test_out_of_memory_in_a_dry_run_and_with_the_images_alone(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=8, runs_per_chunk=8, lanes=8)
    measure = Trainer.seconds_per_step

    def no_room(*_, **__):
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 123 bytes.")

    monkeypatch.setattr(
        Trainer,
        "seconds_per_step",
        lambda self, *arrays: (no_room if self.lanes > 2 else measure)(self, *arrays),
    )
    assert estimate_seconds(study, *planned_pieces(study)) > 0
    monkeypatch.setattr(trainer, "Trainer", no_room)
    with pytest.raises(InvalidInputError, match=f"out of memory with the {len(blobs)} images of"):
        estimate_seconds(study, *planned_pieces(study))


def test_other_errors_of_the_device_are_not_taken_for_it(blobs, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("INTERNAL: the device is on fire")

    monkeypatch.setattr(Trainer, "train", broken)
    with pytest.raises(RuntimeError, match="on fire"):
        run_study(make_study(blobs, tmp_path / "cube.zarr"))


def test_the_checksum_of_chunks_is_read_by_everybody(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    run_study(study)
    chunk = study.path / "correct" / "c" / "0" / "0" / "0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(ValueError, match="checksum"):
        np.asarray(xr.open_zarr(study.path)["correct"])
    assert folder(study.path).exists()
