"""Labels of any kind that people have, as whole numbers with names."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cscore_data.errors import InvalidInputError


class Labels(NamedTuple):
    """Labels as a model needs them.

    Attributes
    ----------
    label : int64 (example,)
    class_names : tuple of str
        Names of classes 0, 1, …; empty if they have none.
    """

    label: np.ndarray
    class_names: tuple[str, ...]


def as_labels(name: str, label: Any, class_names: Sequence[str] = ()) -> Labels:
    """Labels as whole numbers.

    Parameters
    ----------
    name : str
        The data set, for messages.
    label : array (example,), (example, 1) or (example, class)
        Whole numbers stay as they are. Strings and bools become 0, 1, … in sorted order, with their
        texts as names; one-hot rows become the place of their 1.
    class_names : sequence of str
        Names of classes 0, 1, …, if they are known. Strings that are all among them become their
        places.

    Returns
    -------
    Labels

    Raises
    ------
    InvalidInputError
        If an example has no label or several, or if labels are fractions, too large for int64, or
        of another kind.

    Examples
    --------
    >>> as_labels("mine", ["dog", "cat", "dog"])
    Labels(label=array([1, 0, 1]), class_names=('cat', 'dog'))
    >>> as_labels("mine", [[0.0], [7.0]]).label
    array([0, 7])
    >>> as_labels("mine", [[0, 1, 0], [1, 0, 0]]).label
    array([1, 0])
    """
    label = one_column(label)
    if label.ndim not in (1, 2):
        raise InvalidInputError(
            f"{name}: labels have shape {label.shape}, expected one label for each example"
        )
    check_labelled(name, missing_labels(label))
    if label.ndim == 2:
        label = _from_one_hot(name, label)
    if label.dtype.kind == "O":
        label = _from_objects(name, label)
    if label.dtype.kind == "S":
        label = np.char.decode(label, "utf-8", "replace")

    kind = label.dtype.kind
    if kind in "UT" and set(label.tolist()) <= set(class_names):
        place = {class_name: number for number, class_name in enumerate(class_names)}
        places = [place[text] for text in label.tolist()]
        return Labels(np.array(places, np.int64), tuple(class_names))
    if kind in "UT":
        names, numbers = np.unique(label, return_inverse=True)
        return Labels(numbers.astype(np.int64), tuple(names.tolist()))
    if kind == "b":
        return Labels(label.astype(np.int64), tuple(class_names) or ("False", "True"))
    _check_whole(name, label)
    return Labels(label.astype(np.int64), tuple(class_names))


def as_named(labels: Labels) -> np.ndarray:
    """Labels as names, or as the numbers that they are if they have none: array (example,).

    Examples
    --------
    >>> as_named(Labels(np.array([1, 0]), ("cat", "dog")))
    array(['dog', 'cat'], dtype=object)
    """
    label = labels.label
    if not labels.class_names:
        return label.copy()
    # Classes beyond the names are called by their numbers.
    unnamed = range(len(labels.class_names), int(label.max(initial=-1)) + 1)
    names = np.array([*labels.class_names, *map(str, unnamed)], object)
    named: np.ndarray = names[label]
    return named


def one_column(label: Any) -> np.ndarray:
    """Labels as an array; (example, 1) becomes (example,)."""
    array: np.ndarray = np.asarray(label)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    return array


def unlabelled(label: Any) -> np.ndarray:
    """Which examples have no label: bool (example,).

    Parameters
    ----------
    label : array (example,), (example, 1) or (example, class)
        None, NaN, an empty text, the whole number -1 and a one-hot row without a 1 stand for no
        label.

    Examples
    --------
    >>> unlabelled(["dog", None, ""])
    array([False,  True,  True])
    >>> unlabelled([0, -1, 1])
    array([False,  True, False])
    """
    label = one_column(label)
    if label.ndim != 1:
        return missing_labels(label)
    minus_one = np.zeros(len(label), bool)
    if label.dtype.kind in "if":
        minus_one = label == -1
    elif label.dtype.kind == "O":
        minus_one = np.array([_is_minus_one(value) for value in label], bool)
    return missing_labels(label) | minus_one


def check_labelled(name: str, missing: np.ndarray) -> None:
    """Raise `InvalidInputError` if the label of an example is missing.

    Parameters
    ----------
    name : str
        The data set, for messages.
    missing : bool (example,)
    """
    rows = np.flatnonzero(missing)
    if rows.size:
        raise InvalidInputError(
            f"{name}: {rows.size} of {len(missing)} examples have no label (the first: example "
            f"{rows[0]}); label them, or leave them out with --drop-unlabelled"
        )


def missing_labels(label: np.ndarray) -> np.ndarray:
    """Which labels are None, NaN, an empty text or a row of zeros: bool (example,)."""
    kind = label.dtype.kind
    missing = np.zeros(label.shape[:1], bool)
    if label.ndim > 1:
        missing = ~(label != 0).any(axis=1)
    elif kind == "f":
        missing = np.isnan(label)
    elif kind in "UST":
        missing = np.strings.str_len(label) == 0
    elif kind == "O":
        missing = np.array([_is_nothing(value) for value in label], bool)
    return missing


def _is_nothing(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return len(value) == 0
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    # pandas has objects of its own for what is missing.
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _is_minus_one(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and bool(value == -1)


def _from_one_hot(name: str, label: np.ndarray) -> np.ndarray:
    """The place of the 1 in each row: int64 (example,)."""
    if label.dtype.kind not in "buif":
        raise InvalidInputError(
            f"{name}: labels have shape {label.shape} and dtype {label.dtype}, expected one label "
            "for each example"
        )
    is_one = label == 1
    is_one_hot = ((label == 0) | is_one).all(axis=1) & (is_one.sum(axis=1) == 1)
    rows = np.flatnonzero(~is_one_hot)
    if rows.size:
        raise InvalidInputError(
            f"{name}: labels have shape {label.shape} and {rows.size} rows are not one-hot (the "
            f"first: {rows[0]}), expected one label for each example; choose one class for each, "
            "such as the most probable"
        )
    place: np.ndarray = is_one.argmax(axis=1)
    return place


def _from_objects(name: str, label: np.ndarray) -> np.ndarray:
    """An array of a plain dtype, of Python objects of one kind."""
    values = label.tolist()
    types = sorted({type(value).__name__ for value in values})
    if all(isinstance(value, str) for value in values):
        return np.array(values, np.dtypes.StringDType())
    plain = np.asarray(values)
    if types == ["int"] and plain.dtype.kind not in "iu":
        raise InvalidInputError(
            f"{name}: labels reach {max(values, key=abs)}, which does not fit int64; give them as "
            "strings"
        )
    # numpy turns numbers among texts into texts, and bools among numbers into numbers.
    if plain.dtype.kind in "biuf" and ("bool" not in types or len(types) == 1):
        return plain
    if types == ["bytes"]:
        return plain
    raise InvalidInputError(
        f"{name}: labels have dtype object ({', '.join(types[:4])}), expected whole numbers or "
        "strings throughout"
    )


def _check_whole(name: str, label: np.ndarray) -> None:
    """Raise `InvalidInputError` unless these are whole numbers that int64 holds."""
    kind = label.dtype.kind
    is_whole = kind in "ui"
    if kind == "f":
        is_whole = bool((np.isfinite(label) & (label == np.rint(label))).all())
    if not is_whole:
        raise InvalidInputError(
            f"{name}: labels have dtype {label.dtype}, expected whole numbers or strings; what is "
            "to be predicted must be classes, not quantities"
        )
    if not label.size:
        return
    largest = max(int(label.max()), -int(label.min()))
    # Beyond this, floats merge neighbouring whole numbers, and int64 wraps.
    limit = 2**63 - 1
    if kind == "f":
        limit = 2 ** (np.finfo(label.dtype).nmant + 1)
    if largest > limit:
        raise InvalidInputError(
            f"{name}: labels reach {largest}, expected at most {limit}, up to which {label.dtype} "
            "tells whole numbers apart as int64 does; give them as strings"
        )
