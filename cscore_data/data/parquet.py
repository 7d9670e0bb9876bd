"""Readers of parquet files: of single columns, and of image sets of the Hugging Face hub."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cscore_data.data.file_checks import check_fits, match_names
from cscore_data.data.images import decode_images
from cscore_data.data.raw_examples import RawExamples
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
        table = _read_table(path, file, list(columns.values()))
    arrays = {}
    for key, name in columns.items():
        arrays[key] = table[name].to_numpy()
    return arrays


def read_parquet_examples(
    path: str | Path, image: str | None = None, label: str | None = None
) -> RawExamples:
    """Read images and labels from a parquet file laid out as the Hugging Face hub does.

    Parameters
    ----------
    path : path
    image : str, optional
        Column of structs with the encoded images in `bytes` and possibly their names in `path`.
        By default the one named image or img, or else the only one.
    label : str, optional
        Column of whole numbers. By default the one named label or fine_label, or else the only one.

    Returns
    -------
    RawExamples
        `image` uint8 (example, height, width[, 3]) and `label` int (example,), in the order of the
        file; `class_names` if the file's metadata has them; `filename` if every image has a `path`
        of its own.

    Raises
    ------
    InvalidInputError
        If the file is damaged, the columns are ambiguous or hold nulls, or an image cannot be
        decoded.

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
    from pyarrow import compute

    with _open_parquet(path) as file:
        image = _choose_column(path, file.schema_arrow, _IMAGES, image)
        label = _choose_column(path, file.schema_arrow, _LABELS, label)
        table = _read_table(path, file, [image, label])
        encoded = compute.struct_field(table[image], "bytes")
        _check_complete(path, f"{image}.bytes", encoded)
        _check_complete(path, label, table[label])
        return RawExamples(
            image=decode_images(str(path), encoded.to_pylist()),
            label=table[label].to_numpy(),
            class_names=_class_names(table.schema.metadata, label),
            filename=_filenames(table[image]),
        )


@contextmanager
def _open_parquet(path: str | Path) -> Iterator["parquet.ParquetFile"]:
    """Open a file; whatever damage is found while it is open becomes an `InvalidInputError`."""
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except InvalidInputError:
        raise
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:
        raise InvalidInputError(f"{path}: not a readable parquet file ({reason(error)})") from error


def _read_table(
    path: str | Path, file: "parquet.ParquetFile", columns: list[str]
) -> "pyarrow.Table":
    """Read columns, if what the file unpacks to fits in memory."""
    size = _BYTES_PER_ROW * file.metadata.num_rows
    for number in range(file.metadata.num_row_groups):
        size += file.metadata.row_group(number).total_byte_size
    check_fits(path, size)
    return file.read(columns)


class _ColumnKind(NamedTuple):
    """What a column of an image set must be, and the names that it usually has."""

    description: str
    fits: Callable[["pyarrow.DataType"], bool]
    usual_names: tuple[str, ...]


def _is_image(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    if not types.is_struct(kind):
        return False
    for field in kind:
        if field.name == "bytes":
            return bool(types.is_binary(field.type) or types.is_large_binary(field.type))
    return False


def _is_whole_number(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind))


_IMAGES = _ColumnKind("structs with the images in bytes", _is_image, ("image", "img"))
_LABELS = _ColumnKind("whole numbers", _is_whole_number, ("label", "fine_label"))


def _choose_column(
    path: str | Path, schema: "pyarrow.Schema", kind: _ColumnKind, given: str | None
) -> str:
    """The column of this kind that is given, has a usual name or is the only one."""
    candidates = [field.name for field in schema if kind.fits(field.type)]
    name = given
    if given is None:
        name = _default_column(candidates, kind.usual_names)
    # A schema may hold a name twice, which is as ambiguous as two names.
    if name is not None and candidates.count(name) == 1:
        return name

    columns = [f"{field.name} ({str(field.type)[:40]})" for field in schema]
    expected = f"one column of {kind.description}"
    if given is not None:
        expected += f" named {given}"
    raise InvalidInputError(
        f"{path}: found columns {', '.join(columns)}; expected {expected}; say which columns to "
        "use with PATH.parquet:IMAGE:LABEL"
    )


def _default_column(candidates: Sequence[str], usual_names: Sequence[str]) -> str | None:
    for name in usual_names:
        if name in candidates:
            return name
    if len(candidates) == 1:
        return candidates[0]
    return None


def _check_complete(path: str | Path, name: str, column: "pyarrow.ChunkedArray") -> None:
    if column.null_count:
        first = column.is_null().to_numpy().argmax()
        raise InvalidInputError(
            f"{path}: {name} is missing in {column.null_count} of {len(column)} rows "
            f"(the first: {first}); expected images inside the file and a label for each"
        )


def _class_names(metadata: dict[bytes, bytes] | None, label: str) -> tuple[str, ...]:
    """Class names that the `datasets` library stores in the schema; empty if it has not."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        names = features[label]["names"]
    except (KeyError, TypeError, ValueError):
        return ()
    if not isinstance(names, list):
        return ()
    return tuple(str(name) for name in names)


def _filenames(images: "pyarrow.ChunkedArray") -> np.ndarray | None:
    """The names of the images, str (example,), if each has one of its own."""
    from pyarrow import compute

    if images.type.get_field_index("path") < 0:
        return None
    names = compute.struct_field(images, "path").to_pylist()
    if not all(isinstance(name, str) and name for name in names):
        return None
    if len(set(names)) < len(names):
        return None
    return np.array(names)
