"""Importer of shadow models of LiRA (TensorFlow Privacy, mi_lira_2021): a folder for each run."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from cscore_data.data.npz import read_npy
from cscore_data.data.order import to_original, to_tfds
from cscore_data.errors import InvalidInputError, MismatchError
from cscore_data.importers.outcomes import check_classes, class_places, outcomes_of_logits
from cscore_data.importers.piecewise import read_in_pieces
from cscore_data.importers.ratios import single_ratio, subset_ratio
from cscore_data.importers.run_names import natural_key, natural_order
from cscore_data.importers.runs import (
    ORDERS,
    KnownExamples,
    RunBlock,
    Runs,
    check_order,
    number_of_runs,
)


def open_lira(
    source: str | Path,
    examples: KnownExamples,
    *,
    ratio: Sequence[float] | float | None = None,
    runs: int | None = None,
    order: str | None = None,
) -> Runs:
    """Open a folder of shadow models.

    Parameters
    ----------
    source : path
        Has a folder for each run, with ``keep.npy`` bool (example,), True where the run trained on
        the example, and ``logits/*.npy`` float (example, …, augmentation, class) or
        ``scores/*.npy`` float (example, augmentation), log p/(1-p) of the label. Of several files,
        for epochs, the last counts; of several augmentations the first, which is none. Logits count
        before scores. ``y_train.npy`` has the labels.
    examples : KnownExamples
    ratio : float, optional
        By default `pkeep` of the runs' ``hparams.json``, or the mean share of examples that runs
        trained on, to hundredths. Each example was drawn by itself, so sizes of subsets vary.
    runs : int, optional
        Only so many, the first.
    order : {"original", "tfds"}, optional
        Of the examples in the files. By default the one in which ``y_train.npy`` agrees with the
        labels that are given.

    Returns
    -------
    Runs

    Raises
    ------
    InvalidInputError
        If there are no such files, or their shapes do not go together.
    MismatchError
        If ``y_train.npy`` has other labels than those that are given.

    References
    ----------
    https://github.com/tensorflow/privacy/tree/master/research/mi_lira_2021
    """
    source = Path(source)
    results = {path: _result_file(path) for path in _run_folders(source)}
    finished = [path for path, file in results.items() if file is not None]
    if not finished:
        raise InvalidInputError(f"{source}: found no run with logits/*.npy or scores/*.npy")
    folders = _numbered(finished)
    first = next(iter(folders.values()))
    size = len(read_npy(first / "keep.npy").ravel())
    examples, order, label = _labelled(source, examples, order, size)
    files = {}
    for run, folder in folders.items():
        file = results[folder]
        if file is not None:
            files[run] = file
    kinds = {file.parent.name for file in files.values()}
    if len(kinds) > 1:
        raise InvalidInputError(
            f"{source}: some runs have logits and others only scores; give all of them the same"
        )
    has_logits = kinds == {"logits"}
    keep = {run: _keep(path, len(label)) for run, path in folders.items()}
    count = number_of_runs(max(folders) + 1, runs)
    sizes = np.array([np.count_nonzero(kept) for kept in keep.values()])
    given, how = single_ratio(ratio), "as it is given"
    if given is None:
        given, how = _kept_probability(list(folders.values())), "pkeep in hparams.json"
    if given is None:
        how = "the mean share of the examples that runs trained on"
    found = subset_ratio(sizes, len(label), given, is_drawn=True, source=source)

    def build(place: int, numbers: list[int]) -> RunBlock:
        rows = [
            {"held_out": ~keep[run], **_outcomes(files[run], label, has_logits=has_logits)}
            for run in numbers
        ]
        stacked = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        names = tuple(str(folders[run]) for run in numbers)
        return RunBlock(place, tuple(numbers), names, stacked)

    variables: tuple[str, ...] = ("correct", "held_out", "margin")
    notes = [
        f"ratio {found:g}, {how}; each example is drawn by itself, so that runs trained on "
        f"{sizes.min()} to {sizes.max()} of {len(label)}"
    ]
    last = sorted({file.name for file in files.values()})
    if len(last) > 1:
        notes.append(
            f"the last results of runs are from {last[0]} to {last[-1]}; were all trained to the "
            "end?"
        )
    if len(finished) < len(results):
        first_without = next(path.name for path, file in results.items() if file is None)
        notes.append(
            f"{len(results) - len(finished)} of {len(results)} runs have no logits and no scores "
            f"yet, and are left out (the first: {first_without})"
        )
    if has_logits:
        variables += ("prediction",)
    else:
        notes.append(
            "scores do not say which class wins: a run counts as right where its score is above "
            "0, that is the label's probability above one half; logits tell more"
        )
    return Runs(
        ratios=(found,),
        counts=(count,),
        examples=examples,
        variables=variables,
        read=read_in_pieces(build, lambda place, run: run < count and run in folders),
        is_drawn=True,
        order=order,
        notes=tuple(notes),
        held_out=lambda numbers: {run: ~keep[run] for run in numbers if run in keep},
    )


def _run_folders(source: Path) -> list[Path]:
    if not source.is_dir():
        raise InvalidInputError(f"{source}: no such folder")
    folders = [path.parent for path in source.glob("*/keep.npy")]
    if not folders:
        raise InvalidInputError(
            f"{source}: found no */keep.npy, expected a folder for each run with keep.npy, and "
            "logits or scores"
        )
    return sorted(folders, key=lambda folder: natural_order(folder.name))


def _numbered(folders: list[Path]) -> dict[int, Path]:
    """Folders by number of the run: that of ``experiment-3_16``, or else their place."""
    numbers = []
    for folder in folders:
        match = re.fullmatch(r"experiment-(\d{1,6})_\d+", folder.name)
        if match:
            numbers.append(int(match[1]))
    if len(set(numbers)) != len(folders):
        numbers = list(range(len(folders)))
    return dict(sorted(zip(numbers, folders, strict=True)))


def _labelled(
    source: Path, examples: KnownExamples, order: str | None, size: int
) -> tuple[KnownExamples, str, np.ndarray]:
    """The examples with labels, the order of the files, and the labels in that order."""
    file = source / "y_train.npy"
    if not file.exists():
        label = examples.require_label(source)
        order = check_order(order)
        return examples, order, _in_files(label, order)
    own = read_npy(file).ravel()
    if examples.label is None:
        order = check_order(order)
        if order == "original":
            own = own[:size]  # runs may be of the first examples only
        label = to_original(own) if order == "tfds" else own
        return replace(examples, label=label), order, own
    for candidate in ORDERS if order is None else (check_order(order),):
        if np.array_equal(own, _in_files(examples.label, candidate)):
            return examples, candidate, own
    raise MismatchError(
        f"{source}: y_train.npy has other labels than those that are given, in the order "
        f"{order or 'original as well as tfds'}; give the data set that the runs were trained on"
    )


def _in_files(label: np.ndarray, order: str) -> np.ndarray:
    """Labels in original order in the order of the files."""
    return to_tfds(label) if order == "tfds" else label


def _result_file(run: Path) -> Path | None:
    """The file with the logits of a run, or its scores: the one of the last epoch, if any."""
    for kind in ("logits", "scores"):
        files = sorted(run.glob(f"{kind}/*.npy"), key=natural_key)
        if files:
            return files[-1]
    return None


def _keep(run: Path, examples: int) -> np.ndarray:
    """Which examples a run trained on."""
    keep = read_npy(run / "keep.npy")
    if keep.dtype.kind != "b" or keep.shape != (examples,):
        raise InvalidInputError(
            f"{run / 'keep.npy'}: found {keep.dtype} {keep.shape}, expected bool ({examples},), as "
            f"there are {examples} labels"
        )
    return keep


def _kept_probability(folders: list[Path]) -> float | None:
    """`pkeep` of the runs' own records, if they say, and say the same."""
    found = set()
    for folder in folders:
        with suppress(OSError, ValueError, KeyError, TypeError):
            found.add(float(json.loads((folder / "hparams.json").read_text())["pkeep"]))
    return found.pop() if len(found) == 1 else None


def _outcomes(file: Path, label: np.ndarray, *, has_logits: bool) -> dict[str, np.ndarray]:
    """The rows of one run besides `held_out`."""
    values = read_npy(file)
    least_dims = 2 if has_logits else 1
    if values.dtype.kind != "f" or values.ndim < least_dims or len(values) != len(label):
        raise InvalidInputError(
            f"{file}: found {values.dtype} {values.shape}, expected float ({len(label)}, …), as "
            f"there are {len(label)} labels"
        )
    if not has_logits:
        # The first augmentation is none.
        margin = values.reshape(len(label), -1)[:, 0].astype(np.float32)
        return {"correct": margin > 0, "margin": margin}
    classes = values.shape[-1]
    check_classes(label, classes, str(file))
    logits = values.reshape(1, len(label), -1, classes)[:, :, 0]
    rows = outcomes_of_logits(logits, label)
    rows["prediction"] = class_places(rows["prediction"], label, str(file))
    return {name: values[0] for name, values in rows.items()}
