"""Readers of what programs have in memory: arrays, tables, data sets of other packages.

Each returns `RawExamples`, as the readers of files do. The other packages are not imported: their
objects are recognised by what they can do.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cscore_data.data.assembly import assembled
from cscore_data.data.file_checks import check_fits
from cscore_data.data.options import LoadOptions
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.table_examples import table_examples
from cscore_data.data.table_source import TableSource
from cscore_data.errors import InvalidInputError, reason


def raw_arrays(
    name: str, image: Any, label: Any, class_names: Sequence[str], options: LoadOptions
) -> RawExamples:
    """Two arrays, for `Examples.from_arrays`."""
    raw = RawExamples(_as_array(name, image), _as_array(name, label), tuple(class_names))
    return assembled(name, raw, options)


def raw_dataframe(name: str, table: Any, options: LoadOptions) -> RawExamples:
    """A pandas DataFrame, for `Examples.from_dataframe`."""
    import pyarrow

    # Columns may have numbers for names, and arrays for values.
    columns = {}
    for column in table.columns:
        try:
            columns[str(column)] = pyarrow.array(table[column], from_pandas=True)
        except (pyarrow.ArrowException, TypeError, ValueError) as error:
            raise InvalidInputError(
                f"{name}: column {column} holds values of different types ({reason(error)}); "
                "give it one type"
            ) from error
    return _raw_table(name, pyarrow.table(columns), options)


def raw_huggingface(name: str, dataset: Any, options: LoadOptions) -> RawExamples:
    """A data set of the Hugging Face library, for `Examples.from_huggingface`.

    Its table is in `data.table`, and its features know how they are written into metadata.
    """
    if isinstance(dataset, dict):
        raise InvalidInputError(
            f"{name}: found the splits {', '.join(map(str, dataset))}, expected one of them, such "
            "as dataset['train']"
        )
    if not hasattr(dataset, "data") or not hasattr(dataset.data, "table"):
        raise InvalidInputError(
            f"{name}: found {type(dataset).__name__}, expected a datasets.Dataset in memory or on "
            "disk (one that is streamed has no length)"
        )
    # Rows that were selected or shuffled are a mapping onto the table.
    if getattr(dataset, "_indices", None) is not None:
        dataset = dataset.flatten_indices()
    return _raw_table(name, dataset.data.table, options)


def raw_torch(name: str, dataset: Any, options: LoadOptions) -> RawExamples:
    """A map-style data set of torch or torchvision, for `Examples.from_torch`."""
    if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
        raise InvalidInputError(
            f"{name}: found {type(dataset).__name__}, expected a data set with a length and items"
        )
    if len(dataset) == 0:
        raise InvalidInputError(f"{name}: the data set has no items")
    images = []
    labels = []
    for number in range(len(dataset)):
        image, label = _torch_item(name, dataset[number], number, options.size)
        images.append(image)
        labels.append(label)
        if image.shape != images[0].shape:
            raise InvalidInputError(
                f"{name}: item {number} has shape {image.shape}, expected {images[0].shape} as "
                "item 0; resize them all, such as with size=32"
            )
        if number == 0:
            check_fits(name, len(dataset) * image.nbytes)
    class_names = tuple(getattr(dataset, "classes", ()))
    if not all(isinstance(class_name, str) for class_name in class_names):
        class_names = ()
    raw = RawExamples(np.stack(images), _as_array(name, labels), class_names)
    return assembled(name, raw, LoadOptions())


def _torch_item(name: str, item: Any, number: int, size: int | None) -> tuple[np.ndarray, Any]:
    """The image and the label of one item."""
    if not isinstance(item, Sequence) or len(item) != 2:
        raise InvalidInputError(
            f"{name}: item {number} is a {type(item).__name__}, expected a pair of an image and a "
            "label"
        )
    image, label = item
    # Only PIL's images can be resized; tensors are what a transform made of them.
    if size is not None and hasattr(image, "resize") and hasattr(image, "mode"):
        image = image.resize((size, size))
    scalar = np.asarray(label)
    if scalar.size != 1 or scalar.dtype.kind not in "biufU":
        raise InvalidInputError(
            f"{name}: item {number} has a label of type {type(label).__name__}, expected one class"
        )
    return np.asarray(image), scalar.item()


def _raw_table(name: str, table: Any, options: LoadOptions) -> RawExamples:
    source = TableSource(name, table.schema, table.select)
    return assembled(name, table_examples(source, options), options)


def _as_array(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{name}: not an array ({reason(error)})") from error
