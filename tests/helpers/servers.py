"""Real servers that tests start on this machine; a test is skipped where a program is missing."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest

from processes import wait_for


def program(name, how):
    """The path of a program; without it the test is skipped, with a word on how to get it."""
    places = [os.path.dirname(sys.executable), os.environ["PATH"], "/usr/sbin"]
    path = shutil.which(name, path=os.pathsep.join(places))
    if path is None:
        pytest.skip(f"{name} is not there; {how}")
    return path


def free_port():
    """A port of this machine that nothing listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(words, log, *, is_ready, environment=()):
    """Run a server until the end of the block, which begins when it is ready."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [str(word) for word in words],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **dict(environment)},
        )
    try:
        wait_for(lambda: is_ready() or process.poll() is not None, seconds=60)
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def answers(port):
    """A condition: something listens at this port."""

    def is_ready():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    return is_ready
