"""Importer of Feldman and Zhang's checkpoints, from which the published C-scores were computed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cscore_data.errors import InvalidInputError
from cscore_data.importers.aux_arrays import FILE, AuxArrays
from cscore_data.importers.heldout_archive import archive_layout
from cscore_data.importers.heldout_places import Layout, Place, place_of, places_layout
from cscore_data.importers.piecewise import read_in_pieces
from cscore_data.importers.ratios import ratios_given
from cscore_data.importers.runs import KnownExamples, RunBlock, Runs, check_order

#: Data sets whose examples the authors number in the order of TensorFlow Datasets.
_IN_TFDS_ORDER = ("cifar10", "cifar100", "mnist")


def open_heldout_influence(
    source: str | Path,
    examples: KnownExamples,
    *,
    ratio: Sequence[float] | float | None = None,
    runs: int | None = None,
    order: str | None = None,
) -> Runs:
    """Open the checkpoints of held-out training by google-research/heldout-influence-estimation.

    Parameters
    ----------
    source : path or URL
        A folder, a tar or tar.gz archive, or the URL of one, with ``RATIO/RUN/aux_arrays.npz`` in
        it. An archive is read as a stream: weights are passed over, nothing is extracted.
    examples : KnownExamples
        With labels: the files have none. With labels of the test examples, results on these, too.
    ratio : float or sequence of float, optional
        Only these. Of an archive behind a URL, which is read once, ratios and runs must be known:
        those of the authors' own archives are.
    runs : int, optional
        Only so many at each ratio, the first.
    order : {"original", "tfds"}, optional
        Of the examples that the files number; by default `tfds` if the data set is CIFAR or MNIST.

    Returns
    -------
    Runs

    Raises
    ------
    InvalidInputError
        If no run is there, or nothing says which there are.

    References
    ----------
    https://github.com/google-research/heldout-influence-estimation
    """
    label = examples.require_label(source)
    if order is None and examples.attrs.get("dataset") in _IN_TFDS_ORDER:
        order = "tfds"
    wanted = ratios_given(ratio)
    test_label = examples.test_label
    reader = AuxArrays(len(label), None if test_label is None else len(test_label))
    folder = Path(source)
    if folder.is_dir():
        ratios, counts, read = _of_folder(folder, reader, wanted, runs)
    else:
        ratios, counts, read = archive_layout(str(source), reader, wanted, runs)
    variables = ("correct", "held_out", *(() if test_label is None else ("test_correct",)))
    notes = []
    if order == "tfds":
        notes.append(
            "examples are numbered in the order of TensorFlow Datasets there, and are brought into "
            "original order; --order original leaves them"
        )
    return Runs(
        ratios=ratios,
        counts=counts,
        examples=examples,
        variables=variables,
        read=read,
        in_pieces=folder.is_dir(),
        order=check_order(order),
        notes=tuple(notes),
    )


def _of_folder(
    folder: Path, reader: AuxArrays, wanted: list[float] | None, runs: int | None
) -> Layout:
    paths: dict[Place, Path] = {}
    for path in sorted((*folder.glob(f"*/*/{FILE}"), *folder.glob(f"*/*/*/{FILE}"))):
        place = place_of(str(path.relative_to(folder)))
        if place is None or (wanted is not None and place.ratio not in wanted):
            continue
        if place in paths:
            raise InvalidInputError(
                f"{folder}: found two runs {place.run} at ratio {place.ratio:g}, {paths[place]} "
                f"and {path}; import one experiment at a time"
            )
        paths[place] = path
    ratios, counts = places_layout(str(folder), list(paths), runs)

    def build(place: int, numbers: list[int]) -> RunBlock:
        rows = []
        for run in numbers:
            path = paths[Place(ratios[place], run)]
            reader.check_size(path.stat().st_size, str(path))
            rows.append(reader.rows(path.read_bytes(), str(path)))
        stacked = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
        names = tuple(str(paths[Place(ratios[place], run)]) for run in numbers)
        return RunBlock(place, tuple(numbers), names, stacked)

    def has_run(place: int, run: int) -> bool:
        return run < counts[place] and Place(ratios[place], run) in paths

    return ratios, counts, read_in_pieces(build, has_run)
