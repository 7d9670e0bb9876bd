"""Orders of examples: that of a data set's own files, and that of TensorFlow Datasets (TFDS)."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from cscore_data.data.names import as_list, as_texts, check_unique
from cscore_data.errors import InvalidInputError

#: By what TFDS identifies an example: its index in the original files, or its file name.
Key = int | str | bytes


def tfds_permutation(keys: int | Sequence[Key] | np.ndarray, *, split: str = "train") -> np.ndarray:
    """Original index of the example at each position of a TFDS split.

    Parameters
    ----------
    keys : int or sequence of int, str or bytes (example,)
        The keys that TFDS gives the examples, in original order. A number N stands for 0..N-1, the
        keys of MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100; for ImageNet they are the file names.
    split : str
        ``train``, ``test`` or ``validation``; TFDS orders each of them differently.

    Returns
    -------
    int64 (example,)
        A permutation. ``values[permutation]`` brings values from original order into TFDS order,
        ``scores.isel(example=permutation)`` does the same for labelled ones.

    Raises
    ------
    InvalidInputError
        If a key is of another type or occurs twice.

    Notes
    -----
    TFDS sorts by the 128 bits of md5(split name + str(key)) and keeps that order across its shards.
    1.3 million file names take about two seconds.

    References
    ----------
    tensorflow-datasets 4.9, core/hashing.py and core/shuffle.py.

    Examples
    --------
    The first training images of MNIST in TFDS:

    >>> from cscore_data import tfds_permutation
    >>> tfds_permutation(60_000)[:4]
    array([16399,  1680, 47917, 17307])
    """
    if isinstance(keys, int):
        keys = range(keys)
    keys = as_list(keys)
    digests = _digests(keys, split)
    permutation: np.ndarray = np.lexsort((digests[:, 1], digests[:, 0]))

    # Equal keys have equal digests, which are neighbours once sorted.
    same_as_next = (np.diff(digests[permutation], axis=0) == 0).all(axis=1)
    repeated = np.flatnonzero(same_as_next)
    if repeated.size:
        first = keys[permutation[repeated[0]]]
        raise InvalidInputError(
            f"keys: {repeated.size} of {len(keys)} occur more than once, among them {first!r}; "
            "TFDS identifies each example by a key of its own"
        )
    return permutation.astype(np.int64, copy=False)


def to_tfds(
    values: Any, *, keys: Sequence[Key] | np.ndarray | None = None, split: str = "train"
) -> np.ndarray:
    """Bring values from original order into TFDS order.

    Parameters
    ----------
    values : array (example, ...)
        In original order, any dtype.
    keys : sequence of int, str or bytes (example,), optional
        As for `tfds_permutation`; 0..N-1 by default.
    split : str
        As for `tfds_permutation`.

    Returns
    -------
    array (example, ...)

    Raises
    ------
    InvalidInputError
        If there are not as many keys as values, or a key occurs twice.

    Examples
    --------
    >>> from cscore_data import to_tfds
    >>> to_tfds([0.1, 0.2, 0.3, 0.4])
    array([0.1, 0.4, 0.2, 0.3])
    """
    array: np.ndarray = np.asarray(values)
    array = array[_permutation_for(len(array), keys, split)]
    return array


def to_original(
    values: Any,
    *,
    keys: Sequence[Key] | np.ndarray | None = None,
    ids: Sequence[str | bytes] | np.ndarray | None = None,
    split: str = "train",
) -> np.ndarray:
    """Bring values from TFDS order back into original order.

    Parameters
    ----------
    values : array (example, ...)
        In TFDS order, any dtype.
    keys : sequence of int, str or bytes (example,), optional
        As for `tfds_permutation`, so in *original* order; 0..N-1 by default.
    ids : sequence of str or bytes (example,), optional
        Instead of keys: the field `id` of the examples, as the CIFAR sets of TFDS have it, in the
        same order as the values, whatever that is.
    split : str
        As for `tfds_permutation`.

    Returns
    -------
    array (example, ...)

    Raises
    ------
    InvalidInputError
        If there are not as many keys or ids as values, or one is missing or occurs twice.

    Examples
    --------
    >>> from cscore_data import to_original, to_tfds
    >>> to_original(to_tfds([0.1, 0.2, 0.3, 0.4]))
    array([0.1, 0.2, 0.3, 0.4])
    >>> to_original([0.5, 0.25], ids=["train_00001", "train_00000"])
    array([0.25, 0.5 ])
    """
    array: np.ndarray = np.asarray(values)
    if ids is None:
        index = _permutation_for(len(array), keys, split)
    else:
        index = id_index(ids)
        _check_permutation(index, len(array))
    original = np.empty_like(array)
    original[index] = array
    return original


def id_index(ids: Sequence[str | bytes] | np.ndarray) -> np.ndarray:
    """Original indices from the field `id` of TFDS examples.

    Parameters
    ----------
    ids : sequence of str or bytes (example,)
        Of one split, in any order; they may be a part of the split.

    Returns
    -------
    int64 (example,)

    Raises
    ------
    InvalidInputError
        If an id is of another form or split than the first, or occurs twice.

    Examples
    --------
    >>> from cscore_data import id_index
    >>> id_index(["train_00042", "train_00007"])
    array([42,  7])
    """
    split = ""
    numbers = []
    for text in as_texts(ids):
        match = re.fullmatch(r"(.+)_([0-9]{1,18})", text)
        if match is None or split not in ("", match[1]):
            raise InvalidInputError(
                f"ids: found {text!r}, expected {split or 'SPLIT'}_NUMBER, all of one split"
            )
        split = match[1]
        numbers.append(int(match[2]))
    # Numbers, not texts: train_1 is train_00001 too.
    check_unique([f"{split}_{number:05d}" for number in numbers], "ids")
    return np.array(numbers, np.int64)


def _permutation_for(
    examples: int, keys: Sequence[Key] | np.ndarray | None, split: str
) -> np.ndarray:
    if keys is None:
        return tfds_permutation(examples, split=split)
    if len(keys) != examples:
        raise InvalidInputError(
            f"keys: found {len(keys)} for {examples} values, expected one for each"
        )
    return tfds_permutation(keys, split=split)


def _check_permutation(index: np.ndarray, examples: int) -> None:
    """Check that `index`, distinct numbers, is a permutation of 0..examples-1."""
    if len(index) != examples:
        raise InvalidInputError(
            f"ids: found {len(index)} for {examples} values, expected one for each"
        )
    missing = np.setdiff1d(np.arange(examples), index)
    if missing.size:
        raise InvalidInputError(
            f"ids: {missing.size} of the numbers 0..{examples - 1} are missing (the first: "
            f"{missing[0]}); give all examples of the split, or place a part of it with id_index"
        )


def _digests(keys: Iterable[Key], split: str) -> np.ndarray:
    """md5(split name + key) of each key as two big-endian halves, uint64 (key, 2)."""
    salted = hashlib.md5(split.encode(), usedforsecurity=False)
    digests = []
    for key in keys:
        md5 = salted.copy()
        md5.update(_key_bytes(key))
        digests.append(md5.digest())
    return np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2)


def _key_bytes(key: Key) -> bytes:
    if isinstance(key, bytes):
        return key
    if isinstance(key, str):
        # As TFDS does, for paths of Windows.
        return key.replace("\\", "/").encode()
    if isinstance(key, int | np.integer):
        return b"%d" % key
    raise InvalidInputError(
        f"keys: found {key!r} of type {type(key).__name__}, expected int, str or bytes"
    )
