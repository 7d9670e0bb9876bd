"""Run a command by its name: ``python -m cscore_data.cli train-holdout --help``."""

import sys
from importlib import import_module
from pathlib import PurePath

from cscore_data.cli import COMMANDS
from cscore_data.cli.run import EXIT_USER


def main() -> int:
    """Run the command that the first argument names, with the arguments after it.

    The name may be a path, such as that of a link in ``bin/``.
    """
    sys.argv = sys.argv[1:]
    name = PurePath(sys.argv[0]).name if sys.argv else ""
    if name not in COMMANDS:
        known = ", ".join(COMMANDS)
        print(f"error: command: found {name!r}, expected one of {known}", file=sys.stderr)
        return EXIT_USER
    module = import_module(f"cscore_data.cli.{name.replace('-', '_')}")
    code: int = module.main()
    return code


if __name__ == "__main__":
    sys.exit(main())
