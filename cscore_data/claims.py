"""Who writes to a store: small files beside it, each saying which process fills which share of the pieces.

A claim is a file that only one process can create, on a shared file system and in an object store alike, and that its
process rewrites every few seconds. It is void when its process is gone from this machine, or when whoever wants it has
watched it for a minute, by its own clock, without seeing it change: the clocks of two machines are never compared.
"""

import functools
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cscore_data import places
from cscore_data.errors import InvalidInputError, StoreError

#: Seconds between two signs of life, and without any before a claim is void.
_BEAT, _SILENCE = 5.0, 60.0

#: Seconds between two looks at a claim.
_LOOK = 0.2

Shard = tuple[int, int]

#: All pieces of a cube.
WHOLE: Shard = (1, 1)


def parse_shard(text: str) -> Shard:
    """``K/M``, part K of M: (K, M) with 1 <= K <= M.

    Raises
    ------
    InvalidInputError
        If it is not of that form.
    """
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise InvalidInputError(f"shard: found {text!r}, expected K/M with 1 <= K <= M, such as 1/4")
    return int(number), int(count)


@contextmanager
def alone(path: str | Path) -> Iterator[None]:
    """No other process is in such a block for this store; waits until that is so. For what takes seconds.

    Raises
    ------
    StoreError
        If claims cannot be written there.
    """
    claim, void = _Claim(path, "setup"), False
    while not claim.take(confirm=void):
        void = claim.lives() is False
        if void:
            claim.remove()
        time.sleep(_LOOK)
    with claim.held():
        yield


@contextmanager
def shard(path: str | Path, part: Shard = WHOLE) -> Iterator[Callable[[], None]]:
    """This process alone fills the pieces of `part` of a store; gives a function that raises when that has ended.

    Raises
    ------
    StoreError
        If a living process fills some of them: the same part, or one of a division into another number of parts.
    """
    claim = _Claim(path, "part-{}-of-{}".format(*part))
    with alone(path):
        refuse_writers(path, part)
        if not claim.take():
            raise StoreError(f"{path}: is claimed by {claim.holder()} at this moment; run the same command again")
    with claim.held():
        yield claim.check


def refuse_writers(path: str | Path, part: Shard = WHOLE) -> None:
    """Raise `StoreError` if a living process fills pieces of `part`, remove void ones; to be called `alone`."""
    mine = "part-{}-of-{}".format(*part)
    for name in places.names(_folder(path)):
        if name == mine or (name.startswith("part-") and not name.endswith(f"-of-{part[1]}")):
            other = _Claim(path, name)
            lives = other.lives()
            if lives:
                holder = other.holder() or {}
                raise StoreError(
                    f"{path}: process {holder.get('process')} on {holder.get('machine')} is writing "
                    f"{name.replace('-', ' ')} of it; wait until that has ended, or give every process its own "
                    "--shard K/M of one and the same M"
                )
            if lives is False:
                other.remove()


class _Claim:
    """A file beside a store, which one process holds or wants."""

    def __init__(self, path: str | Path, name: str):
        self._path, self._folder, self._name = path, _folder(path), name
        pid = os.getpid()
        self._mark: dict[str, Any] = {
            "process": pid,
            "machine": _machine(),
            "started": _started(pid),
            "token": uuid.uuid4().hex,
        }

    def take(self, *, confirm: bool = False) -> bool:
        """Create it, if nobody has; `confirm` where others may be removing a void one at this moment."""
        _OWN.add(self._mark["token"])
        with places.errors(self._path, "written"):
            if not places.is_remote(self._path):
                self._make_folder()
            try:
                self._write(0, exclusive=True)
            except FileExistsError:
                return self._is_mine()  # an answer was lost, and the request repeated
            except FileNotFoundError:
                return False  # the folder went with another claim, the last one
        if confirm:
            time.sleep(5 * _LOOK)
        return self._is_mine()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Show signs of life, and give it back at the end."""
        ended = threading.Event()
        thread = threading.Thread(target=self._live, args=(ended,), name=f"claim-{self._name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            with suppress(OSError):
                if self._is_mine():
                    self.remove()
            # Not before it is gone: whoever sees a void claim removes it, by then perhaps that of the next.
            _OWN.discard(self._mark["token"])

    def check(self) -> None:
        """Raise `StoreError` if another process has taken it over."""
        if not self._is_mine():
            raise StoreError(
                f"{self._path}: another process may have taken it over, as this one gave no sign of life for "
                f"{_SILENCE:.0f} seconds or its claim in {self._folder} was removed; run the same command again"
            )

    def holder(self) -> dict[str, Any] | None:
        """What the file says; None if there is none, nothing if it is being written."""
        try:
            return dict(json.loads(places.read(self._folder, self._name)))
        except FileNotFoundError:
            return None
        except ValueError:
            return {}

    def lives(self) -> bool | None:
        """Whether its holder lives, which may take a minute of watching; None if there is no claim."""
        first, began = self.holder(), time.monotonic()
        while True:
            holder = self.holder()
            if holder is None:
                return None
            known = _lives(holder)
            if known is False and self.holder() != holder:
                continue  # it was given back while we asked, and there may be another by now
            if known is not None or holder != first:
                return known is not False
            if time.monotonic() - began > _SILENCE:
                return False
            time.sleep(_LOOK)

    def remove(self) -> None:
        """Remove it, and the folder with the last one."""
        places.remove(self._folder, self._name)
        if not places.is_remote(self._path):
            with suppress(OSError):
                os.rmdir(self._folder)  # fails while other claims are in it

    def _make_folder(self) -> None:
        folder = Path(self._folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            if not folder.parent.is_dir():  # a broken link; else another process removed the folder as we looked
                raise

    def _is_mine(self) -> bool:
        return bool((self.holder() or {}).get("token") == self._mark["token"])

    def _write(self, beat: int, *, exclusive: bool = False) -> None:
        content = json.dumps({**self._mark, "beat": beat}).encode()
        places.write(self._folder, self._name, content, exclusive=exclusive)

    def _live(self, ended: threading.Event) -> None:
        beat = 0
        while not ended.wait(_BEAT):
            beat += 1
            # A full disk, a server that does not answer: the next sign may come through.
            with suppress(Exception):
                if not self._is_mine():
                    return
                self._write(beat)


#: Tokens of this process's own claims: its process number alone may be that of an earlier process.
_OWN: set[str] = set()


def _lives(holder: Mapping[str, Any]) -> bool | None:
    """Whether the process lives; None if that cannot be seen from here."""
    pid = holder.get("process")
    if holder.get("machine") != _machine() or not isinstance(pid, int):
        return None
    if pid == os.getpid():
        return holder.get("token") in _OWN
    if _started(os.getpid()):  # there is a /proc
        return bool(_started(pid) == holder.get("started"))
    return None


def _folder(path: str | Path) -> str:
    parent, slash, name = str(path).rstrip("/").rpartition("/")
    return f"{parent}{slash}.{name}.writers"


@functools.cache
def _machine() -> str:
    """Name of this machine; where process numbers have a scope (containers) or begin anew (boot), that too."""
    marks = [socket.gethostname()]
    with suppress(OSError):
        marks += [Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8], os.readlink("/proc/self/ns/pid")]
    return " ".join(marks)


def _started(pid: int) -> str:
    """When a process started, in the system's own terms; empty if there is none, or it is only waited for."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else fields[18]
