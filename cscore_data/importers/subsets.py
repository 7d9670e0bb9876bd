"""Which examples runs trained on, from masks or from lists of indices."""

from collections.abc import Mapping, Sequence

import numpy as np

from cscore_data.errors import InvalidInputError
from cscore_data.importers.run_arrays import RunArray

#: What says which examples a run trained on: just one of these arrays.
SUBSETS = ("held_out", "train_mask", "train_index")

#: Runs whose masks are counted at a time.
_RUNS_AT_A_TIME = 64


class Subsets:
    """The training subsets of runs.

    Parameters
    ----------
    arrays : mapping of str to RunArray
        With one of `SUBSETS`: masks bool (run, example), or indices int (run, n).
    examples : int
    called : str
        What messages call the runs.

    Raises
    ------
    InvalidInputError
        If none or several of them are there.
    """

    def __init__(self, arrays: Mapping[str, RunArray], examples: int, called: str = "runs"):
        given = [name for name in SUBSETS if name in arrays]
        if len(given) != 1:
            raise InvalidInputError(
                f"{called}: expected one of the arrays held_out and train_mask, or train_index, "
                f"found {' and '.join(given) or 'none'}"
            )
        self._kind = given[0]
        self._array = arrays[self._kind]
        self._examples = examples

    @property
    def shape(self) -> tuple[int, int]:
        """That of the masks (run, example)."""
        runs, columns = self._array.shape[:2]
        return runs, self._examples if self._kind == "train_index" else columns

    def held_out(self, runs: Sequence[int]) -> np.ndarray:
        """Which examples runs did not train on: bool (run, example)."""
        if self._kind == "train_index":
            return np.stack([self._without(run) for run in runs])
        mask = self._array.read(runs)
        held_out: np.ndarray = mask if self._kind == "held_out" else ~mask
        return held_out

    def sizes(self, runs: int) -> np.ndarray:
        """The number of examples that each of the first runs trained on: int (run,)."""
        sizes = []
        for start in range(0, runs, _RUNS_AT_A_TIME):
            held_out = self.held_out(range(start, min(start + _RUNS_AT_A_TIME, runs)))
            sizes.append(np.count_nonzero(~held_out, axis=1))
        return np.concatenate(sizes)

    def _without(self, run: int) -> np.ndarray:
        """Which examples are not among the indices of a run: bool (example,)."""
        index = self._array.read([run])[0]
        name = self._array.run_name(run)
        if index.size and (index.min() < 0 or index.max() >= self._examples):
            raise InvalidInputError(
                f"{name}: indices span {index.min()}..{index.max()}, expected 0.."
                f"{self._examples - 1}, as there are {self._examples} labels"
            )
        held_out = np.ones(self._examples, bool)
        held_out[index] = False
        repeated = index.size - np.count_nonzero(~held_out)
        if repeated:
            raise InvalidInputError(
                f"{name}: {repeated} indices occur more than once, expected each example once"
            )
        return held_out
