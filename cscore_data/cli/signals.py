"""What SIGINT and SIGTERM do to a command: one unwinds it, more of them never show a traceback."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM was received."""


@contextmanager
def unwinding_signals(program: str, *, to_the_end: bool) -> Iterator[None]:
    """Let the first signal unwind the program, so that it leaves nothing half-done.

    SIGTERM raises `Terminated`, and SIGINT `KeyboardInterrupt`, as it does anyway. While the
    program cleans up, a second one only says so, as it would break off just that; a third ends the
    process at once, which loses no more than a crash.

    Parameters
    ----------
    program : str
        Its name, for messages.
    to_the_end : bool
        After a signal this lasts to the end of the process, as the interpreter cleans up as well.
    """
    # Only the main thread may set signal handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received = 0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal received
        received += 1
        if received == 1:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        if received > 2:
            os._exit(128 + number)
        # Not by print, which may have been interrupted itself.
        with suppress(OSError):
            line = f"\n{program}: still cleaning up; a third signal ends it at once\n"
            os.write(2, line.encode(errors="backslashreplace"))

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, stop)}
    # A shell has background jobs ignore SIGINT.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        before[signal.SIGINT] = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        if not (received and to_the_end):
            for number, handler in before.items():
                signal.signal(number, handler)
