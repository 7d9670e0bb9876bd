"""Reader of csv files as labelled data sets."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cscore_data.data.file_checks import check_fits
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.source_files import open_source
from cscore_data.data.table_examples import table_examples
from cscore_data.data.table_source import TableSource
from cscore_data.errors import InvalidInputError, reason

if TYPE_CHECKING:
    import pyarrow

#: What may stand between values, if the header has no comma.
_DELIMITERS = (",", ";", "\t")

#: pyarrow guesses the type of a column from its first block, so all is one block, if it can be.
_LARGEST_BLOCK = (1 << 31) - 1


def read_csv_examples(path: str | Path, options: LoadOptions = DEFAULT_OPTIONS) -> RawExamples:
    r"""Read labelled features or texts from a csv file with a header.

    Parameters
    ----------
    path : path or URL
        UTF-8; values are separated by commas, semicolons or tabs.
    options : LoadOptions
        The columns with labels and texts.

    Raises
    ------
    InvalidInputError
        If the file is missing or damaged, or its columns cannot be used.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "animals.csv")
    ...     size = path.write_text("height,legs,kind\n0.3,4,cat\n0.2,2,duck\n0.4,4,cat\n")
    ...     examples = read_csv_examples(path, LoadOptions(label="kind"))
    >>> examples.image.shape, examples.label.tolist()
    ((3, 2), ['cat', 'duck', 'cat'])
    """
    table = read_csv_table(path)
    source = TableSource(str(path), table.schema, table.select)
    return table_examples(source, options)


def read_csv_table(path: str | Path, texts: Sequence[str] = ()) -> "pyarrow.Table":
    """Read all columns of a csv file with a header, each of the type that its values have.

    Parameters
    ----------
    path : path or URL
    texts : sequence of str
        Columns that are texts whatever their values look like, if they are there.

    Raises
    ------
    InvalidInputError
        If the file is missing, empty or damaged.
    """
    import pyarrow
    from pyarrow import csv as arrow_csv

    with open_source(path) as file:
        content = file.read()
    check_fits(path, 2 * len(content))
    header = next(iter(content[: 1 << 20].decode("utf-8-sig", "replace").splitlines()), "")
    if not header.strip():
        raise InvalidInputError(f"{path}: the file is empty, expected a header and rows")
    delimiter = max(_DELIMITERS, key=header.count)
    _check_header(path, header, delimiter)
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(content),
            arrow_csv.ReadOptions(block_size=min(len(content) + 1, _LARGEST_BLOCK)),
            # A quoted text may hold line breaks.
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(texts, pyarrow.string())),
        )
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{path}: not a readable csv file in UTF-8 ({reason(error)})"
        ) from error
    # pyarrow takes texts that are not UTF-8 for bytes.
    undecoded = [field.name for field in table.schema if pyarrow.types.is_binary(field.type)]
    if undecoded:
        raise InvalidInputError(
            f"{path}: column {undecoded[0]} is not in UTF-8, expected texts; save the file in UTF-8"
        )
    return table


def _check_header(path: str | Path, header: str, delimiter: str) -> None:
    """Raise `InvalidInputError` if the first line holds numbers: there is no header then."""
    try:
        names = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error as error:
        raise InvalidInputError(f"{path}: not a readable csv file ({reason(error)})") from error
    if all(is_number(name) for name in names):
        raise InvalidInputError(
            f"{path}: the first line is {header.strip()[:60]!r}, expected names of columns; add a "
            "line with them"
        )


def is_number(text: str) -> bool:
    """Whether a text is what Python reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
