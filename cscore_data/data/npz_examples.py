"""Reader of npz files as labelled data sets."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cscore_data.data.file_checks import match_names
from cscore_data.data.npz import Header, npz_headers, read_npz_arrays
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.raw_split import RawTestSplit
from cscore_data.data.table_examples import table_examples
from cscore_data.data.table_source import TableSource
from cscore_data.errors import InvalidInputError

if TYPE_CHECKING:
    import pyarrow

#: Names that arrays have in files of many origins: numpy users, Keras, scikit-learn, MedMNIST.
_IMAGES = ("image", "x", "images", "X", "x_train", "X_train", "train_images", "data", "features")
_LABELS = ("label", "y", "labels", "Y", "y_train", "Y_train", "train_labels", "target", "targets")
_CLASS_NAMES = ("class_names", "target_names", "label_names")

#: The same of test examples.
_TEST_IMAGES = ("image_test", "x_test", "images_test", "X_test", "test_images", "data_test")
_TEST_LABELS = ("label_test", "y_test", "labels_test", "Y_test", "test_labels", "target_test")

#: The names that need no explanation.
_PLAIN = {"image", "x", "label", "y"}


def read_npz_examples(path: str | Path, options: LoadOptions = DEFAULT_OPTIONS) -> RawExamples:
    """Read labelled images, features or texts from an npz file.

    Parameters
    ----------
    path : path
    options : LoadOptions

    Returns
    -------
    RawExamples
        Images or features are in `image` or `x`, labels in `label` or `y`, or in arrays of other
        usual names. Where no array has one, all that have one value or one row per example are
        taken as the columns of a table.

    Raises
    ------
    InvalidInputError
        As `read_npz_arrays`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "mine.npz")
    ...     np.savez(path, x=np.zeros((4, 8, 8), np.uint8), y=[0, 1, 1, 0])
    ...     examples = read_npz_examples(path)
    >>> examples.image.shape, examples.label.tolist()
    ((4, 8, 8), [0, 1, 1, 0])
    """
    headers = npz_headers(path)
    usual_images = [name for name in _IMAGES if name in headers and name != options.label]
    if options.text is not None or (not usual_images and _is_table(headers, options)):
        return table_examples(_as_table(path, headers), options)

    labels: tuple[str, ...] = _LABELS
    if options.label is not None:
        labels = (options.label,)
    wanted = {
        "image": [name for name in _IMAGES if name not in labels],
        "label": labels,
        "class_names": _CLASS_NAMES,
    }
    arrays = read_npz_arrays(path, wanted, optional=["class_names"])
    names = match_names(path, headers, wanted, optional=["class_names"])
    return RawExamples(
        arrays["image"],
        arrays["label"],
        class_names=_class_names(arrays.get("class_names")),
        notes=_notes(names, headers),
    )


def read_npz_test_examples(
    path: str | Path, options: LoadOptions = DEFAULT_OPTIONS
) -> RawTestSplit:
    """Read the labelled test images or features from an npz file.

    Parameters
    ----------
    path : path
    options : LoadOptions

    Returns
    -------
    RawTestSplit
        Images or features are in `image_test` or `x_test`, labels in `label_test` or `y_test`, or
        in arrays of other usual names.

    Raises
    ------
    InvalidInputError
        As `read_npz_arrays`; if there is no such array, or texts or columns of a table are to be
        learned from.
    """
    headers = npz_headers(path)
    training = [name for name in _IMAGES if name in headers and name != options.label]
    if options.text is not None or not training:
        raise InvalidInputError(
            f"{path}: found texts or columns of a table, expected images or features in one array: "
            "the test split of others is not read; leave --test out"
        )
    labels: tuple[str, ...] = _TEST_LABELS
    if options.label is not None:
        # Labels of another kind are no labels of the test examples.
        usual = _TEST_LABELS if options.label in _LABELS else ()
        labels = (*_test_names(options.label), *usual)
    wanted = {"image": _TEST_IMAGES, "label": labels, "class_names": _CLASS_NAMES}
    try:
        names = match_names(path, headers, wanted, optional=["class_names"])
    except InvalidInputError as error:
        raise InvalidInputError(f"{error}, for the test split; leave --test out") from error
    arrays = read_npz_arrays(path, {"training": training, **wanted}, optional=["class_names"])
    note = f"test examples are read from {names['image']}, their labels from {names['label']}"
    class_names = _class_names(arrays.get("class_names"))
    raw = RawExamples(arrays["image"], arrays["label"], class_names, notes=(note,))
    return RawTestSplit(raw, training_image=arrays["training"])


def _test_names(name: str) -> tuple[str, ...]:
    """Names that an array of test examples may have, if that of training examples has this one."""
    names = (f"{name}_test", f"test_{name}")
    return (*names, name.replace("train", "test")) if "train" in name else names


def _notes(names: dict[str, str], headers: dict[str, Header]) -> tuple[str, ...]:
    """Which arrays were read, unless it goes without saying."""
    used = set(names.values())
    if used <= _PLAIN:
        return ()
    note = f"images are read from {names['image']}, labels from {names['label']}"
    of_test = {*_TEST_IMAGES, *_TEST_LABELS}
    test = [name for name in headers if name in of_test]
    if test:
        note += f"; a test split is in {', '.join(test)}"
    unused = [name for name in headers if name not in used | of_test]
    if unused:
        note += f"; not read: {', '.join(unused[:10])}"
    return (note,)


def _class_names(names: np.ndarray | None) -> tuple[str, ...]:
    """Names of classes, if this is a list of texts."""
    if names is None or names.ndim != 1 or names.dtype.kind != "U":
        return ()
    return tuple(names.tolist())


def _is_table(headers: dict[str, Header], options: LoadOptions) -> bool:
    """True if the arrays can be the columns of a table that has labels."""
    if options.label is None and not set(_LABELS) & set(headers):
        return False
    return len(headers) > 1 and len({header.shape[:1] for header in headers.values()}) == 1


def _as_table(path: str | Path, headers: dict[str, Header]) -> TableSource:
    """All arrays with one value or one row per example as a table."""
    import pyarrow

    columns = {}
    lengths = [header.shape[0] for header in headers.values() if header.shape]
    for name, header in headers.items():
        if len(header.shape) in (1, 2) and header.shape[0] == max(lengths):
            columns[name] = _as_column(read_npz_arrays(path, {name: [name]})[name])
    if not columns:
        raise InvalidInputError(
            f"{path}: found arrays {', '.join(headers) or 'none'}, expected columns of a table"
        )
    table = pyarrow.table(columns)
    return TableSource(str(path), table.schema, table.select)


def _as_column(array: np.ndarray) -> "pyarrow.Array":
    import pyarrow

    if array.ndim == 1:
        return pyarrow.array(array)
    values = pyarrow.array(np.ascontiguousarray(array).reshape(-1))
    return pyarrow.FixedSizeListArray.from_arrays(values, array.shape[1])
