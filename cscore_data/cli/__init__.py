"""What the commands share: flags from a dataclass, exit codes, one-line errors.

Configuration dataclasses must live in modules without ``from __future__ import annotations`` and say ``Optional[int]``,
never ``int | None``: argparse-dataclass reads the annotations as they are.
"""

import dataclasses
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import argparse_dataclass

from cscore_data.errors import CscoreDataError
from cscore_data.provenance import package_version

Config = TypeVar("Config")

EXIT_OK, EXIT_USER, EXIT_INTERRUPTED, EXIT_TERMINATED = 0, 2, 130, 143

#: ``bin/`` when a command was started as ``bin/NAME``, so that the command it suggests next is typed the same way.
PREFIX = os.environ.get("CSCORE_COMMAND_PREFIX", "")


def option(default: Any, help: str, **metadata: Any) -> Any:
    """A dataclass field that is a flag; its default goes into the help text unless that says it in words (None)."""
    if default is not None and default is not False:
        shown = " ".join(map(str, default)) if isinstance(default, list) else default
        help = f"{help} (default: {shown})"
    metadata["help"] = help.replace("%", "%%")
    if isinstance(default, list):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def storage_option() -> Any:
    """The flag for options of a remote file system."""
    return option(
        None,
        "options of the file systems of URLs, as fsspec knows them, such as endpoint_url=http://…; variables such as "
        "FSSPEC_S3_ENDPOINT_URL do the same (default: none)",
        nargs="+",
        type=str,
        metavar="KEY=VALUE",
    )


def use_storage_options(options: Sequence[str] | None, *paths: str) -> None:
    """Give the file systems of those of `paths` that are URLs the options of the flag; there must be one.

    Raises
    ------
    InvalidInputError
        As `places.set_storage_options`.
    """
    from cscore_data import places

    for path in [path for path in paths if places.is_remote(path)] or paths[:1]:
        places.set_storage_options(path, options or [])


def argument(name: str, help: str, **metadata: Any) -> Any:
    """A dataclass field that is the positional argument `name`."""
    return dataclasses.field(metadata={"args": [name], "help": help, **metadata})


def run(
    command: str,
    config_class: type[Config],
    job: Callable[[Config], None],
    argv: Sequence[str] | None,
    *,
    interrupted: Callable[[Config], str] = lambda _: "nothing was written",
) -> int:
    """Parse `argv` into `config_class`, whose docstring is the help text, do the job and return the exit code.

    What the user can mend becomes one line on standard error and exit code 2, Ctrl-C 130 and SIGTERM (which
    batch systems send) 143 with what `interrupted` says; anything else is a defect and keeps its traceback.
    """
    parser = _Parser(config_class, prog=PREFIX + command, description=config_class.__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"cscore_data {package_version()}")
    config = parser.parse_args(argv)
    try:
        with _sigterm_raises():
            job(config)
    except KeyboardInterrupt as stop:
        terminated = isinstance(stop, _Terminated)
        print(
            f"\n{parser.prog}: {'terminated' if terminated else 'interrupted'}; {interrupted(config)}", file=sys.stderr
        )
        return EXIT_TERMINATED if terminated else EXIT_INTERRUPTED
    except (CscoreDataError, OSError) as error:
        print(f"{parser.prog}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_USER
    return EXIT_OK


class _Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's alone
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Parser(argparse_dataclass.ArgumentParser):  # type: ignore[misc]
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: error: {message}; {self.prog} --help shows the flags", file=sys.stderr)
        raise SystemExit(EXIT_USER)
