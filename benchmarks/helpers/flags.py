"""The command line that the benchmarks have in common."""

import argparse
from collections.abc import Iterable
from pathlib import Path


def make_parser(
    description: str, sizes: Iterable[str], *, repeats: int | None = None
) -> argparse.ArgumentParser:
    """A parser with ``--size``, ``--out`` and, if a default for it is given, ``--repeats``.

    Parameters
    ----------
    description : str
        Of which the first line is shown, such as the docstring of a script.
    sizes : iterable of str
        With ``tiny``, the default.
    repeats : int, optional
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument(
        "--size", choices=sizes, default="tiny", help="how much to do (default: %(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, help="write the result as JSON to this file (default: do not)"
    )
    if repeats is not None:
        parser.add_argument(
            "--repeats",
            type=int,
            default=repeats,
            help="number of timings of each thing (default: %(default)s)",
        )
    return parser
