"""Run a command by its name: ``python -m cscore_data.cli train-holdout --help``."""

import os
import sys
from importlib import import_module
from pathlib import PurePath
from typing import Any

from cscore_data.cli import COMMANDS, search_working_folder_last


def main() -> int:
    """Run the command that the first argument names, with the arguments after it.

    The name may be a path, such as that of a link in ``bin/``, or of a link to that.
    """
    sys.argv = sys.argv[1:]
    name = ""
    if sys.argv:
        name = command_name(sys.argv[0])
    if name not in COMMANDS:
        from cscore_data.cli.run import EXIT_USER

        known = ", ".join(COMMANDS)
        print(f"error: command: found {name!r}, expected one of {known}", file=sys.stderr)
        return EXIT_USER
    code: int = command_module(name).main()
    return code


def command_name(program: str) -> str:
    """The command that a program runs: the first name that is one, along a chain of links."""
    name = PurePath(program).name
    while name not in COMMANDS and os.path.islink(program):
        program = os.path.join(os.path.dirname(program), os.readlink(program))
        name = PurePath(program).name
    return name


def command_module(name: str) -> Any:
    """The module of a command, with its flags and its function `main`."""
    return import_module(f"cscore_data.cli.{name.replace('-', '_')}")


def command_parser(name: str) -> Any:
    """The parser of a command's arguments, of which the documentation and its tests are made."""
    from cscore_data.cli.run import make_parser

    flags_class = name.title().replace("-", "") + "Flags"
    return make_parser(name, getattr(command_module(name), flags_class))


if __name__ == "__main__":
    search_working_folder_last()
    sys.exit(main())
