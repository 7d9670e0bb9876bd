"""What all commands share: parsing, exit codes and one-line errors."""

import atexit
import gc
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import argparse_dataclass

from cscore_data.cli.flags import storage_options_last
from cscore_data.cli.missing_packages import missing_package
from cscore_data.cli.signals import Terminated, unwinding_signals
from cscore_data.cli.streams import SafeStream, safe_streams
from cscore_data.errors import CscoreDataError, reason, shortened
from cscore_data.storage.provenance import history_line, package_version

Flags = TypeVar("Flags")

EXIT_OK = 0
EXIT_USER = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

#: Characters of an error message at most: some ten lines of a terminal.
_LONGEST_MESSAGE = 1000

#: New objects after which Python looks for unused ones. With its default of 700, it does so often
#: enough during imports to take a sixth of their time.
_COLLECTED_AFTER = 5000


@dataclass(frozen=True)
class Invocation:
    """A command and its arguments, as they were typed.

    Attributes
    ----------
    command : str
        The command's name, such as ``train-holdout``.
    arguments : tuple of str
        What follows it.
    """

    command: str
    arguments: tuple[str, ...]

    def history_line(self) -> str:
        """The line for the `history` attribute of what the command writes: time and command."""
        return history_line(self.command, self.arguments)

    def typed(self, command: str) -> str:
        """`command` as the user would type it after this one.

        That is ``bin/reduce-cscores`` after ``bin/train-holdout``, but ``reduce-cscores`` where the
        commands are found on the PATH, or where this one was not started as a program of its own.
        """
        program = sys.argv[0]
        folder, name = os.path.split(program)
        if name != self.command or shutil.which(name) == program:
            return command
        neighbour = os.path.join(folder, command)
        # A link to this command has its neighbours where it points to.
        while os.path.islink(program) and not os.path.exists(neighbour):
            program = os.path.join(os.path.dirname(program), os.readlink(program))
            neighbour = os.path.join(os.path.dirname(program), command)
        return neighbour

    def line(self, command: str, *arguments: str) -> str:
        """A command line to paste into a shell: `command` as `typed`, and its arguments, quoted."""
        return shlex.join([self.typed(command), *arguments])


def run(
    command: str,
    flags_class: type[Flags],
    job: Callable[[Flags, Invocation], None],
    argv: Sequence[str] | None,
    *,
    interrupted: Callable[[Flags], str] = lambda flags: "nothing was written",
) -> int:
    """Parse the command line, do the job and return the exit code.

    Parameters
    ----------
    command : str
        The command's name.
    flags_class : dataclass
        Its flags (see `cscore_data.cli.flags`); its docstring is the description in ``--help``.
    job : callable
        ``job(flags, invocation)`` does the work. It imports what takes long itself, so that
        ``--help`` and a mistyped flag are answered at once.
    argv : sequence of str, optional
        The arguments; by default those of the process.
    interrupted : callable
        From the flags to the clause that is printed after Ctrl-C or SIGTERM.

    Returns
    -------
    int
        0; 2 for what the user can fix, which becomes one line on standard error; 130 after Ctrl-C;
        143 after SIGTERM, which batch systems send. Other errors are defects and are raised.
    """
    gc.set_threshold(_COLLECTED_AFTER)
    # At its end, Python would look for unused objects once more, for 0.4 s.
    atexit.register(gc.freeze)
    arguments = tuple(sys.argv[1:] if argv is None else argv)
    invocation = Invocation(command, arguments)
    parser = make_parser(invocation.typed(command), flags_class)
    with safe_streams() as out:
        flags: Flags = parser.parse_args(storage_options_last(arguments))
        with unwinding_signals(parser.prog, to_the_end=argv is None):
            code = _exit_code(
                parser.prog, lambda: job(flags, invocation), lambda: interrupted(flags)
            )
        return _after_output(parser.prog, code, out)


def make_parser(program: str, flags_class: type) -> Any:
    """The `argparse.ArgumentParser` of a command: its flags, and its description in ``--help``."""
    description = flags_class.__doc__
    parser = _Parser(flags_class, prog=program, description=description, allow_abbrev=False)
    version = f"cscore_data {package_version()}"
    parser.add_argument("--version", action="version", version=version)
    return parser


def _exit_code(program: str, job: Callable[[], None], interrupted: Callable[[], str]) -> int:
    """Do the job; print what went wrong, or that it was stopped."""
    try:
        return _done(program, job)
    except Terminated:
        print(f"\n{program}: terminated; {interrupted()}", file=sys.stderr)
        return EXIT_TERMINATED
    except KeyboardInterrupt:
        print(f"\n{program}: interrupted; {interrupted()}", file=sys.stderr)
        return EXIT_INTERRUPTED


def _done(program: str, job: Callable[[], None]) -> int:
    """Do the job; print what went wrong."""
    try:
        with _threads():
            job()
    except ModuleNotFoundError as error:
        message = missing_package(error)
        if not message:
            raise
        print(f"{program}: error: {message}", file=sys.stderr)
        return EXIT_USER
    except (CscoreDataError, OSError, MemoryError) as error:
        message = shortened(_explanation(error), _LONGEST_MESSAGE)
        print(f"{program}: error: {message}", file=sys.stderr)
        return EXIT_USER
    return EXIT_OK


def _threads() -> AbstractContextManager[Any]:
    """Have dask compute on threads of this process, wherever no scheduler is named.

    Else it imports distributed, where it is installed, to look for a cluster: 0.2 s.
    """
    import dask
    import dask.threaded

    setting: AbstractContextManager[Any] = dask.config.set(scheduler=dask.threaded.get)
    return setting


def _explanation(error: Exception) -> str:
    """One line on what the user can fix."""
    if isinstance(error, MemoryError):
        return f"out of memory ({reason(error)}); use a machine with more of it, or less data"
    return " ".join(str(error).split()) or reason(error)


def _after_output(program: str, code: int, out: SafeStream) -> int:
    """The exit code, once it is known whether the output could be written."""
    out.flush()
    if out.failure is None or code != EXIT_OK:
        return code
    why = reason(out.failure)
    print(
        f"{program}: error: all was done, but standard output cannot be written ({why})",
        file=sys.stderr,
    )
    return EXIT_USER


class _Parser(argparse_dataclass.ArgumentParser):  # type: ignore[misc]
    """A parser that reports a mistyped command line in one line."""

    def error(self, message: str) -> NoReturn:
        print(
            f"{self.prog}: error: {message}; {self.prog} --help shows the flags",
            file=sys.stderr,
        )
        raise SystemExit(EXIT_USER)
