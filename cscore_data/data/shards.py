"""Files that are parts of one data set: patterns, and shards named like -00000-of-00002."""

import glob
import re
from pathlib import Path

from cscore_data.data.plurals import counted
from cscore_data.data.source_files import is_url
from cscore_data.errors import InvalidInputError

#: How the library `datasets` names shards; some have a hash at the end.
_SHARD = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<hash>-[0-9a-f]+)?")


def expand_shards(path: str) -> tuple[list[str], tuple[str, ...]]:
    """All files that a path stands for, in their order.

    Parameters
    ----------
    path : str
        A file; one of several shards, which stands for all of them; or a pattern with ``*``.

    Returns
    -------
    paths : list of str
    notes : tuple of str
        What was understood, if these are several files.

    Raises
    ------
    InvalidInputError
        If no file matches the pattern, or a shard is missing.

    Examples
    --------
    >>> expand_shards("train.parquet")
    (['train.parquet'], ())
    """
    if glob.has_magic(path) and not Path(path).exists() and not is_url(path):
        paths = sorted(glob.glob(path), key=_natural)
        if not paths:
            raise InvalidInputError(f"{path}: no file matches this pattern")
        _check_complete(path, paths)
        files = counted(len(paths), "file")
        return paths, (f"{path} stands for {files}, read in the order of their names",)

    match = _SHARD.fullmatch(Path(path).stem)
    if match is None or int(match["count"]) == 1:
        return [path], ()
    paths = _siblings(path, match)
    return paths, (f"{Path(path).name} is one of {len(paths)} shards; all of them are read",)


def without_shard(stem: str) -> str:
    """The name of a file without what makes it a shard or a pattern.

    Examples
    --------
    >>> without_shard("train-00000-of-00002"), without_shard("train-*"), without_shard("train")
    ('train', 'train', 'train')
    """
    match = _SHARD.fullmatch(stem)
    if match is not None:
        return match["stem"]
    if glob.has_magic(stem):
        return re.split(r"[-_.]*[*?\[]", stem)[0] or "shards"
    return stem


def _siblings(path: str, match: re.Match[str]) -> list[str]:
    """All shards of the set that one belongs to."""
    name = Path(path).name
    folder = path.removesuffix(name)
    suffix = Path(path).suffix
    count = int(match["count"])
    paths = []
    missing = []
    for number in range(count):
        sibling = f"{match['stem']}-{number:05d}-of-{count:05d}"
        found = [f"{folder}{sibling}{suffix}"]
        if not is_url(path):
            found = sorted(glob.glob(f"{glob.escape(folder + sibling)}*{suffix}"))
        if number == int(match["number"]):
            found = [path]
        if len(found) == 1:
            paths += found
        else:
            missing.append(f"{sibling}{suffix}")
    if missing:
        raise InvalidInputError(
            f"{path}: is one of {count} shards, of which {len(missing)} are not beside it (the "
            f"first: {missing[0]}); get the others, or rename the file to use it alone"
        )
    return paths


def _check_complete(pattern: str, paths: list[str]) -> None:
    """Raise `InvalidInputError` if a pattern matches only some shards of a set."""
    matches = [_SHARD.fullmatch(Path(path).stem) for path in paths]
    shards = [match for match in matches if match is not None]
    if not shards:
        return
    expected = sum({match["stem"]: int(match["count"]) for match in shards}.values())
    if len(shards) != expected:
        raise InvalidInputError(
            f"{pattern}: matches {len(shards)} shards, expected {expected} as their names say; get "
            "the others, or rename the files to use them alone"
        )


def _natural(path: str) -> list[tuple[int, str]]:
    """A key by which part 10 comes after part 9."""
    parts = re.split(r"(\d+)", path)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
