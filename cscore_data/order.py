"""Orders of examples: that of a data set's own files, that of TensorFlow Datasets (TFDS), and file names."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from cscore_data.errors import InvalidInputError

#: What TFDS knows an example by: its index in the original files, or its file name.
Key = int | str | bytes


def tfds_permutation(keys: int | Sequence[Key] | np.ndarray, *, split: str = "train") -> np.ndarray:
    """Which example stands at each place of a TFDS split.

    Parameters
    ----------
    keys : int or sequence of int, str or bytes (example,)
        The keys that TFDS gives the examples, in original order. A number N stands for 0..N-1, the keys of MNIST,
        Fashion-MNIST, CIFAR-10 and CIFAR-100; for ImageNet they are the file names.
    split : str
        ``train``, ``test`` or ``validation``; TFDS orders each by a hash of its own.

    Returns
    -------
    int64 (example,)
        A permutation: original index of the example at each TFDS position. ``values[permutation]`` brings values from
        original order into TFDS order, ``scores.isel(example=permutation)`` does it with labelled ones.

    Raises
    ------
    InvalidInputError
        If a key is of another type or occurs twice.

    Notes
    -----
    TFDS sorts by the 128 bits of md5(split name + str(key)) and keeps that order across its shards. 1.3 million file
    names take about two seconds.

    References
    ----------
    tensorflow-datasets 4.9, core/hashing.py and core/shuffle.py.
    """
    keys = range(keys) if isinstance(keys, int) else _as_list(keys)
    salted = hashlib.md5(split.encode(), usedforsecurity=False)
    digests = np.frombuffer(b"".join(_digests(salted, keys)), ">u8").reshape(-1, 2)
    permutation: np.ndarray = np.lexsort((digests[:, 1], digests[:, 0]))
    twice = np.flatnonzero((np.diff(digests[permutation], axis=0) == 0).all(1))
    if twice.size:
        raise InvalidInputError(
            f"keys: {twice.size} of {len(keys)} occur more than once, among them {keys[permutation[twice[0]]]!r}; "
            "TFDS knows each example by a key of its own"
        )
    return permutation.astype(np.int64, copy=False)


def to_tfds(values: Any, *, keys: Sequence[Key] | np.ndarray | None = None, split: str = "train") -> np.ndarray:
    """Values in original order (example, ...), any dtype, brought into TFDS order.

    Parameters
    ----------
    values : array (example, ...)
    keys : sequence of int, str or bytes (example,), optional
        As for `tfds_permutation`; 0..N-1 if not given.
    split : str

    Raises
    ------
    InvalidInputError
        If there are not as many keys as values, or a key occurs twice.
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
    """Values in TFDS order (example, ...), any dtype, brought back into original order.

    Parameters
    ----------
    values : array (example, ...)
    keys : sequence of int, str or bytes (example,), optional
        As for `tfds_permutation`, so in *original* order; 0..N-1 if not given.
    ids : sequence of str or bytes (example,), optional
        In place of keys: the field `id` that stands beside each value, as in the CIFAR sets of TFDS, in any order.
    split : str

    Raises
    ------
    InvalidInputError
        If there are not as many keys or ids as values, or one is missing or occurs twice.
    """
    array: np.ndarray = np.asarray(values)
    place = _permutation_for(len(array), keys, split) if ids is None else _complete(id_index(ids), len(array))
    original = np.empty_like(array)
    original[place] = array
    return original


def id_index(ids: Sequence[str | bytes] | np.ndarray) -> np.ndarray:
    """Original indices from the field `id` of TFDS examples: ``train_00042`` is 42.

    Parameters
    ----------
    ids : sequence of str or bytes (example,)
        All of one split, in any order; some of the split will do.

    Returns
    -------
    int64 (example,)

    Raises
    ------
    InvalidInputError
        If an id is of another form or split than the first, or occurs twice.
    """
    texts = _as_texts(ids)
    matches = [re.fullmatch(r"(.+)_([0-9]{1,18})", text) for text in texts]
    split = matches[0][1] if matches and matches[0] else ""
    for text, match in zip(texts, matches, strict=True):
        if match is None or match[1] != split:
            raise InvalidInputError(f"ids: found {text!r}, expected {split or 'SPLIT'}_NUMBER, all of one split")
    numbers = [int(match[2]) for match in matches if match]
    check_unique([f"{split}_{number:05d}" for number in numbers], "ids")
    return np.array(numbers, np.int64)


def positions(names: Sequence[str | bytes] | np.ndarray, wanted: Sequence[str | bytes] | np.ndarray) -> np.ndarray:
    """Where each of the `wanted` names stands among `names`: the join of scores with a directory listing.

    Parameters
    ----------
    names : sequence of str or bytes (example,)
        Such as `filename` of published ImageNet scores.
    wanted : sequence of str or bytes (file,)
        Written in the same way, without folders if `names` have none; they may be fewer.

    Returns
    -------
    int64 (file,)
        ``scores.isel(example=positions(scores["filename"].values, listing))`` has the listing's order.

    Raises
    ------
    InvalidInputError
        If a name occurs twice on either side, or a wanted one is not among `names`; says which.
    """
    names, wanted = _as_texts(names), _as_texts(wanted)
    check_unique(names, "names")
    check_unique(wanted, "wanted names")
    place = dict(zip(names, range(len(names)), strict=True))
    missing = [name for name in wanted if name not in place]
    if missing:
        known = f"such as {names[0]!r}" if names else "none at all"
        raise InvalidInputError(
            f"names: {len(missing)} of {len(wanted)} not found ({', '.join(map(repr, missing[:3]))}) among "
            f"{len(names)} names ({known}); write names alike on both sides, and leave out those that have no match"
        )
    return np.fromiter((place[name] for name in wanted), np.int64, len(wanted))


def check_unique(names: Sequence[str | bytes] | np.ndarray, what: str) -> None:
    """Raise `InvalidInputError`, saying which and calling them `what`, if names (example,) occur more than once."""
    names = _as_texts(names)
    if len(set(names)) == len(names):
        return
    seen: set[str] = set()
    twice = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    raise InvalidInputError(
        f"{what}: {len(twice)} of {len(names)} occur more than once ({', '.join(map(repr, twice[:3]))}), so examples "
        "cannot be told apart; keep each once"
    )


def _permutation_for(examples: int, keys: Sequence[Key] | np.ndarray | None, split: str) -> np.ndarray:
    if keys is not None and len(keys) != examples:
        raise InvalidInputError(f"keys: found {len(keys)} for {examples} values, expected one for each")
    return tfds_permutation(examples if keys is None else keys, split=split)


def _complete(index: np.ndarray, examples: int) -> np.ndarray:
    """`index`, different numbers, if it is a permutation of 0..examples-1."""
    if len(index) != examples:
        raise InvalidInputError(f"ids: found {len(index)} for {examples} values, expected one for each")
    missing = np.setdiff1d(np.arange(examples), index)
    if missing.size:
        raise InvalidInputError(
            f"ids: {missing.size} of the numbers 0..{examples - 1} are missing (the first: {missing[0]}); give all "
            "examples of the split, or place a part of it with id_index"
        )
    return index


def _digests(salted: Any, keys: Iterable[Key]) -> Iterator[bytes]:
    for key in keys:
        md5 = salted.copy()
        md5.update(_key_bytes(key))
        yield md5.digest()


def _key_bytes(key: Key) -> bytes:
    if isinstance(key, bytes):
        return key
    if isinstance(key, str):
        return key.replace("\\", "/").encode()  # as TFDS does, for paths of Windows
    if isinstance(key, int | np.integer):
        return b"%d" % key
    raise InvalidInputError(f"keys: found {key!r} of type {type(key).__name__}, expected int, str or bytes")


def _as_list(values: Any) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _as_texts(names: Any) -> list[str]:
    # surrogateescape: what os.listdir makes of a name that is no UTF-8.
    return [name.decode(errors="surrogateescape") if isinstance(name, bytes) else str(name) for name in _as_list(names)]
