"""The order of runs by the names of their files, and what in a name tells runs apart."""

import re
from collections.abc import Sequence
from pathlib import Path


def natural_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A key that sorts names by the numbers in them, and run1 before run01."""
    return natural_key(Path(name)), name


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """A key that sorts names by the numbers in them: run2 before run10.

    Examples
    --------
    >>> sorted([Path("run10"), Path("run2"), Path("a")], key=natural_key)[1].name
    'run2'
    """
    parts = []
    for part in re.split(r"(\d+)", str(path)):
        parts.append((0, int(part), "") if part.isdecimal() else (1, 0, part))
    return parts


def marks_of_runs(pattern: str, names: Sequence[str]) -> list[tuple[str, ...]]:
    """What tells runs apart in the names of their files: what wildcards stand for, where it varies.

    Parameters
    ----------
    pattern : str
        Of `glob`.
    names : sequence of str
        That it matches.

    Examples
    --------
    >>> marks_of_runs("run*/epoch?_*.npy", ["run1/epoch9_a.npy", "run2/epoch9_b.npy"])
    [('1', 'a'), ('2', 'b')]
    """
    wildcards = _with_groups(pattern)
    matches = [wildcards.fullmatch(name) for name in names]
    groups = [match.groups() for match in matches if match is not None]
    if len(groups) < len(names):
        return [() for _ in names]
    varying = []
    for place, values in enumerate(zip(*groups, strict=True)):
        if len(set(values)) > 1:
            varying.append(place)
    return [tuple(group[place] for place in varying) for group in groups]


def _with_groups(pattern: str) -> re.Pattern[str]:
    """A pattern of `glob` as a regular expression with a group for each wildcard."""
    parts = []
    for part in re.split(r"(\*+|\?|\[[^]]+\])", pattern):
        if part.startswith("*"):
            parts.append("([^/]*)")
        elif part == "?":
            parts.append("([^/])")
        elif part.startswith("["):
            parts.append(f"({part.replace('[!', '[^')})")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts))
