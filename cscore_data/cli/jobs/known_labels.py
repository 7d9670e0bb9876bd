"""Labels that are known to be right, and how well a ranking finds the wrong ones."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from cscore_data.cli.output import printable, table
from cscore_data.data.label_files import FileLabels, read_labels
from cscore_data.data.labels import Labels, as_labels, as_named, missing_labels
from cscore_data.data.plurals import counted
from cscore_data.errors import InvalidInputError
from cscore_data.scores.detection import detection_quality

#: Ranks at which the precision is printed.
_RANKS = (10, 100, 1000)

#: Unknown labels that a note shows.
_SHOWN = 3


class Truth(NamedTuple):
    """What is known about the labels of a ranking, in its order.

    Attributes
    ----------
    is_known : bool (example,)
        Whether anything is known of an example.
    wrong : bool (known,)
        Whether the labels of those are wrong.
    unknown_names : tuple of str
        Right labels that are not among the classes of the data set.
    """

    is_known: np.ndarray
    wrong: np.ndarray
    unknown_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownLabels:
    """The truth about a data set, or about some of its examples.

    Attributes
    ----------
    file : FileLabels
        Labels that are right, or bools that are True where the label is wrong; by file name or
        number of the example where the file has them, else in the data set's original order.
    """

    file: FileLabels

    def wrong(self, suspects: xr.Dataset, class_names: tuple[str, ...]) -> Truth:
        """Which labels of suspects are wrong."""
        filename = suspects["filename"].values if "filename" in suspects.coords else None
        rows = self.rows(suspects["example"].values, filename)
        values = self.file.label
        is_known = (rows >= 0) & ~missing_labels(values)[rows]
        # Of a column with gaps, what is there has a plain dtype again.
        known = np.array(values[rows[is_known]].tolist())
        if known.dtype.kind == "b":
            return Truth(is_known, known)
        self._check_not_a_mask(known, suspects["label"].values)
        # By name, as the truth may have another set of names.
        right = as_labels(self.file.source, known, class_names)
        given = Labels(suspects["label"].values[is_known], class_names)
        if right.class_names:
            classes = set(as_named(Labels(suspects["label"].values, class_names)).tolist())
            unknown = tuple(sorted(set(as_named(right).tolist()) - classes))
            return Truth(is_known, as_named(right) != as_named(given), unknown)
        return Truth(is_known, right.label != given.label)

    def _check_not_a_mask(self, known: np.ndarray, given: np.ndarray) -> None:
        """Whole numbers 0 and 1 are labels only where these are the classes of the data set."""
        has_a_mask = known.dtype.kind in "iuf" and np.isin(known, (0, 1)).all()
        is_for_all = len(known) == len(given) and not np.isin(given, (0, 1)).all()
        if has_a_mask and (is_for_all or self.file.source.endswith(":wrong")):
            raise InvalidInputError(
                f"{self.file.source}: found numbers 0 and 1 only, expected right labels, or bools "
                "(true, false) that say whether a label is wrong"
            )

    def rows(self, example: np.ndarray, filename: np.ndarray | None) -> np.ndarray:
        """The row of the file for each example, -1 where it has none; raises if they do not fit."""
        order = np.argsort(example)
        numbers = example[order]
        names = None if filename is None else filename[order]
        is_whole = np.array_equal(numbers, np.arange(len(numbers)))
        rows = np.empty(len(example), np.int64)
        rows[order] = self.file.rows(len(example), None if is_whole else numbers, names)
        return rows


def read_known_labels(source: str) -> KnownLabels:
    """Read labels or a mask from ``FILE[:KEY]``, as `read_labels`."""
    return KnownLabels(read_labels(source))


def print_quality(truth: Truth) -> None:
    """Print how well a ranking finds the labels that are wrong, with 95 % intervals."""
    known = truth.wrong
    wrong = int(known.sum())
    line = f"truth: {wrong} of {len(known)} labels are wrong"
    if len(known) < len(truth.is_known):
        line += f"; nothing is known of the other {len(truth.is_known) - len(known)}"
    print(line)
    if truth.unknown_names:
        names = ", ".join(printable(repr(name)) for name in truth.unknown_names[:_SHOWN])
        print(
            f"note: truth has {counted(len(truth.unknown_names), 'label')} that no example of the "
            f"data set has ({names}): are they misspelt?"
        )
    if not 0 < wrong < len(known):
        print("a ranking can be judged only by some wrong labels and some right ones: give both")
        return
    rows = []
    for name, found in detection_quality(known, at=_RANKS).items():
        rows.append([name, f"{found.value:.4f}", f"[{found.low:.4f}, {found.high:.4f}]"])
    print(table(["found", "value", "95 % interval"], rows, align="<><"))
