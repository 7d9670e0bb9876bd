"""Claims, by threads and by real processes."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cscore_data import claims
from cscore_data.cli import train_holdout
from cscore_data.errors import InvalidInputError, StoreError
from processes import FAST, assert_same_cube, wait_for


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cube.zarr"


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(claims, "_BEAT", 0.1)
    monkeypatch.setattr(claims, "_SILENCE", 1.0)
    monkeypatch.setattr(claims, "_LOOK", 0.01)


def leave_claim(path, name="part-1-of-1", **mark):
    """A claim that nobody looks after any more."""
    folder = path.parent / f".{path.name}.writers"
    folder.mkdir(exist_ok=True)
    mark = {"process": 1, "machine": "elsewhere", "started": "", "token": "t", "beat": 0} | mark
    (folder / name).write_text(json.dumps(mark))
    return folder / name


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/4", "1.0/4"])
def test_parts_that_make_no_sense_are_refused(text):
    with pytest.raises(InvalidInputError, match="expected K/M"):
        claims.parse_shard(text)
    assert claims.parse_shard("3/12") == (3, 12)


@pytest.mark.parametrize("place", ["broken/cube.zarr", "/proc/cube.zarr", "file/cube.zarr"])
def test_where_there_can_be_no_claim_it_is_said_at_once(tmp_path, place):
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), claims.alone(tmp_path / place):
        pass


def test_one_at_a_time(path, quick):
    counter = [0]

    def add(_):
        with claims.alone(path):
            seen = counter[0]
            time.sleep(0.005)
            counter[0] = seen + 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))
    assert counter == [24]
    assert list(path.parent.iterdir()) == []


def test_parts_of_one_division_go_together_others_do_not(path, quick):
    with claims.shard(path, (1, 2)) as check, claims.shard(path, (2, 2)):
        check()
        for part in ((1, 2), (1, 1), (1, 4)):
            with (
                pytest.raises(StoreError, match=f"process {os.getpid()} on .* is writing part"),
                claims.shard(path, part),
            ):
                pass
    with claims.shard(path, (1, 4)):
        pass
    assert list(path.parent.iterdir()) == []


def test_a_claim_from_elsewhere_without_a_sign_of_life_is_void(path, quick):
    leave_claim(path)
    leave_claim(path, "setup")
    began = time.monotonic()
    with claims.shard(path):
        assert time.monotonic() - began > 2
    assert list(path.parent.iterdir()) == []


def test_a_claim_from_elsewhere_that_shows_signs_of_life_is_respected(path, quick):
    leave_claim(path)
    stop = threading.Event()

    def live():
        beat = 0
        while not stop.wait(0.2):
            beat += 1
            leave_claim(path, beat=beat)

    thread = threading.Thread(target=live)
    thread.start()
    with pytest.raises(StoreError, match="process 1 on elsewhere is writing part 1 of 1"), claims.shard(path):
        pass
    stop.set()
    thread.join()


def test_claims_do_not_ask_the_wall_clock(path, quick, clock):
    """It jumps by hours to and fro while a claim is watched: one that lives is respected, one that does not is void."""
    leave_claim(path)
    beats = iter(range(1, 1000))
    stop = threading.Event()

    def jump(*, live):
        while not stop.wait(0.2):
            clock.hours = -7 if clock.hours >= 0 else 7
            if live:
                leave_claim(path, beat=next(beats))

    for live in (True, False):
        stop.clear()
        thread = threading.Thread(target=jump, kwargs={"live": live})
        thread.start()
        began = time.monotonic()
        try:
            with claims.shard(path) as check:
                assert not live
                assert time.monotonic() - began > 1
                check()
        except StoreError:
            assert live
        finally:
            stop.set()
            thread.join()


def test_a_claim_of_a_process_that_is_gone_is_void_at_once(path):
    code = (
        "import sys, os; from cscore_data import claims; claims._Claim(sys.argv[1], 'part-1-of-1').take(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, path]).returncode == 9
    assert (path.parent / ".cube.zarr.writers" / "part-1-of-1").exists()
    leave_claim(path, "setup", machine=claims._machine(), process=os.getpid())  # an earlier process of this number
    began = time.monotonic()
    with claims.shard(path):
        assert time.monotonic() - began < 10


def test_who_lost_a_claim_is_told(path, quick):
    with claims.shard(path) as check:
        check()
        leave_claim(path)
        with pytest.raises(StoreError, match="taken it over"):
            check()
        time.sleep(0.3)
    assert json.loads((path.parent / ".cube.zarr.writers" / "part-1-of-1").read_text())["token"] == "t"


def test_a_second_writer_is_refused_and_a_killed_first_is_not_waited_for(
    start, blobs_npz, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    arguments = ["--dataset", str(blobs_npz), "--out", "cube.zarr", *FAST]
    endless = [*arguments, "--epochs", "1000000"]
    first = start("train-holdout", *endless)
    try:
        wait_for((tmp_path / ".cube.zarr.writers" / "part-1-of-1").exists)
        for more in ([], ["--shard", "1/2"], ["--overwrite"]):
            assert train_holdout.main([*endless, *more]) == 2
            error = capsys.readouterr().err
            assert f"process {first.pid} on" in error
            assert len(error.splitlines()) == 1
    finally:
        first.kill()
        first.communicate()
    assert train_holdout.main([*arguments, "--overwrite"]) == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["blobs.npz", "cube.zarr"]


@pytest.mark.slow
def test_shards_started_at_once_give_the_cube_of_one_process(start, blobs_npz, tmp_path):
    arguments = ["--dataset", str(blobs_npz), *FAST, "--runs"]
    whole, cube = tmp_path / "whole.zarr", tmp_path / "shards.zarr"
    assert train_holdout.main([*arguments, "9", "--out", str(whole)]) == 0
    assert train_holdout.main([*arguments, "4", "--out", str(cube), "--shard", "2/4"]) == 0
    # Processes that all want to make room for more runs.
    shards = [start("train-holdout", *arguments, "9", "--out", cube, "--shard", f"{number}/3") for number in (1, 2, 3)]
    for shard in shards:
        _, error = shard.communicate(timeout=120)
        assert shard.returncode == 0, error
    assert_same_cube(cube, whole)
