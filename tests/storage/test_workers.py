"""Several processes on one store: as threads, as records left behind, and as real processes."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cscore_data.errors import StoreError
from cscore_data.storage import workers
from cscore_data.storage.folder import folder
from cscore_data.storage.local import LocalFolder
from cscore_data.storage.workers import Worker, preparing
from processes import wait_for

#: A process that takes a piece and dies.
TAKE_AND_DIE = """
import os, sys
from cscore_data.storage.folder import folder
from cscore_data.storage.workers import Worker
with Worker(folder(sys.argv[1])) as worker:
    worker.take("0-0")
    os._exit(9)
"""


class FakeTime:
    """Stands in for the module `time`: time passes only in `sleep`, or when a test sets `now`."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cube.zarr"


@pytest.fixture
def fake_time(monkeypatch):
    """The time by which workers watch each other's records."""
    fake = FakeTime()
    monkeypatch.setattr(workers, "time", fake)
    return fake


def leave_record(path, token="t", beat=0, **fields):
    """A record of a process on another machine, where it may have died."""
    folder_of_records = path.parent / f".{path.name}.writers"
    folder_of_records.mkdir(exist_ok=True)
    record = {
        "token": token,
        "task": "filling",
        "pieces": ["0-0"],
        "process": 1,
        "machine": "another",
        "started": "",
        "beat": beat,
    }
    (folder_of_records / token).write_text(json.dumps(record | fields))
    return folder_of_records / token


def records(path):
    """The files of all records; not those that are being written."""
    return list((path.parent / f".{path.name}.writers").glob("[!.]*"))


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


def test_only_one_prepares_at_a_time(path):
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


def test_filling_waits_until_nobody_prepares(path):
    prepared = threading.Event()

    def fill():
        with Worker(folder(path)):
            return prepared.is_set()

    with ThreadPoolExecutor(1) as pool:
        with preparing(folder(path)):
            waited = pool.submit(fill)
            wait_for(lambda: len(records(path)) == 2)
            time.sleep(0.05)  # enough for a worker that does not wait to be too early
            prepared.set()
        assert waited.result()


def test_preparing_alone_is_refused_while_another_fills(path):
    with Worker(folder(path)):
        with preparing(folder(path)):  # as for adding runs
            pass
        refused = pytest.raises(StoreError, match=r"process \d+ on .* is filling it")
        with refused, preparing(folder(path), alone=True):
            pass


def test_a_worker_rewrites_its_record_as_long_as_it_lives(path, monkeypatch):
    monkeypatch.setattr(workers, "HEARTBEAT", 0.01)
    with Worker(folder(path)):
        (record,) = records(path)
        for _ in range(2):
            before = record.read_bytes()
            wait_for(lambda before=before: record.read_bytes() != before)
    assert entries(path) == []


def test_a_record_from_another_machine_without_heartbeats_expires(path, fake_time):
    leave_record(path, task="filling")
    leave_record(path, "u", task="preparing")
    with Worker(folder(path)) as worker:
        assert fake_time.now >= workers.SILENCE  # until then it might have been preparing
        assert worker.take("0-0")
    assert entries(path) == []


def test_a_record_from_another_machine_with_heartbeats_is_respected(path, fake_time):
    with Worker(folder(path)) as worker:
        for beat in range(5):
            leave_record(path, beat=beat)
            assert not worker.take("0-0")
            fake_time.now += 0.9 * workers.SILENCE
        fake_time.now += workers.SILENCE
        assert worker.take("0-0")


def test_records_are_watched_without_the_wall_clock(path, fake_time, clock):
    """A record expires neither early nor late while the wall clock jumps by hours."""
    leave_record(path)
    with Worker(folder(path)) as worker:
        for hours in (-7, 7, -24):
            clock.hours = hours
            assert not worker.take("0-0")
        fake_time.now += workers.SILENCE
        assert worker.take("0-0")


def test_a_process_that_is_gone_is_not_waited_for(path):
    assert subprocess.run([sys.executable, "-c", TAKE_AND_DIE, path]).returncode == 9
    (record,) = records(path)
    assert json.loads(record.read_text())["pieces"] == ["0-0"]
    with Worker(folder(path)) as worker:
        assert worker.take("0-0")
    with preparing(folder(path), alone=True):
        pass
    assert entries(path) == []


def test_a_dead_process_on_another_machine_does_not_stop_who_wants_to_be_alone(path, fake_time):
    leave_record(path)
    with preparing(folder(path), alone=True):
        assert fake_time.now >= workers.SILENCE
    assert entries(path) == []


def test_a_live_process_on_another_machine_stops_who_wants_to_be_alone(path, fake_time):
    leave_record(path)
    sleep = fake_time.sleep

    def beat(seconds):
        sleep(seconds)
        leave_record(path, beat=int(fake_time.now // workers.HEARTBEAT))

    fake_time.sleep = beat
    refused = pytest.raises(StoreError, match="process 1 on another is filling it")
    with refused, preparing(folder(path), alone=True):
        pass
    assert workers.HEARTBEAT <= fake_time.now < workers.SILENCE


@pytest.mark.parametrize("task", ["preparing", "filling"])
def test_who_is_waited_for_is_said(path, fake_time, caplog, task):
    leave_record(path, task=task)
    with preparing(folder(path), alone=True):
        pass
    (line,) = caplog.messages
    assert "process 1 on another" in line


@pytest.mark.slow
def test_sixteen_that_prepare_at_once_get_their_turn_on_a_slow_server(path, monkeypatch):
    """Each sees all others at first; those that step back must not come back all the time."""
    write = LocalFolder.write

    def write_slowly(self, *arguments, **options):
        time.sleep(0.01)
        write(self, *arguments, **options)

    monkeypatch.setattr(LocalFolder, "write", write_slowly)
    turns = []

    def prepare(number):
        with preparing(folder(path)):
            turns.append(number)
            time.sleep(0.01)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(prepare, range(16)))
    assert sorted(turns) == list(range(16))
    assert entries(path) == []


def test_a_folder_among_the_records_is_left_alone(path):
    (path.parent / f".{path.name}.writers" / "folder").mkdir(parents=True)
    with Worker(folder(path)) as worker:
        assert worker.take("0-0")


def test_processes_that_come_by_a_link_and_by_the_path_itself_share_their_records(path, tmp_path):
    path.mkdir()
    (tmp_path / "link.zarr").symlink_to(path)
    with Worker(folder(path)) as first, Worker(folder(tmp_path / "link.zarr")) as second:
        assert first.take("0-0")
        assert not second.take("0-0")


def test_records_are_in_the_store_where_nothing_can_be_beside_it(path, monkeypatch):
    path.mkdir()
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != path.parent)
    with Worker(folder(path)) as first, Worker(folder(path)) as second:
        assert first.take("0-0")
        assert not second.take("0-0")
        assert [entry.name for entry in path.iterdir()] == [".writers"]
    assert list(path.iterdir()) == []


def test_files_that_are_not_records_are_left_alone(path):
    stray = leave_record(path, "stray")
    for content in (b"", b"{}", b"\xff", b"[1, 2]", b'{"token": "stray"}'):
        stray.write_bytes(content)
        with Worker(folder(path)) as worker:
            assert worker.take("0-0")
        assert stray.read_bytes() == content


@pytest.mark.parametrize("place", ["broken/cube.zarr", "/proc/cube.zarr", "file/cube.zarr"])
def test_a_place_that_cannot_be_written_is_an_error_at_once(tmp_path, place):
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), preparing(folder(tmp_path / place)):
        pass


def test_a_bucket_is_not_a_store():
    pytest.importorskip("s3fs")
    with pytest.raises(StoreError, match="a bucket itself cannot be a store"):
        Worker(folder("s3://bucket"))
