"""Labelled data sets in tables: the rows are images, texts or features."""

import numpy as np

from cscore_data.data.options import LoadOptions
from cscore_data.data.plurals import counted
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.table_features import feature_columns
from cscore_data.data.table_images import has_images, image_examples
from cscore_data.data.table_source import (
    TableSource,
    as_array,
    class_names,
    describe_columns,
    label_column,
    named_column,
)
from cscore_data.errors import InvalidInputError


def table_examples(
    source: TableSource,
    options: LoadOptions,
    image: str | None = None,
    label: str | None = None,
) -> RawExamples:
    """Read the examples of a table: texts if the options name a column of them, else images if
    there are any, else features.

    Parameters
    ----------
    source : TableSource
    options : LoadOptions
    image, label : str, optional
        Columns of images and labels, where the source names them itself.

    Raises
    ------
    InvalidInputError
        If a column is missing or holds something else than is expected of it.

    Examples
    --------
    >>> import pyarrow
    >>> table = pyarrow.table({"width": [0.5, 2.0, 0.25], "kind": ["cat", "dog", "cat"]})
    >>> source = TableSource("mine", table.schema, table.select)
    >>> examples = table_examples(source, LoadOptions(label="kind"))
    >>> examples.image.tolist(), examples.label.tolist()
    ([[0.5], [2.0], [0.25]], ['cat', 'dog', 'cat'])
    """
    if label is not None and options.label is not None:
        raise InvalidInputError(
            f"{source.name}: the column of labels is given twice, {label} and {options.label}; "
            "leave one out"
        )
    label = label or options.label
    if options.text is not None:
        return _text_examples(source, options.text, label)
    if image is not None or has_images(source):
        return image_examples(source, image, label, options)
    return _feature_examples(source, label)


def _feature_examples(source: TableSource, label: str | None) -> RawExamples:
    label = label_column(source, label)
    others = [name for name in source.schema.names if name != label]
    features, notes = feature_columns(source, others)
    return RawExamples(
        image=features,
        label=as_array(source.read([label])[label]),
        class_names=class_names(source.schema, label),
        notes=(*source.notes, *notes),
    )


def _text_examples(source: TableSource, text: str, label: str | None) -> RawExamples:
    from pyarrow import compute, types

    text = named_column(source, text, "--text")
    label = label_column(source, label)
    kind = source.schema.field(text).type
    if types.is_dictionary(kind):
        kind = kind.value_type
    if not (types.is_string(kind) or types.is_large_string(kind)):
        raise InvalidInputError(
            f"{source.name}: column {text} holds {kind}, expected texts; found columns "
            f"{describe_columns(source)}"
        )
    table = source.read([text, label])
    texts = compute.fill_null(table[text].cast("string"), "")
    notes = list(source.notes)
    empty = compute.sum(compute.equal(compute.utf8_trim_whitespace(texts), "")).as_py()
    if empty:
        notes.append(f"{counted(empty, 'row has', 'rows have')} no text in column {text}")
    return RawExamples(
        image=None,
        label=as_array(table[label]),
        class_names=class_names(source.schema, label),
        text=np.array(texts.to_pylist(), np.dtypes.StringDType()),
        notes=tuple(notes),
    )
