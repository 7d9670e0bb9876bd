"""The subset designs by name: each is one class in a file of its own and one entry in `DESIGNS`."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from cscore_data.design.balanced import Balanced
from cscore_data.design.independent import Independent
from cscore_data.design.nested import Nested


class Design(Protocol):
    """How the training subsets of a study are drawn."""

    #: One phrase for the help text of ``--subsets``.
    meaning: str

    def subset(self, examples: int, size: int, *, seed: int, ratio: float, run: int) -> np.ndarray:
        """The training examples of one run, computed from these arguments alone.

        Parameters
        ----------
        examples : int
            Number of examples N in the data set.
        size : int
            Number of training examples n, 1 <= n < N.
        seed : int
            The study's seed, 0 <= seed < 2**32.
        ratio : float
            The subset ratio, 0 < ratio < 1.
        run : int
            Number of the run, >= 0.

        Returns
        -------
        int (n,)
            Distinct indices into 0..N-1.
        """

    def share_never_held_out(self, shares: Sequence[float], runs: int) -> float:
        """Expected share of the examples that all runs of some ratio are trained on.

        Parameters
        ----------
        shares : sequence of float
            n/N at each ratio of the study.
        runs : int
            Number of runs at each ratio.

        Returns
        -------
        float
            0..1.
        """


#: Subset designs by the name that plans give them.
DESIGNS: dict[str, Design] = {
    "balanced": Balanced(),
    "independent": Independent(),
    "nested": Nested(),
}

SUBSETS = tuple(DESIGNS)
