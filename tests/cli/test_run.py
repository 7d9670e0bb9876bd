"""What all commands share."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from cscore_data.cli import COMMANDS
from cscore_data.cli.flags import argument, option
from cscore_data.cli.run import Invocation, run
from cscore_data.errors import InvalidInputError


@dataclass
class Flags:
    """A command for tests."""

    name: str = argument("name", "a name")
    share: float = option(0.5, "50% of it")
    ratios: list[float] = option([0.1, 0.2], "ratios", nargs="+", type=float)  # noqa: RUF009


def run_job(job, *arguments):
    """Run a function as the job of a command."""
    return run("a-command", Flags, job, arguments)


def unexpected(flags, invocation):
    pytest.fail("the job was begun")


def test_the_job_gets_flags_and_command_line():
    seen = []
    assert run_job(lambda *given: seen.extend(given), "me", "--ratios", "0.3") == 0
    flags, invocation = seen
    assert flags == Flags("me", 0.5, [0.3])
    assert invocation.history_line().endswith("Z a-command me --ratios 0.3")


def test_help_has_description_and_defaults_and_begins_no_job(capsys):
    with pytest.raises(SystemExit, match="0"):
        run_job(unexpected, "--help")
    out = capsys.readouterr().out
    assert out.startswith("usage: a-command [-h]")
    assert "A command for tests." in out
    assert "50% of it (default: 0.5)" in out
    assert "ratios (default: 0.1 0.2)" in out


@pytest.mark.parametrize("arguments", [[], ["me", "--shar", "1"], ["me", "--share", "half"]])
def test_a_mistyped_command_line_is_one_line_and_begins_no_job(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        run_job(unexpected, *arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("a-command: error: ")
    assert error.endswith("; a-command --help shows the flags\n")
    assert error.count("\n") == 1


def raising(error):
    def job(flags, invocation):
        raise error

    return job


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InvalidInputError("two\nlines"), 2, "a-command: error: two lines\n"),
        (OSError("disk full"), 2, "a-command: error: disk full\n"),
        (InvalidInputError("a \x1b[31mname"), 2, "a-command: error: a \\x1b[31mname\n"),
        (
            MemoryError("Unable to allocate 8 TiB"),
            2,
            "a-command: error: out of memory (Unable to allocate 8 TiB); use a machine with more "
            "of it, or less data\n",
        ),
        (FileNotFoundError(), 2, "a-command: error: FileNotFoundError\n"),
        (KeyboardInterrupt(), 130, "\na-command: interrupted; nothing was written\n"),
    ],
)
def test_what_the_user_can_fix_and_interruptions(capsys, error, code, message):
    assert run_job(raising(error), "me") == code
    assert capsys.readouterr().err == message


def test_a_long_message_keeps_what_to_do(capsys):
    names = ", ".join(f"pixel{column}" for column in range(5000))
    assert run_job(raising(InvalidInputError(f"found {names}; rename one")), "me") == 2
    error = capsys.readouterr().err
    assert len(error) < 1100
    assert error.startswith("a-command: error: found pixel0, pixel1, ")
    assert error.endswith("pixel4999; rename one\n")


def test_a_defect_is_raised():
    with pytest.raises(ZeroDivisionError):
        run_job(raising(ZeroDivisionError()), "me")


def test_sigterm_ends_the_job_and_its_handler_is_put_back(capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert run_job(lambda *_: os.kill(os.getpid(), signal.SIGTERM), "me") == 143
    assert capsys.readouterr().err == "\na-command: terminated; nothing was written\n"
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_break_off_the_clean_up(number, capfd):
    before = signal.getsignal(number)
    cleaned = []

    def job(flags, invocation):
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)
            cleaned.append("all")

    assert run_job(job, "me") == 128 + number
    assert cleaned == ["all"]
    first, second = capfd.readouterr().err.strip().split("\n\n")
    assert first == "a-command: still cleaning up; a third signal ends it at once"
    assert second.endswith("; nothing was written")
    assert signal.getsignal(number) == before


def test_a_signal_while_an_error_is_explained_is_no_traceback(capsys):
    class Slow(InvalidInputError):
        def __str__(self):
            os.kill(os.getpid(), signal.SIGINT)
            return "too slow"

    assert run_job(raising(Slow()), "me") == 130
    assert "Traceback" not in capsys.readouterr().err


STUBBORN = """
import atexit, os, signal, sys
from dataclasses import dataclass
from cscore_data.cli.run import run

@dataclass
class Flags:
    \"\"\"A command.\"\"\"

def stop():
    os.kill(os.getpid(), signal.SIGINT)

def job(flags, invocation):
    atexit.register(stop)  # the interpreter's own clean-up
    stop()

sys.argv = ["a-command"]
code = run("a-command", Flags, job, None)
if "third" in os.environ:
    stop()
sys.exit(code)
"""


@pytest.mark.parametrize("environment", [{}, {"third": "1"}])
def test_signals_at_the_end_of_the_process_show_no_traceback(environment):
    result = subprocess.run(
        [sys.executable, "-c", STUBBORN],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 130
    assert "Traceback" not in result.stderr
    assert "a-command: interrupted; nothing was written" in result.stderr
    assert "still cleaning up" in result.stderr


@pytest.mark.parametrize("command", [name.replace("-", "_") for name in COMMANDS])
def test_parsing_loads_nothing_that_takes_long(command):
    code = f"import sys, cscore_data.cli.{command}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(result.stdout.split())
    assert not {"jax", "xarray", "zarr", "matplotlib", "sklearn", "pandas"} & loaded, result.stderr


# ---- how a command was typed


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """How reduce-cscores is typed after train-holdout was typed in this way."""
    folder = tmp_path / "on the path"
    folder.mkdir()
    program = folder / "train-holdout"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))

    def typed(program):
        monkeypatch.setattr(sys, "argv", [str(program)])
        return Invocation("train-holdout", ()).typed("reduce-cscores")

    return typed


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("bin/train-holdout", "bin/reduce-cscores"),
        ("./train-holdout", "./reduce-cscores"),
        ("/clone/bin/train-holdout", "/clone/bin/reduce-cscores"),
        ("train-holdout", "reduce-cscores"),
        ("/clone/cscore_data/cli/train_holdout.py", "reduce-cscores"),
        ("/usr/bin/pytest", "reduce-cscores"),
    ],
)
def test_the_next_command_is_typed_like_this_one(typed, program, expected):
    assert typed(program) == expected


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("cube.zarr", "reduce-cscores cube.zarr"),
        ("my study/c.zarr", "reduce-cscores 'my study/c.zarr'"),
        ("it's", """reduce-cscores 'it'"'"'s'"""),
        ("$HOME;x", "reduce-cscores '$HOME;x'"),
    ],
)
def test_a_command_line_can_be_pasted(monkeypatch, argument, expected):
    monkeypatch.setattr(sys, "argv", ["train-holdout"])
    assert Invocation("train-holdout", ()).line("reduce-cscores", argument) == expected


def test_a_command_in_a_folder_with_a_space_can_be_pasted(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/my clone/bin/train-holdout"])
    line = Invocation("train-holdout", ()).line("reduce-cscores", "c")
    assert line == "'/my clone/bin/reduce-cscores' c"


def test_a_linked_command_has_its_neighbours_where_it_points_to(monkeypatch, tmp_path):
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("train-holdout", "reduce-cscores"):
        (clone / name).touch()
    (tmp_path / "train-holdout").symlink_to("clone/train-holdout")
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "train-holdout")])
    assert Invocation("train-holdout", ()).typed("reduce-cscores") == str(clone / "reduce-cscores")


def test_a_command_from_the_path_needs_no_folder(typed, tmp_path):
    assert typed(tmp_path / "on the path" / "train-holdout") == "reduce-cscores"
