"""What the commands share: flags from a dataclass, exit codes, one-line errors.

Configuration dataclasses must live in modules without ``from __future__ import annotations`` and say ``Optional[int]``,
never ``int | None``: argparse-dataclass reads the annotations as they are.
"""

import dataclasses
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import argparse_dataclass

from cscore_data.errors import CscoreDataError

Config = TypeVar("Config")

EXIT_OK, EXIT_USER, EXIT_INTERRUPTED = 0, 2, 130

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


def argument(name: str, help: str, **metadata: Any) -> Any:
    """A dataclass field that is the positional argument `name`."""
    return dataclasses.field(metadata={"args": [name], "help": help, **metadata})


def run(
    command: str,
    config_class: type[Config],
    job: Callable[[Config], None],
    argv: Sequence[str] | None,
    *,
    interrupted: str = "nothing was written",
) -> int:
    """Parse `argv` into `config_class`, whose docstring is the help text, do the job and return the exit code.

    What the user can mend becomes one line on standard error and exit code 2, Ctrl-C 130 with the line `interrupted`;
    anything else is a defect and keeps its traceback.
    """
    parser = _Parser(config_class, prog=PREFIX + command, description=config_class.__doc__, allow_abbrev=False)
    try:
        job(parser.parse_args(argv))
    except KeyboardInterrupt:
        print(f"\n{parser.prog}: interrupted; {interrupted}", file=sys.stderr)
        return EXIT_INTERRUPTED
    except (CscoreDataError, OSError) as error:
        print(f"{parser.prog}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_USER
    return EXIT_OK


class _Parser(argparse_dataclass.ArgumentParser):  # type: ignore[misc]
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: error: {message}; {self.prog} --help shows the flags", file=sys.stderr)
        raise SystemExit(EXIT_USER)
