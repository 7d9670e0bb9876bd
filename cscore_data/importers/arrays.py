"""Importer of plain arrays: which examples each run trained on, and what it made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.errors import InvalidInputError
from cscore_data.importers.outcomes import check_classes, class_places, outcomes_of_logits
from cscore_data.importers.piecewise import read_in_pieces
from cscore_data.importers.ratios import single_ratio, subset_ratio
from cscore_data.importers.run_arrays import (
    RunArray,
    StackedRuns,
    array_names,
    default_text,
    open_run_array,
)
from cscore_data.importers.runs import KnownExamples, RunBlock, Runs, check_order, number_of_runs
from cscore_data.importers.subsets import Subsets

#: What there may be of each run, with the kinds of dtype and the number of dims.
_KNOWN = {
    "held_out": ("b", 2),
    "train_mask": ("b", 2),
    "train_index": ("iu", 2),
    "correct": ("b", 2),
    "prediction": ("iu", 2),
    "logits": ("f", 3),
    "margin": ("f", 2),
}

#: What says which examples a run gets right, the surest first.
_OUTCOMES = ("correct", "prediction", "logits", "margin")


def open_arrays(
    source: str | Path | Mapping[str, Any],
    examples: KnownExamples,
    *,
    ratio: Sequence[float] | float | None = None,
    runs: int | None = None,
    order: str | None = None,
    is_drawn: bool = False,
    correct: str | None = None,
    held_out: str | None = None,
    train_mask: str | None = None,
    train_index: str | None = None,
    margin: str | None = None,
    logits: str | None = None,
    prediction: str | None = None,
) -> Runs:
    """Open runs at one ratio from arrays.

    Parameters
    ----------
    source : path or mapping of str to array
        An npz file, a Zarr store, or a folder of npy or npz files; or the arrays themselves.
    examples : KnownExamples
        Without labels, the source has an array `label` int (example,).
    ratio : float, optional
        Subset ratio n/N; by default the share of the examples that a run trained on.
    runs : int, optional
        Only so many, the first.
    order : {"original", "tfds"}, optional
        Of the examples; original by default.
    is_drawn : bool
        Each example was drawn by itself, so that sizes of subsets vary by chance.
    correct, held_out, train_mask : str, optional
        Where the arrays bool (run, example) are, as `run_arrays.open_run_array` knows them: the run
        classifies the example correctly; it did not train on it, or the opposite. By default they
        have these names, and so have the others.
    train_index : str, optional
        Instead of a mask: int (run, n), the examples that the run trained on.
    margin : str, optional
        float (run, example), log p/(1-p) of the label's probability p.
    logits : str, optional
        float (run, example, class), from which margins and predictions are computed.
    prediction : str, optional
        int (run, example), the label that the run gives. Without `correct`, a run is right where
        its prediction is the label, or, with neither, where its margin is above 0.

    Returns
    -------
    Runs

    Raises
    ------
    InvalidInputError
        If an array is missing or of another shape or dtype, or if runs trained on subsets of
        different sizes.
    """
    given = {
        "held_out": held_out,
        "train_mask": train_mask,
        "train_index": train_index,
        "correct": correct,
        "prediction": prediction,
        "logits": logits,
        "margin": margin,
    }
    texts = {name: text for name, text in given.items() if text is not None}
    arrays, own_label = _opened(source, texts)
    outcomes = {name: arrays[name] for name in _OUTCOMES if name in arrays}
    if not outcomes:
        raise InvalidInputError("runs: found no array correct, prediction, logits or margin")
    label = _label(examples, own_label)
    subsets = Subsets(arrays, len(label))
    _check_shapes(outcomes, subsets, label)
    count = number_of_runs(subsets.shape[0], runs)
    sizes = subsets.sizes(count)
    found = subset_ratio(sizes, len(label), single_ratio(ratio), is_drawn=is_drawn)
    notes: tuple[str, ...] = ()
    if ratio is None:
        notes = (
            f"ratio {found:g}: runs trained on {sizes.min()} to {sizes.max()} of {len(label)}",
        )
    first = next(iter(outcomes.values()))

    def build(place: int, numbers: list[int]) -> RunBlock:
        names = tuple(first.run_name(run) for run in numbers)
        rows = _outcomes(outcomes, numbers, label, names)
        rows["held_out"] = subsets.held_out(numbers)
        return RunBlock(place, tuple(numbers), names, rows)

    return Runs(
        ratios=(found,),
        counts=(count,),
        examples=replace(examples, label=label),
        variables=_variables(outcomes),
        read=read_in_pieces(build, lambda place, run: run < count),
        is_drawn=is_drawn,
        order=check_order(order),
        notes=notes,
    )


def _opened(
    source: str | Path | Mapping[str, Any], texts: Mapping[str, str]
) -> tuple[dict[str, RunArray], Any]:
    """The arrays by name, and the labels among them, if any."""
    arrays: dict[str, RunArray] = {}
    own_label = None
    if isinstance(source, Mapping):
        for name in _KNOWN:
            if name in source:
                arrays[name] = StackedRuns(name, np.asarray(source[name]))
        own_label = source.get("label")
    else:
        for name in array_names(source):
            # Where one subset or outcome is named, others of usual names are not looked for.
            if name in _KNOWN and not texts:
                arrays[name] = open_run_array(source, default_text(source, name))
            elif name == "label":
                array = open_run_array(source, default_text(source, name))
                own_label = array.read(range(array.shape[0]))
        for name, text in texts.items():
            arrays[name] = open_run_array(source, text)
    for name, array in arrays.items():
        kinds, dims = _KNOWN[name]
        _check_kind(name, array.shape, array.dtype, kinds=kinds, dims=dims)
    return arrays, own_label


def _label(examples: KnownExamples, own_label: Any) -> np.ndarray:
    """The labels that are given, or else the source's own."""
    if examples.label is not None:
        return examples.label
    if own_label is None:
        raise InvalidInputError("runs: found no array label, and no --labels (label=)")
    label = np.asarray(own_label)
    _check_kind("label", label.shape, label.dtype, kinds="iu", dims=1)
    return label


def _check_kind(
    name: str, shape: tuple[int, ...], dtype: np.dtype[Any], *, kinds: str, dims: int
) -> None:
    if dtype.kind not in kinds or len(shape) != dims:
        raise InvalidInputError(
            f"runs: {name} has shape {shape} and dtype {dtype}, expected {dims} dims and a dtype "
            f"of kind {kinds!r}"
        )


def _check_shapes(outcomes: Mapping[str, RunArray], subsets: Subsets, label: np.ndarray) -> None:
    for name, array in outcomes.items():
        is_empty = 0 in array.shape
        if array.shape[:2] != subsets.shape or array.shape[1:2] != label.shape or is_empty:
            raise InvalidInputError(
                f"runs: found {name} of shape {array.shape}, masks of shape {subsets.shape} and "
                f"label of shape {label.shape}, expected (run, example) twice and (example,)"
            )
    if "logits" in outcomes:
        check_classes(label, outcomes["logits"].shape[2], "runs")


def _variables(outcomes: Mapping[str, RunArray]) -> tuple[str, ...]:
    """What a cube will have of these outcomes."""
    found = ["correct", "held_out"]
    found += [name for name in ("margin", "prediction") if {name, "logits"} & outcomes.keys()]
    return tuple(found)


def _outcomes(
    arrays: Mapping[str, RunArray], runs: list[int], label: np.ndarray, names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """What a cube has of runs besides `held_out`."""
    rows = {name: array.read(runs) for name, array in arrays.items()}
    for name, values in rows.items():
        if values.shape[1] != len(label):
            raise InvalidInputError(
                f"{names[0]}: {name} has {values.shape[1]} values, expected {len(label)}"
            )
    if "logits" in rows:
        rows = {**outcomes_of_logits(rows.pop("logits"), label), **rows}
    if "prediction" in rows:
        was_right = rows["prediction"] == label
        rows.setdefault("correct", was_right)
        _check_agreement(rows["correct"], was_right, names)
        rows["prediction"] = class_places(rows["prediction"], label, names[0])
    if "margin" in rows:
        rows["margin"] = rows["margin"].astype(np.float32)
        rows.setdefault("correct", rows["margin"] > 0)
    return rows


def _check_agreement(correct: np.ndarray, was_right: np.ndarray, names: tuple[str, ...]) -> None:
    for place, name in enumerate(names):
        differing = np.count_nonzero(correct[place] != was_right[place])
        if differing:
            raise InvalidInputError(
                f"{name}: correct and prediction contradict each other for {differing} examples, "
                "expected predictions that are the label just where the run is correct"
            )
