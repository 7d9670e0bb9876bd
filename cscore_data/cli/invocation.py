"""How a command was started."""

import os
import shutil
import sys
from dataclasses import dataclass

from cscore_data.storage.provenance import history_line


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
        return os.path.join(folder, command)
