"""Tables whose rows are images, as the Hugging Face hub has them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cscore_data.data.images import decode_images
from cscore_data.data.options import LoadOptions
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.table_source import (
    TableSource,
    as_array,
    class_names,
    describe_columns,
    usual_label,
)
from cscore_data.errors import InvalidInputError

if TYPE_CHECKING:
    import pyarrow


def image_examples(
    source: TableSource, image: str | None, label: str | None, options: LoadOptions
) -> RawExamples:
    """Read images and labels from columns of a table.

    Parameters
    ----------
    source : TableSource
    image : str, optional
        Column of structs with the encoded images in `bytes` and possibly their names in `path`.
        By default the one named image or img, or else the only one.
    label : str, optional
        Column with the labels. By default the one named label or fine_label, or else the only one
        of whole numbers.
    options : LoadOptions

    Raises
    ------
    InvalidInputError
        If the columns are ambiguous, or an image is missing or cannot be decoded.
    """
    from pyarrow import compute

    image = _choose_column(source, _IMAGES, image)
    label = _choose_label(source, label)
    table = source.read([image, label])
    encoded = compute.struct_field(table[image], "bytes")
    _check_complete(source.name, f"{image}.bytes", encoded)
    decoded = decode_images(source.name, encoded.to_pylist(), options)
    return decoded.with_labels(
        as_array(table[label]),
        class_names=class_names(source.schema, label),
        filename=_filenames(table[image]),
        notes=source.notes,
    )


def has_images(source: TableSource) -> bool:
    """True if a column holds encoded images."""
    return any(_is_image(field.type) for field in source.schema)


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


def _choose_label(source: TableSource, given: str | None) -> str:
    """The column of labels: any that is given, or else one of whole numbers or of a usual name."""
    if given is None:
        has_numbers = any(_is_whole_number(field.type) for field in source.schema)
        usual = usual_label(source.schema)
        if usual is not None and not has_numbers:
            return usual
    elif source.schema.names.count(given) == 1 and not _is_image(source.schema.field(given).type):
        return given
    return _choose_column(source, _LABELS, given)


def _choose_column(source: TableSource, kind: _ColumnKind, given: str | None) -> str:
    """The column of this kind that is given, has a usual name or is the only one."""
    candidates = [field.name for field in source.schema if kind.fits(field.type)]
    name = given
    if given is None:
        name = _default_column(candidates, kind.usual_names)
    # A schema may hold a name twice, which is as ambiguous as two names.
    if name is not None and candidates.count(name) == 1:
        return name

    expected = f"one column of {kind.description}"
    if given is not None:
        expected += f" named {given}"
    raise InvalidInputError(
        f"{source.name}: found columns {describe_columns(source)}; expected {expected}; say which "
        "columns to use with PATH.parquet:IMAGE:LABEL, or the labels with --label"
    )


def _default_column(candidates: Sequence[str], usual_names: Sequence[str]) -> str | None:
    for name in usual_names:
        if name in candidates:
            return name
    if len(candidates) == 1:
        return candidates[0]
    return None


def _check_complete(name: str, column_name: str, column: "pyarrow.ChunkedArray") -> None:
    if column.null_count:
        first = column.is_null().to_numpy().argmax()
        raise InvalidInputError(
            f"{name}: {column_name} is missing in {column.null_count} of {len(column)} rows "
            f"(the first: {first}); expected images inside the file"
        )


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
