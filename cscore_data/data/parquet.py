"""Readers of parquet files: of single columns, and of data sets, in one file or several shards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cscore_data.data.file_checks import check_fits, match_names
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.shards import expand_shards
from cscore_data.data.source_files import open_source
from cscore_data.data.table_examples import table_examples
from cscore_data.data.table_source import TableSource
from cscore_data.errors import InvalidInputError, reason

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

#: Bytes that a row takes at least as Python objects, though a run of a million equal rows may
#: take 10 in the file.
_BYTES_PER_ROW = 100


def read_parquet_columns(
    path: str | Path, wanted: Mapping[str, Sequence[str]], optional: Iterable[str] = ()
) -> dict[str, np.ndarray]:
    """Read columns of a parquet file; all others are left untouched.

    Parameters
    ----------
    path : path
    wanted : mapping of str to sequence of str
        For each column the names that it may have in the file; the first one that is there counts.
    optional : iterable of str
        Keys of `wanted` that the file may lack.

    Returns
    -------
    dict of str to array (row,)
        The columns by the keys of `wanted`; strings have dtype object.

    Raises
    ------
    InvalidInputError
        If the file is missing or damaged, or has no such column.

    Examples
    --------
    >>> import pyarrow.parquet
    >>> from tempfile import TemporaryDirectory
    >>> table = pyarrow.table({"example": [7, 9], "score": [0.5, 1.0], "comment": ["not", "read"]})
    >>> wanted = {"example": ("example",), "cscore": ("cscore", "score")}
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "mine.parquet")
    ...     pyarrow.parquet.write_table(table, path)
    ...     read_parquet_columns(path, wanted)
    {'example': array([7, 9]), 'cscore': array([0.5, 1. ])}
    """
    with _open_parquet(path) as file:
        columns = match_names(path, file.schema_arrow.names, wanted, optional, what="columns")
        check_fits(path, _unpacked_size(file))
        table = file.read(list(columns.values()))
    arrays = {}
    for key, name in columns.items():
        arrays[key] = table[name].to_numpy()
    return arrays


def parquet_columns(path: str | Path) -> list[str]:
    """The names of the columns of a parquet file; `InvalidInputError` if it is none."""
    with _open_parquet(path) as file:
        return list(file.schema_arrow.names)


def read_parquet_examples(
    path: str | Path,
    image: str | None = None,
    label: str | None = None,
    options: LoadOptions = DEFAULT_OPTIONS,
) -> RawExamples:
    """Read labelled images, features or texts from a parquet file, or from all of its shards.

    Parameters
    ----------
    path : path
        A pattern such as ``train-*.parquet`` stands for all files that match it. One of several
        shards, as the Hugging Face hub names them, is read with the others.
    image : str, optional
        Column of images, as in `table_images.image_examples`.
    label : str, optional
        Column of labels, in place of `options.label`.
    options : LoadOptions

    Returns
    -------
    RawExamples
        In the order of the file: `image` uint8 (example, height, width[, 3]) if there are images,
        or float32 (example, feature); `class_names` if the file's metadata has them; `filename` if
        every image has a `path` of its own.

    Raises
    ------
    InvalidInputError
        If the file is damaged, the columns are ambiguous, or what they hold cannot be used.

    Examples
    --------
    Two black images of 5 x 4 pixels:

    >>> import io
    >>> import PIL.Image
    >>> import pyarrow.parquet
    >>> from tempfile import TemporaryDirectory
    >>> png = io.BytesIO()
    >>> PIL.Image.new("L", (5, 4)).save(png, "png")
    >>> images = [{"bytes": png.getvalue(), "path": name} for name in ("a.png", "b.png")]
    >>> table = pyarrow.table({"img": images, "label": [3, 5]})
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "mine.parquet")
    ...     pyarrow.parquet.write_table(table, path)
    ...     examples = read_parquet_examples(path)
    >>> examples.image.shape, examples.label, examples.filename.tolist()
    ((2, 4, 5), array([3, 5]), ['a.png', 'b.png'])
    """
    paths, notes = expand_shards(str(path))
    with _open_parquet(paths[0]) as file:
        schema = file.schema_arrow

    def read(columns: Sequence[str]) -> "pyarrow.Table":
        return _read_shards(str(path), paths, columns, schema)

    source = TableSource(str(path), schema, read, notes)
    return table_examples(source, options, image, label)


def _read_shards(
    source: str, paths: Sequence[str], columns: Sequence[str], schema: "pyarrow.Schema"
) -> "pyarrow.Table":
    """Columns of all shards, if what they unpack to fits in memory."""
    import pyarrow

    expected = pyarrow.schema([schema.field(name) for name in columns])
    tables = []
    size = 0
    for path in paths:
        with _open_parquet(path) as file:
            size += _unpacked_size(file)
            check_fits(source, size)
            if not set(columns) <= set(file.schema_arrow.names):
                raise InvalidInputError(
                    f"{path}: found columns {', '.join(file.schema_arrow.names)}, expected "
                    f"{', '.join(columns)} as in {paths[0]}"
                )
            tables.append(file.read(list(columns)).select(list(columns)).cast(expected))
    return pyarrow.concat_tables(tables)


@contextmanager
def _open_parquet(path: str | Path) -> Iterator["parquet.ParquetFile"]:
    """Open a file; whatever damage is found while it is open becomes an `InvalidInputError`."""
    import pyarrow
    from pyarrow import parquet

    try:
        # pyarrow would take a path with a colon for a URL.
        with open_source(path) as opened, parquet.ParquetFile(opened) as file:
            yield file
    except InvalidInputError:
        raise
    except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:
        raise InvalidInputError(f"{path}: not a readable parquet file ({reason(error)})") from error


def _unpacked_size(file: "parquet.ParquetFile") -> int:
    """Bytes that a file takes in memory, at least."""
    size: int = _BYTES_PER_ROW * file.metadata.num_rows
    for number in range(file.metadata.num_row_groups):
        size += file.metadata.row_group(number).total_byte_size
    return size
