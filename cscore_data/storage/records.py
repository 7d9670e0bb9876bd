"""What a process that works on a store says of itself, and whether that process still runs."""

import functools
import json
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: What a process does: train and write pieces, or prepare the store, which takes seconds.
FILLING = "filling"
PREPARING = "preparing"

#: Tokens of the records of this process.
own_tokens: set[str] = set()


@dataclass(frozen=True)
class Record:
    """What a process says of itself.

    Attributes
    ----------
    token : str
        Its name, unique.
    task : str
        `FILLING` or `PREPARING`.
    pieces : tuple of str
        Names of the pieces that it has taken (`Piece.name`).
    process, machine, started : int, str, str
        Process number, machine, and when the process started, in the system's own terms.
    """

    token: str
    task: str
    pieces: tuple[str, ...]
    process: int
    machine: str
    started: str

    @classmethod
    def from_bytes(cls, content: bytes) -> "Record":
        """Read a record; `ValueError` if it is not one."""
        try:
            document = json.loads(content)
            document.pop("beat")
            return cls(**{**document, "pieces": tuple(document["pieces"])})
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError("not a record") from error

    def to_bytes(self, beat: int) -> bytes:
        """The content of the file; `beat` makes it another at each heartbeat."""
        return json.dumps({**self.__dict__, "beat": beat}).encode()

    def __str__(self) -> str:
        return f"process {self.process} on {self.machine}"


def is_running(record: Record) -> bool | None:
    """Whether the process of a record runs on this machine; None if that cannot be told."""
    if record.machine != machine():
        return None
    if record.process == os.getpid():
        # The number may be that of an earlier process.
        return record.token in own_tokens
    # Without /proc, nothing is known of any process.
    if not started(os.getpid()):
        return None
    return started(record.process) == record.started


@functools.cache
def machine() -> str:
    """Name of this machine, with what makes process numbers unique: boot and container."""
    marks = [socket.gethostname()]
    with suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8])
        marks.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(marks)


def started(pid: int) -> str:
    """When a process started, in the system's terms; empty if it has ended or there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    state, start_time = fields[0], fields[19]
    if state in "ZX":
        return ""
    return start_time
