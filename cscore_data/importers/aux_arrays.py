"""One run of Feldman and Zhang's checkpoints: the arrays beside its weights."""

from collections.abc import Mapping

import numpy as np

from cscore_data.data.npz import npz_headers, read_npz_arrays
from cscore_data.errors import InvalidInputError

#: The name of the file in the folder of a run.
FILE = "aux_arrays.npz"

_TRAIN = ("correctness_train", "index_train", "correctness_removed", "index_removed")
_TEST = ("correctness_test", "index_test")
_SUBSET = "subsample_idx"


class AuxArrays:
    """Reads the files of runs on so many examples.

    Parameters
    ----------
    examples : int
        Number of examples in the whole training set.
    test_examples : int or None
        None leaves test examples out.

    Attributes
    ----------
    largest : int
        Bytes that a file can have at most.
    """

    def __init__(self, examples: int, test_examples: int | None):
        self._examples = examples
        self._test_examples = test_examples
        # Seven arrays of up to eight bytes a value.
        self.largest = 64 * (examples + (test_examples or 0)) + 2**20

    def rows(self, content: bytes, name: str) -> dict[str, np.ndarray]:
        """The rows of one run (1, …); `InvalidInputError` if it is not sound."""
        found = read_aux_arrays(
            content, name, examples=self._examples, test_examples=self._test_examples
        )
        return {key: values[np.newaxis] for key, values in found.items()}

    def check_size(self, size: int, name: str) -> None:
        """Raise `InvalidInputError` if a file is larger than any can be, before it is read."""
        if size > self.largest:
            raise InvalidInputError(
                f"{name}: has {size:,} bytes, expected at most {self.largest:,} for "
                f"{self._examples} examples"
            )


def read_aux_arrays(
    content: bytes, name: str, *, examples: int, test_examples: int | None
) -> dict[str, np.ndarray]:
    """What a cube has of a run: from where it was right to what it was trained on.

    Parameters
    ----------
    content : bytes
        The npz file: `correctness_train` and `correctness_removed`, 0 or 1, of the examples of the
        training set `index_train` and `index_removed`; `correctness_test` and `index_test`;
        `subsample_idx`, the same as `index_train`.
    name : str
        What to call the run in messages.
    examples : int
        Number of examples in the whole training set.
    test_examples : int or None
        None leaves test examples out.

    Returns
    -------
    dict of str to bool (example,) or bool (test_example,)
        `correct`, `held_out` and, with test examples, `test_correct`.

    Raises
    ------
    InvalidInputError
        If the file is damaged, an array has another shape or kind, an index is out of range or
        occurs twice, or both parts together are not the training set.
    """
    wanted = [*_TRAIN, *(() if test_examples is None else _TEST)]
    _check_sizes(content, name, wanted, largest=max(examples, test_examples or 0))
    names = {key: (key,) for key in (*wanted, _SUBSET)}
    arrays = read_npz_arrays(name, names, optional=[_SUBSET], content=content)

    correct = np.zeros(examples, bool)
    times = np.zeros(examples, np.uint8)
    for part in ("train", "removed"):
        index, was_right = _part(arrays, part, name, examples)
        correct[index] = was_right
        times[index] += 1
    _check_whole(times, name)
    held_out = np.zeros(examples, bool)
    held_out[arrays["index_removed"]] = True
    if _SUBSET in arrays:
        _check_subset(arrays[_SUBSET], held_out, name)
    rows = {"correct": correct, "held_out": held_out}
    if test_examples is not None:
        index, was_right = _part(arrays, "test", name, test_examples)
        if len(index) != test_examples:
            raise InvalidInputError(
                f"{name}: found {len(index)} test examples, expected {test_examples}, as there are "
                "labels"
            )
        test_correct = np.zeros(test_examples, bool)
        test_correct[index] = was_right
        rows["test_correct"] = test_correct
    return rows


def _check_sizes(content: bytes, name: str, wanted: list[str], *, largest: int) -> None:
    """Raise `InvalidInputError` at an array of more values than examples; nothing is unpacked."""
    for key, header in npz_headers(name, content=content).items():
        is_sensible = len(header.shape) == 1 and header.data_size <= 8 * largest
        if key in (*wanted, _SUBSET) and not is_sensible:
            raise InvalidInputError(
                f"{name}: {key} has shape {header.shape} and dtype {header.dtype}, expected at "
                f"most ({largest},) numbers"
            )


def _part(
    arrays: Mapping[str, np.ndarray], part: str, name: str, examples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of a part of the examples, and whether each was classified correctly."""
    index, correctness = arrays[f"index_{part}"], arrays[f"correctness_{part}"]
    if index.shape != correctness.shape:
        raise InvalidInputError(
            f"{name}: found {len(correctness)} values in correctness_{part}, {len(index)} in "
            f"index_{part}, expected as many"
        )
    _check_index(index, f"{name}: index_{part}", examples)
    if correctness.dtype.kind not in "biuf" or not np.isin(correctness, (0, 1)).all():
        raise InvalidInputError(f"{name}: correctness_{part} is not all 0 or 1")
    return index, correctness != 0


def _check_index(index: np.ndarray, what: str, examples: int) -> None:
    if index.dtype.kind not in "iu":
        raise InvalidInputError(f"{what} has dtype {index.dtype}, expected whole numbers")
    if index.size and (index.min() < 0 or index.max() >= examples):
        raise InvalidInputError(
            f"{what} spans {index.min()}..{index.max()}, expected 0..{examples - 1}, as there are "
            f"{examples} labels"
        )
    repeated = index.size - np.count_nonzero(np.bincount(index.astype(np.int64)))
    if repeated:
        raise InvalidInputError(f"{what} has {repeated} examples twice, expected each once")


def _check_whole(times: np.ndarray, name: str) -> None:
    """Raise `InvalidInputError` unless each example is in one of the two parts."""
    for count, fault in ((2, "in both index_train and index_removed"), (0, "in neither")):
        wrong = np.flatnonzero(times == count)
        if wrong.size:
            raise InvalidInputError(
                f"{name}: {wrong.size} of {len(times)} examples are {fault} (the first: "
                f"{wrong[0]}), expected each in one of index_train and index_removed"
            )


def _check_subset(subset: np.ndarray, held_out: np.ndarray, name: str) -> None:
    _check_index(subset, f"{name}: {_SUBSET}", len(held_out))
    in_subset = np.zeros(len(held_out), bool)
    in_subset[subset] = True
    differing = np.count_nonzero(in_subset == held_out)
    if differing:
        raise InvalidInputError(
            f"{name}: {_SUBSET} and index_train differ in {differing} examples, expected the same"
        )
