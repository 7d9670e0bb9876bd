"""Standard output and error that never stop a command: closed, full, or of another encoding."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from cscore_data.cli.output import printable

#: Descriptors of standard input, output and error.
_STANDARD = (0, 1, 2)


class SafeStream:
    """A stream for people: what it cannot show is escaped, what nobody reads is dropped.

    The work of a command is worth more than its report: a reader that has gone away, or a full
    disk, does not stop it.

    Parameters
    ----------
    stream : text stream or None
        None, as in `sys.stderr` if there is none, drops everything.
    controls : str
        Control characters that pass as they are.

    Attributes
    ----------
    failure : OSError or None
        Why something could not be written; None if its reader went away on purpose.
    """

    def __init__(self, stream: TextIO | None, controls: str):
        self._stream = stream if stream is not None else cast(TextIO, io.StringIO())
        self._controls = controls
        self._is_open = stream is not None
        self.failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text, or drop it."""
        if self._is_open:
            shown = printable(text, self._controls)
            try:
                self._stream.write(shown)
            except UnicodeEncodeError:
                self._stream.write(_encodable(shown, self._stream.encoding))
            except OSError as error:
                self._drop(error)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered, or drop it."""
        if self._is_open:
            try:
                self._stream.flush()
            except OSError as error:
                self._drop(error)

    def _drop(self, error: OSError) -> None:
        """Drop what is buffered and all that follows."""
        self._is_open = False
        if not isinstance(error, BrokenPipeError):
            self.failure = error
        # Python itself writes at its end what is still buffered.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


@contextmanager
def safe_streams() -> Iterator[SafeStream]:
    """Print through a `SafeStream` to standard output, which is yielded, and to standard error."""
    _occupy_standard_descriptors()
    out = SafeStream(sys.stdout, controls="\n\t")
    # A progress bar goes back to the beginning of its line.
    err = SafeStream(sys.stderr, controls="\n\t\r")
    with redirect_stdout(cast(TextIO, out)), redirect_stderr(cast(TextIO, err)):
        try:
            yield out
        finally:
            out.flush()
            err.flush()


def _occupy_standard_descriptors() -> None:
    """Open what is closed of 0, 1 and 2, so that no file of ours gets that number.

    Libraries that print to descriptor 2 would write into it.
    """
    for descriptor in _STANDARD:
        try:
            os.fstat(descriptor)
        except OSError:
            # The system takes the lowest number that is free.
            os.open(os.devnull, os.O_RDWR)


def _encodable(text: str, encoding: str) -> str:
    r"""The text with an escape such as ``\xe9`` for each character that an encoding lacks."""
    return text.encode(encoding, "backslashreplace").decode(encoding)
