"""The commands: for each one a module with its flags here, and one with its job in `jobs`.

A command's module has a dataclass, whose fields are its flags (see `flags`) and whose docstring is
its description in ``--help``, a function ``main(argv)``, and a function ``job(flags, invocation)``
that calls the first function of the module of the same name in `jobs`. The command's module imports
nothing that takes long; `job` imports the rest once the command line has been parsed (see `run`).

argparse-dataclass reads the annotations of the flags as they are. Therefore these modules do not
have ``from __future__ import annotations``, and say ``Optional[int]`` instead of ``int | None``. A
list needs `nargs`, and is a list, never a tuple.
"""

import sys

#: The commands, as they are typed.
COMMANDS = (
    "train-holdout",
    "reduce-cscores",
    "fetch-published",
    "compare-cscores",
    "plot-cscores",
    "verify-cube",
    "find-mislabelled",
    "select-examples",
    "import-runs",
    "browse-cscores",
)


def search_working_folder_last() -> None:
    """Prefer Python's own modules to a tokenize.py in the working folder, unlike ``python -m``.

    Call it before anything is imported that imports much itself.
    """
    if not sys.flags.safe_path:
        sys.path.append(sys.path.pop(0))
