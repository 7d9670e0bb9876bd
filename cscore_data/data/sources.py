"""Data sets by the text that names them: one of the named sets, or a file in a known format."""

import os
import re
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from cscore_data.data.assembly import assembled
from cscore_data.data.csv_tables import read_csv_examples
from cscore_data.data.examples import Examples
from cscore_data.data.folders import folder_name, read_folder, read_test_folder
from cscore_data.data.named_sets import NAMED_SETS
from cscore_data.data.npz_examples import read_npz_examples, read_npz_test_examples
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.parquet import read_parquet_examples
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.raw_split import RawTestSplit
from cscore_data.data.saved_datasets import is_saved_dataset, read_saved_dataset
from cscore_data.data.shards import without_shard
from cscore_data.data.tfds import read_tfds
from cscore_data.errors import InvalidInputError

#: The options that tables have.
_TABLE = ("label", "text")


def file_stem(path: str) -> str:
    """Name of a file without its folder, its last suffix, and what makes it a shard."""
    return without_shard(PurePath(path).stem)


def always(path: str) -> bool:
    """True: the text of a source is enough to tell its format."""
    return True


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
        Reader, called with the groups, of which those that were left out are None, and with the
        `LoadOptions` if there are any that it knows.
    options : tuple of str
        The fields of `LoadOptions` that it knows, besides `labels` and `drop_unlabelled`, which all
        sources have.
    short_name : callable
        From the first group to what `short_name` returns.
    fits : callable
        From the first group to whether this is of the format, where the text is not enough.
    read_test : callable, optional
        Reader of the test split, called with the first group and the `LoadOptions`.
    """

    meaning: str
    pattern: str
    read: Callable[..., RawExamples]
    options: tuple[str, ...] = ()
    short_name: Callable[[str], str] = file_stem
    fits: Callable[[str], bool] = always
    read_test: Callable[[str, LoadOptions], RawTestSplit] | None = None


#: The formats, by the way in which their sources are written. To add a format, write a reader in a
#: module next to this one, and add an entry here: help texts and messages follow from it.
FILE_FORMATS = {
    "tfds:NAME[/CONFIG][:VERSION]": FileFormat(
        meaning="training split of a data set of TensorFlow Datasets",
        pattern=r"tfds:(.+)",
        read=read_tfds,
        options=("size", "skip_damaged"),
        # Not a path: the name as it is.
        short_name=str,
    ),
    "PATH.npz": FileFormat(
        meaning="arrays image or x, label or y, or columns of a table",
        pattern=r"(.+\.npz)",
        read=read_npz_examples,
        options=_TABLE,
        read_test=read_npz_test_examples,
    ),
    "PATH.csv": FileFormat(
        meaning="a table of numbers or texts with labels",
        pattern=r"(.+\.(?:csv|tsv))",
        read=read_csv_examples,
        options=_TABLE,
    ),
    "PATH.parquet[:IMAGE:LABEL]": FileFormat(
        meaning="a table, or images as the Hugging Face hub has them, also train-*.parquet",
        pattern=r"(.+\.parquet)(?::([^:]+):([^:]+))?",
        read=read_parquet_examples,
        options=(*_TABLE, "size", "skip_damaged"),
    ),
    "SAVED_FOLDER": FileFormat(
        meaning="written by save_to_disk of the Hugging Face library datasets",
        pattern=r"(.+)",
        read=read_saved_dataset,
        options=(*_TABLE, "size", "skip_damaged"),
        short_name=lambda path: PurePath(path).name,
        fits=is_saved_dataset,
    ),
    "FOLDER": FileFormat(
        meaning="images CLASS/NAME.jpg, or images with a csv file of filename and label",
        pattern=r"(.+)",
        read=read_folder,
        options=("label", "size", "skip_damaged"),
        short_name=folder_name,
        fits=os.path.isdir,
        read_test=read_test_folder,
    ),
}


def load_examples(source: str, options: LoadOptions = DEFAULT_OPTIONS) -> Examples:
    """Load the training examples of a data set, in their original order if it is known.

    Parameters
    ----------
    source : str
        A name in `named_sets.NAMED_SETS`, such as ``mnist``, or a file in one of `FILE_FORMATS`,
        such as ``data/mine.npz``; ``train-holdout --help`` lists them all, as `describe_sources`
        does. The files of named sets are downloaded once, verified by their SHA-256 and cached in
        `download.data_dir`.
    options : LoadOptions
        What to read from it, such as which column of a table has the labels.

    Returns
    -------
    Examples

    Raises
    ------
    InvalidInputError
        If the name is unknown, the file is not what it should be, or an option means nothing for
        it.
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
    source = str(source)
    raw = assembled(source, read_source(source, options), options)
    return Examples(source, **raw.as_fields(), options=options)


def read_source(source: str, options: LoadOptions = DEFAULT_OPTIONS) -> RawExamples:
    """Read what `load_examples` loads, unchecked."""
    if source in NAMED_SETS:
        check_options(source, options, known=())
        return NAMED_SETS[source].read()
    file_format, parts = _split_source(source)
    check_options(source, options, known=file_format.options)
    if file_format.options:
        return file_format.read(*parts, options=options)
    return file_format.read(*parts)


def read_test_split(source: str, options: LoadOptions = DEFAULT_OPTIONS) -> RawTestSplit:
    """Read the test split of a data set, unchecked.

    Raises
    ------
    InvalidInputError
        If it has none.
    """
    if source in NAMED_SETS:
        read_named = NAMED_SETS[source].read_test
        if read_named is not None:
            return RawTestSplit(read_named())
    else:
        file_format, parts = _split_source(source)
        if file_format.read_test is not None:
            return file_format.read_test(parts[0], options)
    named = [name for name, named_set in NAMED_SETS.items() if named_set.read_test is not None]
    raise InvalidInputError(
        f"{source}: found no test split, expected one of {', '.join(named)}, an npz file with "
        "x_test and y_test, or a folder with train and test; leave --test out"
    )


def check_options(source: str, options: LoadOptions, known: tuple[str, ...]) -> None:
    """Raise `InvalidInputError` if an option is given that means nothing for a source."""
    known = (*known, "labels", "drop_unlabelled")
    unknown = [name for name in options.given() if name not in known]
    if unknown:
        flag = unknown[0].replace("_", "-")
        raise InvalidInputError(f"{source}: --{flag} means nothing for this data set; leave it out")


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
        if match and file_format.fits(match[1]):
            return file_format, match.groups()
    expected = ", ".join([*NAMED_SETS, *FILE_FORMATS])
    raise InvalidInputError(f"data set: found {source!r}, expected one of {expected}")
