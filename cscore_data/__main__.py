"""The commands of the package: ``python -m cscore_data`` lists them."""

import sys

from cscore_data.cli import COMMANDS, search_working_folder_last
from cscore_data.cli.__main__ import command_module
from cscore_data.cli.__main__ import main as run_command


def main() -> int:
    """List the commands, or run the one that the first argument names."""
    if sys.argv[1:] and sys.argv[1] not in ("-h", "--help"):
        return run_command()
    from cscore_data.cli.output import table
    from cscore_data.cli.streams import safe_streams

    rows = []
    for name in COMMANDS:
        # "``NAME``: what it does." in the first line of the module.
        summary = str(command_module(name).__doc__).splitlines()[0]
        rows.append([name, summary.partition("``: ")[2]])
    with safe_streams():
        print(table(["command", "what it does"], rows, align="<<"))
        print("\nNAME --help, or python -m cscore_data NAME --help, shows the flags of a command.")
    return 0


if __name__ == "__main__":
    search_working_folder_last()
    sys.exit(main())
