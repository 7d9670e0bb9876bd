"""Which processes fill a store, and which pieces each of them has taken.

Each process has one small file of its own, its record, in a folder next to the store, and rewrites
it every few seconds. Nobody writes another's record, so the same works on disks, behind URLs, and
on servers that cannot create a file exclusively. Whoever wants something writes so into its own
record first and then reads those of the others: of two that want the same, at least one sees it.

A record is void if its process is gone from this machine, or if it has not changed for a minute by
the clock of whoever looks: clocks of two machines are never compared.
"""

import logging
import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from cscore_data.errors import StoreError
from cscore_data.storage.interface import Folder, store_errors
from cscore_data.storage.records import (
    FILLING,
    PREPARING,
    Record,
    is_running,
    machine,
    own_tokens,
    started,
)

#: Seconds between two heartbeats, and without any before a record is void.
HEARTBEAT = 5.0
SILENCE = 60.0

#: Seconds to wait for others that prepare the store, at most; until that is said; between looks.
_TURN = 300.0
_SAID_AFTER = 10.0
_LOOK = 0.5

log = logging.getLogger(__name__)


class Worker:
    """This process among those that work on one store; a context manager.

    Parameters
    ----------
    store : Folder
    task : str
        `FILLING` or `PREPARING`.
    """

    def __init__(self, store: Folder, task: str = FILLING):
        self._store = store
        self._folder = store.companion("writers")
        self._task = task
        self._token = uuid.uuid4().hex
        self._pieces: list[str] = []
        self._beat = 0
        self._is_withdrawn = False
        # When each record of others was first seen as it is now, by this process's own clock.
        self._seen: dict[str, tuple[bytes, float]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        own_tokens.add(self._token)
        try:
            self._write()
            self._heart.start()
            self._wait_for_preparations()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def take(self, name: str, *, from_others: bool = False) -> bool:
        """Take a piece, by its name; returns whether it is ours.

        Parameters
        ----------
        name : str
            `Piece.name`.
        from_others : bool
            Also if other live processes have taken it, or take it at this moment.
        """
        self._pieces.append(name)
        self._write()
        # Whoever wanted it at the same moment sees this too: both leave it, for another try.
        if not from_others and name in self.taken_by_others():
            self.release(name)
            return False
        return True

    def release(self, name: str) -> None:
        """Give a piece back: it is in the cube, or will not be."""
        self._pieces.remove(name)
        self._write()

    def taken_by_others(self) -> set[str]:
        """Names of the pieces that other live processes have taken."""
        taken: set[str] = set()
        for record in self.others():
            taken.update(record.pieces)
        return taken

    def others(self) -> list[Record]:
        """The records of other live processes; removes those that are void."""
        live = []
        with store_errors(self._store.path, "read"):
            for name in self._folder.names():
                if name == self._token:
                    continue
                record = self._read(name)
                # While it is being written, a record has another name.
                if record is None or record.token == self._token:
                    continue
                if self._is_live(name, record):
                    live.append(record)
                else:
                    self._folder.remove(name)
        return live

    def _read(self, name: str) -> Record | None:
        try:
            content = self._folder.read(name)
            record = Record.from_bytes(content)
        except (FileNotFoundError, IsADirectoryError, ValueError):
            return None  # it has just ended, or it is a file of something else
        if self._seen.get(name, (b"", 0.0))[0] != content:
            self._seen[name] = (content, time.monotonic())
        return record

    def _is_live(self, name: str, record: Record) -> bool:
        known = is_running(record)
        if known is not None:
            return known
        return time.monotonic() - self._seen[name][1] < SILENCE

    def require_alone(self) -> None:
        """Raise `StoreError` if another live process fills the store.

        Whether one on another machine still runs, the next heartbeat shows, or that there is none.
        """
        first: dict[str, bytes] = {}
        waiting = _Waiting()
        while True:
            filling = [record for record in self.others() if record.task == FILLING]
            if not filling:
                return
            for record in filling:
                content = self._seen[record.token][0]
                if is_running(record) or first.setdefault(record.token, content) != content:
                    raise StoreError(
                        f"{self._store.path}: {record} is filling it; wait until that has ended, "
                        "or stop it"
                    )
            waiting.say(f"waiting at most {SILENCE:.0f} s to see whether {filling[0]} still runs")
            time.sleep(_LOOK)

    def _wait_for_preparations(self) -> None:
        """Return when no other process prepares the store.

        Of several that prepare it at once, the one with the first token goes on. The others take
        their records away until none is left, so that those do not keep each other waiting.
        """
        waiting = _Waiting()
        while True:
            preparing = [record for record in self.others() if record.task == PREPARING]
            if not preparing:
                if not self._is_withdrawn:
                    return
                self._return()
                continue
            if waiting.seconds() > _TURN:
                raise StoreError(
                    f"{self._store.path}: {preparing[0]} has been preparing it for "
                    f"{_TURN:.0f} seconds; see what is wrong there, then run the same command again"
                )
            waiting.say(f"waiting for {preparing[0]}, which prepares {self._store.path}")
            is_first = self._token < min(record.token for record in preparing)
            if self._task == PREPARING and not is_first and not self._is_withdrawn:
                self._withdraw()
            time.sleep(random.uniform(0.02, 0.2))

    def _withdraw(self) -> None:
        """Take the record away for a while."""
        with self._lock, store_errors(self._store.path, "written"):
            self._is_withdrawn = True
            self._folder.remove(self._token)

    def _return(self) -> None:
        self._is_withdrawn = False
        self._write()

    def _write(self) -> None:
        with self._lock, store_errors(self._store.path, "written"):
            if self._is_withdrawn:
                return
            record = Record(
                self._token,
                self._task,
                tuple(self._pieces),
                os.getpid(),
                machine(),
                started(os.getpid()),
            )
            self._beat += 1
            content = record.to_bytes(self._beat)
            try:
                self._folder.write(self._token, content, fsync=False)
            except FileNotFoundError:
                # The last of the others has just removed the folder, as it was empty.
                self._folder.write(self._token, content, fsync=False)

    def _live(self) -> None:
        while not self._ended.wait(HEARTBEAT):
            # A full disk, a server that does not answer: the next one may come through.
            with suppress(StoreError):
                self._write()

    def _leave(self) -> None:
        self._ended.set()
        if self._heart.ident is not None:
            self._heart.join()
        # What cannot be removed now expires.
        with suppress(StoreError), store_errors(self._store.path, "written"):
            self._folder.remove(self._token)
            self._folder.remove_if_empty()
        own_tokens.discard(self._token)


@contextmanager
def preparing(store: Folder, *, alone: bool = False) -> Iterator[None]:
    """No other process prepares the store in the meantime; waits until that is so.

    Parameters
    ----------
    store : Folder
    alone : bool
        Raise `StoreError` if a live process fills the store.
    """
    with Worker(store, PREPARING) as worker:
        if alone:
            worker.require_alone()
        yield


class _Waiting:
    """How long something has been waited for; what that is, is said once."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._is_said = False

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        if not self._is_said and self.seconds() > _SAID_AFTER:
            log.warning("%s", text)
            self._is_said = True
