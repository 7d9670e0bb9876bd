"""Data sets by the text that names them: one of the named sets, or a file in a known format."""

import re
from collections.abc import Callable
from typing import NamedTuple

from cscore_data.data.examples import Examples
from cscore_data.data.named_sets import NAMED_SETS
from cscore_data.data.npz import read_npz_examples
from cscore_data.data.parquet import read_parquet_examples
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.tfds import read_tfds
from cscore_data.errors import InvalidInputError


class FileFormat(NamedTuple):
    """A format of data sets on disk.

    Attributes
    ----------
    pattern : str
        Regular expression that the whole source must match; its groups are the path and the
        optional parts.
    read : callable
        Reader, called with the groups; those that were left out are None.
    """

    pattern: str
    read: Callable[..., RawExamples]


#: The formats, by the way in which messages write their sources. To add a format, write a reader in
#: a module next to this one, and add an entry here.
FILE_FORMATS = {
    "tfds:NAME[/CONFIG][:VERSION]": FileFormat(r"tfds:(.+)", read_tfds),
    "PATH.npz": FileFormat(r"(.+\.npz)", read_npz_examples),
    "PATH.parquet[:IMAGE:LABEL]": FileFormat(
        r"(.+\.parquet)(?::([^:]+):([^:]+))?", read_parquet_examples
    ),
}


def load_examples(source: str) -> Examples:
    """Load the training examples of a data set, in their original order if it is known.

    Parameters
    ----------
    source : str
        - ``digits``, which scikit-learn ships; ``mnist``, ``fashion_mnist``, ``cifar10`` or
          ``cifar100``, downloaded once, verified by their SHA-256 and cached in
          `download.data_dir`;
        - ``PATH.npz``: arrays `image` or `x` and `label` or `y`;
        - ``PATH.parquet`` as the Hugging Face hub lays it out: a column of images (structs with
          `bytes`) and one of whole-number labels, found or given as ``PATH.parquet:IMAGE:LABEL``;
        - ``tfds:NAME[/CONFIG][:VERSION]``: the training split of a TensorFlow Datasets data set.

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
    """
    return Examples(source, **read_source(source)._asdict())


def read_source(source: str) -> RawExamples:
    """Read what `load_examples` loads, unchecked."""
    if source in NAMED_SETS:
        return NAMED_SETS[source]()
    for file_format in FILE_FORMATS.values():
        match = re.fullmatch(file_format.pattern, source, re.DOTALL)
        if match:
            return file_format.read(*match.groups())
    expected = ", ".join([*NAMED_SETS, *FILE_FORMATS])
    raise InvalidInputError(f"data set: found {source!r}, expected one of {expected}")
