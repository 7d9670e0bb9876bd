"""Importer of the data of datamodels (MadryLab): masks and margins of all models in npy files."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cscore_data.errors import InvalidInputError
from cscore_data.importers.piecewise import read_in_pieces
from cscore_data.importers.ratios import check_ratio, ratios_given
from cscore_data.importers.run_arrays import NpyRuns, RunArray
from cscore_data.importers.runs import KnownExamples, RunBlock, Runs, check_order, number_of_runs

#: Not the log p/(1-p) of a cube's own margins, which is at most this.
MARGIN_MEANING = "logit of the label minus the largest other logit"

_MASKS = re.compile(r"train_masks_(\d+(?:\.\d+)?)pct\.npy")


def open_datamodels(
    source: str | Path,
    examples: KnownExamples,
    *,
    ratio: Sequence[float] | float | None = None,
    runs: int | None = None,
    order: str | None = None,
) -> Runs:
    """Open the masks and margins of datamodels, by subsampling fraction.

    Parameters
    ----------
    source : path
        A folder with ``train_masks_50pct.npy`` bool (model, example), True where the model trained
        on the example, and ``train_margins_50pct.npy`` float (model, example): a model is right
        where its margin is above 0. With ``test_margins_50pct.npy`` and labels of the test
        examples, results on these, too. Other fractions are other ratios.
    examples : KnownExamples
        With labels: the files have none.
    ratio : float or sequence of float, optional
        Only these.
    runs : int, optional
        Only so many models at each ratio, the first.
    order : {"original", "tfds"}, optional
        Of the examples in the files; by default the original one, as the authors say.

    Returns
    -------
    Runs

    Raises
    ------
    InvalidInputError
        If there are no such files, or their shapes do not go together.

    References
    ----------
    https://github.com/MadryLab/datamodels-data
    """
    label = examples.require_label(source)
    found = _masks(Path(source))
    wanted = ratios_given(ratio)
    if wanted is not None:
        absent = [one for one in wanted if one not in found]
        if absent:
            raise InvalidInputError(
                f"{source}: found masks of the ratios {', '.join(map(str, found))}, expected "
                f"{absent[0]:g} as well"
            )
        found = {one: found[one] for one in sorted(wanted)}
    with_test = examples.test_label is not None
    studies = [_Fraction(path, label, examples.test_label) for path in found.values()]
    is_tested = with_test and all(study.test_margin is not None for study in studies)
    counts = tuple(number_of_runs(study.masks.shape[0], runs) for study in studies)

    def build(place: int, numbers: list[int]) -> RunBlock:
        study = studies[place]
        rows = study.rows(numbers, with_test=is_tested)
        names = tuple(study.masks.run_name(run) for run in numbers)
        return RunBlock(place, tuple(numbers), names, rows)

    variables: tuple[str, ...] = ("correct", "held_out", "margin")
    if is_tested:
        variables += ("test_correct", "test_margin")
    return Runs(
        ratios=tuple(found),
        counts=counts,
        examples=examples,
        variables=variables,
        read=read_in_pieces(build, lambda place, run: run < counts[place]),
        order=check_order(order),
        margin_meaning=MARGIN_MEANING,
        notes=(
            f"margins are not log p/(1-p) but the {MARGIN_MEANING}, which is never less: "
            "soft_cscore and log_probability of this cube are too high, margin ranks as usual",
        ),
    )


class _Fraction:
    """The files of one subsampling fraction."""

    def __init__(self, path: Path, label: np.ndarray, test_label: np.ndarray | None):
        self.masks = _checked(NpyRuns(path), "b", len(label))
        margins = path.with_name(path.name.replace("train_masks", "train_margins"))
        self.margin = _checked(NpyRuns(margins), "f", len(label))
        self.test_margin: RunArray | None = None
        test = path.with_name(path.name.replace("train_masks", "test_margins"))
        if test_label is not None and test.exists():
            self.test_margin = _checked(NpyRuns(test), "f", len(test_label))
        for other in (self.margin, self.test_margin):
            if other is not None and other.shape[0] != self.masks.shape[0]:
                raise InvalidInputError(
                    f"{other.name}: found {other.shape[0]} models, expected "
                    f"{self.masks.shape[0]} as in {path.name}"
                )

    def rows(self, runs: list[int], *, with_test: bool) -> dict[str, np.ndarray]:
        margin = self.margin.read(runs).astype(np.float32)
        rows = {"correct": margin > 0, "held_out": ~self.masks.read(runs), "margin": margin}
        if with_test and self.test_margin is not None:
            test_margin = self.test_margin.read(runs).astype(np.float32)
            rows |= {"test_correct": test_margin > 0, "test_margin": test_margin}
        return rows


def _checked(array: NpyRuns, kind: str, examples: int) -> NpyRuns:
    """The array, if it has a value of this kind for each model and example."""
    if array.dtype.kind != kind or len(array.shape) != 2 or array.shape[1] != examples:
        expected = {"b": "bool", "f": "float"}[kind]
        raise InvalidInputError(
            f"{array.name}: found {array.dtype} {array.shape}, expected {expected} (model, "
            f"{examples}), as there are {examples} labels"
        )
    return array


def _masks(source: Path) -> dict[float, Path]:
    """The files of masks by ratio, ascending."""
    if not source.is_dir():
        raise InvalidInputError(f"{source}: no such folder")
    found = {}
    for path in source.iterdir():
        match = _MASKS.fullmatch(path.name)
        if match:
            found[check_ratio(float(match[1]) / 100, str(path))] = path
    if not found:
        raise InvalidInputError(
            f"{source}: found no train_masks_PCTpct.npy, expected one for each fraction, with "
            "train_margins_PCTpct.npy beside it"
        )
    return dict(sorted(found.items()))
