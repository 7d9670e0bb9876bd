"""Labels that are known to be right, and how well a ranking finds the wrong ones."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from cscore_data.cli.output import table
from cscore_data.data.label_files import read_labels
from cscore_data.data.labels import as_labels
from cscore_data.errors import MismatchError
from cscore_data.scores.detection import detection_quality

#: Ranks at which the precision is printed.
_RANKS = (10, 100, 1000)


@dataclass(frozen=True)
class KnownLabels:
    """The truth about a data set.

    Attributes
    ----------
    source : str
        Where it comes from.
    values : array (N,)
        Labels that are right, or bools that are True where the label is wrong, in the data set's
        original order.
    """

    source: str
    values: np.ndarray

    def check(self, examples: int) -> None:
        """Raise `MismatchError` unless there is a value for each example."""
        if len(self.values) != examples:
            raise MismatchError(
                f"truth: {self.source} has {len(self.values)} values, expected {examples}, one per "
                "example of the data set in its original order"
            )

    def wrong(self, suspects: xr.Dataset, class_names: tuple[str, ...]) -> np.ndarray:
        """Which labels of suspects are wrong: bool (example,)."""
        values = self.values[suspects["example"].values]
        wrong: np.ndarray = values
        if values.dtype.kind == "b":
            return wrong
        known = as_labels(self.source, values, class_names)
        label = suspects["label"].values
        if not known.class_names:
            wrong = known.label != label
            return wrong
        # By name, as another set of names may be in the truth.
        right = np.array(known.class_names, object)[known.label]
        given = np.array(
            [*class_names, *map(str, range(len(class_names), label.max() + 1))], object
        )
        wrong = right != given[label]
        return wrong


def read_known_labels(source: str) -> KnownLabels:
    """Read labels or a mask from ``FILE[:KEY]``, as `read_labels`."""
    return KnownLabels(source, np.squeeze(read_labels(source)))


def print_quality(wrong: np.ndarray) -> None:
    """Print how well a ranking finds the labels that are wrong, with 95 % intervals."""
    print(f"truth: {int(wrong.sum())} of {len(wrong)} labels are wrong")
    rows = []
    for name, found in detection_quality(wrong, at=_RANKS).items():
        rows.append([name, f"{found.value:.4f}", f"[{found.low:.4f}, {found.high:.4f}]"])
    print(table(["found", "value", "95 % interval"], rows, align="<><"))
