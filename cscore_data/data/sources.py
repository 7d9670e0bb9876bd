"""Data sets by the text that names them: one of the named sets, or a file in a known format."""

import re
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from cscore_data.data.examples import Examples
from cscore_data.data.named_sets import NAMED_SETS
from cscore_data.data.npz import read_npz_examples
from cscore_data.data.parquet import read_parquet_examples
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.tfds import read_tfds
from cscore_data.errors import InvalidInputError


def file_stem(path: str) -> str:
    """Name of a file without its folder and its last suffix."""
    return PurePath(path).stem


class FileFormat(NamedTuple):
    """A format of data sets on disk.

    Attributes
    ----------
    meaning : str
        One phrase for help texts: what is expected there.
    pattern : str
        Regular expression that the whole source must match; its groups are the path and the
        optional parts.
    read : callable
        Reader, called with the groups; those that were left out are None.
    short_name : callable
        From the first group to what `short_name` returns.
    """

    meaning: str
    pattern: str
    read: Callable[..., RawExamples]
    short_name: Callable[[str], str] = file_stem


#: The formats, by the way in which their sources are written. To add a format, write a reader in a
#: module next to this one, and add an entry here: help texts and messages follow from it.
FILE_FORMATS = {
    "tfds:NAME[/CONFIG][:VERSION]": FileFormat(
        meaning="training split of a data set of TensorFlow Datasets",
        pattern=r"tfds:(.+)",
        read=read_tfds,
        # Not a path: the name as it is.
        short_name=str,
    ),
    "PATH.npz": FileFormat(
        meaning="arrays image or x, label or y",
        pattern=r"(.+\.npz)",
        read=read_npz_examples,
    ),
    "PATH.parquet[:IMAGE:LABEL]": FileFormat(
        meaning="columns as the Hugging Face hub has them",
        pattern=r"(.+\.parquet)(?::([^:]+):([^:]+))?",
        read=read_parquet_examples,
    ),
}


def load_examples(source: str) -> Examples:
    """Load the training examples of a data set, in their original order if it is known.

    Parameters
    ----------
    source : str
        A name in `named_sets.NAMED_SETS`, such as ``mnist``, or a file in one of `FILE_FORMATS`,
        such as ``data/mine.npz``; ``train-holdout --help`` lists them all, as `describe_sources`
        does. The files of named sets are downloaded once, verified by their SHA-256 and cached in
        `download.data_dir`.

    Returns
    -------
    Examples

    Raises
    ------
    InvalidInputError
        If the name is unknown or the file is not what it should be.
    DownloadError
        If a file is neither in the cache nor can be downloaded.

    Examples
    --------
    >>> from cscore_data import load_examples
    >>> digits = load_examples("digits")
    >>> digits.image.shape
    (1797, 8, 8)
    >>> digits.label[:5]
    array([0, 1, 2, 3, 4])

    A file of your own:

    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     np.savez(f"{directory}/mine.npz", image=digits.image[:20], label=digits.label[:20])
    ...     mine = load_examples(f"{directory}/mine.npz")
    >>> len(mine)
    20
    """
    return Examples(source, **read_source(source)._asdict())


def read_source(source: str) -> RawExamples:
    """Read what `load_examples` loads, unchecked."""
    if source in NAMED_SETS:
        return NAMED_SETS[source].read()
    file_format, parts = _split_source(source)
    return file_format.read(*parts)


def short_name(source: str) -> str:
    """What to call the files that are made of a data set: its name, or that of its file.

    Parameters
    ----------
    source : str
        As for `load_examples`; nothing is read.

    Raises
    ------
    InvalidInputError
        If it is neither a known name nor a file in a known format.

    Examples
    --------
    >>> short_name("mnist")
    'mnist'
    >>> short_name("data/train.parquet:img:label")
    'train'
    """
    if source in NAMED_SETS:
        return source
    file_format, parts = _split_source(source)
    return file_format.short_name(parts[0])


def describe_sources() -> str:
    """All that `load_examples` takes, with what each is, as one line for help texts.

    Examples
    --------
    >>> describe_sources().split("; ")[1]
    'mnist (60,000 handwritten digits)'
    """
    described = []
    for name, named_set in NAMED_SETS.items():
        described.append(f"{name} ({named_set.meaning})")
    for source, file_format in FILE_FORMATS.items():
        described.append(f"{source} ({file_format.meaning})")
    return "; ".join(described)


def _split_source(source: str) -> tuple[FileFormat, tuple[str, ...]]:
    """The format of a file, and the groups of the format's pattern."""
    for file_format in FILE_FORMATS.values():
        match = re.fullmatch(file_format.pattern, source, re.DOTALL)
        if match:
            return file_format, match.groups()
    expected = ", ".join([*NAMED_SETS, *FILE_FORMATS])
    raise InvalidInputError(f"data set: found {source!r}, expected one of {expected}")
