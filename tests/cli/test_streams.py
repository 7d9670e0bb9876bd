"""Standard output and error that are closed, full, of another encoding, or read by nobody."""

import io
import os
import sys
from dataclasses import dataclass

import pytest

from cscore_data.cli import streams
from cscore_data.cli.run import run


@dataclass
class Flags:
    """A command without flags."""


def text_stream(descriptor, encoding="utf-8"):
    """A text stream to a descriptor, which it closes at its end."""
    return io.TextIOWrapper(os.fdopen(descriptor, "wb"), encoding=encoding)


@pytest.fixture
def read_back(tmp_path):
    """``read_back(encoding, text)``: what a stream of this encoding shows of a text."""

    def read_back(encoding, text):
        path = tmp_path / "out"
        with path.open("w", encoding=encoding) as file:
            stream = streams.SafeStream(file, controls="\n")
            stream.write(text)
            stream.flush()
        return path.read_bytes()

    return read_back


@pytest.mark.parametrize(
    ("encoding", "text", "shown"),
    [
        ("ascii", "é.zarr\n", b"\\xe9.zarr\n"),
        ("latin-1", "é and 猫", b"\xe9 and \\u732b"),
        ("utf-8", "a name in bytes: \udcff", b"a name in bytes: \\udcff"),
        ("utf-8", "a title \x1b]0;mine\x07 and \x9b2J", b"a title \\x1b]0;mine\\x07 and \\x9b2J"),
        ("utf-8", "turned \u202eround", b"turned \\u202eround"),
    ],
)
def test_what_cannot_be_shown_is_escaped(read_back, encoding, text, shown):
    assert read_back(encoding, text) == shown


def test_there_may_be_no_stream_at_all(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with streams.safe_streams() as out:
        print("to nobody")
        print("to nobody", file=sys.stderr)
    assert out.failure is None
    assert sys.stdout is None


def test_a_reader_that_has_gone_away_is_no_failure(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with text_stream(writing) as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with streams.safe_streams() as out:
            print("nobody reads this")
            sys.stdout.flush()
            print("nor this")
        assert out.failure is None


def report(flags, invocation):
    print("all of the report")


@pytest.mark.parametrize(("target", "code"), [("/dev/full", 2), ("/dev/null", 0)])
def test_a_report_that_cannot_be_written_is_a_failure_after_the_work(
    monkeypatch, capsys, target, code
):
    if not os.path.exists(target):
        pytest.skip(f"there is no {target}")
    with text_stream(os.open(target, os.O_WRONLY)) as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert run("a-command", Flags, report, []) == code
    error = capsys.readouterr().err
    assert ("all was done, but standard output cannot be written (No space left" in error) == bool(
        code
    )
