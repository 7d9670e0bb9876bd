"""Several processes on one store: by threads, by records left behind, and by real processes."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cscore_data.errors import StoreError
from cscore_data.storage import workers
from cscore_data.storage.folder import folder
from cscore_data.storage.workers import Worker, preparing


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cube.zarr"


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(workers, "HEARTBEAT", 0.1)
    monkeypatch.setattr(workers, "SILENCE", 1.0)


def leave_record(path, token="t", beat=0, **fields):
    """A record of a process on another machine, where it may have died."""
    records = path.parent / f".{path.name}.writers"
    records.mkdir(exist_ok=True)
    record = {
        "token": token,
        "task": "filling",
        "pieces": ["0-0"],
        "process": 1,
        "machine": "elsewhere",
        "started": "",
        "beat": beat,
    }
    (records / token).write_text(json.dumps(record | fields))
    return records / token


def entries(path):
    return list(path.parent.iterdir())


def test_a_piece_has_one_owner(path):
    with Worker(folder(path)) as first, Worker(folder(path)) as second:
        assert first.take("0-0")
        assert not second.take("0-0")
        assert second.take("1-0")
        assert first.taken_by_others() == {"1-0"}
        first.release("0-0")
        assert second.take("0-0")
        assert not first.take("0-0")
        assert first.take("0-0", from_others=True)
    assert entries(path) == []


def test_of_many_that_want_a_piece_at_once_at_most_one_gets_it(path):
    start = threading.Barrier(6)

    def want(_):
        with Worker(folder(path)) as worker:
            start.wait()
            won = worker.take("0-0")
            start.wait()
            return won

    for _ in range(5):
        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(want, range(6))) <= 1


def test_one_prepares_at_a_time(path):
    counter = [0]

    def add(_):
        with preparing(folder(path)):
            seen = counter[0]
            time.sleep(0.005)
            counter[0] = seen + 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(12)))
    assert counter == [12]
    assert entries(path) == []


def test_who_fills_waits_for_who_prepares_and_is_seen_by_who_wants_to_be_alone(path):
    prepared = threading.Event()
    began = threading.Event()

    def fill():
        began.set()
        with Worker(folder(path)):
            assert prepared.is_set()

    with preparing(folder(path)):
        thread = threading.Thread(target=fill)
        thread.start()
        began.wait()
        time.sleep(0.05)
        prepared.set()
    thread.join()
    with Worker(folder(path)):
        with preparing(folder(path)):  # as for adding runs
            pass
        with pytest.raises(StoreError, match=r"process \d+ on .* is filling it"):
            with preparing(folder(path), alone=True):
                pass


def test_a_record_from_elsewhere_without_heartbeats_expires(path, quick):
    leave_record(path, task="filling")
    leave_record(path, "u", task="preparing")
    began = time.monotonic()
    with Worker(folder(path)) as worker:
        assert time.monotonic() - began >= 1  # until then it might have been preparing
        assert worker.take("0-0")
    assert entries(path) == []


def test_a_record_from_elsewhere_with_heartbeats_is_respected(path, quick):
    beats = iter(range(10_000))
    stop = threading.Event()

    def live():
        while not stop.wait(0.1):
            leave_record(path, beat=next(beats))

    leave_record(path)
    thread = threading.Thread(target=live)
    thread.start()
    with Worker(folder(path)) as worker:
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            assert not worker.take("0-0")
            time.sleep(0.1)
    stop.set()
    thread.join()


def test_records_do_not_ask_the_wall_clock(path, quick, clock):
    """It jumps by hours while a record is watched, which expires all the same."""
    leave_record(path)
    with Worker(folder(path)) as worker:
        for hours in (-7, 7, -24):
            clock.hours = hours
            assert not worker.take("0-0")
        deadline = time.monotonic() + 30
        while not worker.take("0-0"):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_process_that_is_gone_is_not_waited_for(path):
    code = (
        "import os, sys; from cscore_data.storage.folder import folder; "
        "from cscore_data.storage.workers import Worker; "
        "worker = Worker(folder(sys.argv[1])).__enter__(); worker.take('0-0'); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, path]).returncode == 9
    (record,) = (path.parent / ".cube.zarr.writers").iterdir()
    assert json.loads(record.read_text())["pieces"] == ["0-0"]
    with Worker(folder(path)) as worker:
        assert worker.take("0-0")
    with preparing(folder(path), alone=True):
        pass
    assert entries(path) == []


def test_what_is_not_a_record_is_left_alone(path):
    stray = leave_record(path, "stray")
    for content in (b"", b"{}", b"\xff", b"[1, 2]", b'{"token": "stray"}'):
        stray.write_bytes(content)
        with Worker(folder(path)) as worker:
            assert worker.take("0-0")
        assert stray.read_bytes() == content


@pytest.mark.parametrize("place", ["broken/cube.zarr", "/proc/cube.zarr", "file/cube.zarr"])
def test_where_nothing_can_be_written_it_is_said_at_once(tmp_path, place):
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), preparing(folder(tmp_path / place)):
        pass


def test_a_bucket_is_not_a_store():
    with pytest.raises(StoreError, match="a bucket itself cannot be a store"):
        Worker(folder("memory://bucket"))
