"""Importer of plain arrays: which examples each run trained on, and what it made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.data.order import to_original, to_tfds
from cscore_data.errors import InvalidInputError, MismatchError, reason
from cscore_data.importers.outcomes import check_classes, read_outcomes
from cscore_data.importers.piecewise import read_in_pieces
from cscore_data.importers.ratios import single_ratio, subset_ratio
from cscore_data.importers.run_arrays import RunArray, StackedRuns, check_same_runs
from cscore_data.importers.run_files import array_names, default_text, open_run_array
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
        Without labels, the source has an array `label` int (example,), in its own order.
    ratio : float, optional
        Subset ratio n/N; by default the share of the examples that a run trained on.
    runs : int, optional
        Only so many, the first.
    order : {"original", "tfds"}, optional
        Of the examples; original by default.
    is_drawn : bool
        Each example was drawn by itself, so that sizes of subsets vary by chance.
    correct, held_out, train_mask : str, optional
        Where the arrays bool (run, example) are, as `run_files.open_run_array` knows them: the run
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
    MismatchError
        If the source has other labels than those that are given.
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
    name = "runs" if isinstance(source, Mapping) else str(source)
    arrays, own_label = _opened(source, texts, name)
    outcomes = {name: arrays[name] for name in _OUTCOMES if name in arrays}
    if not outcomes:
        raise InvalidInputError(f"{name}: found no array correct, prediction, logits or margin")
    order = check_order(order)
    label = _label_in_files(examples, own_label, order, name)
    subsets = Subsets(arrays, len(label), name)
    _check_shapes(outcomes, subsets, label, name)
    count = number_of_runs(subsets.shape[0], runs)
    sizes = subsets.sizes(count)
    given_ratio = single_ratio(ratio)
    found = subset_ratio(sizes, len(label), given_ratio, is_drawn=is_drawn, source=name)
    notes: tuple[str, ...] = ()
    if ratio is None:
        notes = (
            f"ratio {found:g}: runs trained on {sizes.min()} to {sizes.max()} of {len(label)}",
        )
    first = next(iter(outcomes.values()))

    def build(place: int, numbers: list[int]) -> RunBlock:
        names = tuple(first.run_name(run) for run in numbers)
        rows = read_outcomes(outcomes, numbers, label, names)
        rows["held_out"] = subsets.held_out(numbers)
        return RunBlock(place, tuple(numbers), names, rows)

    return Runs(
        ratios=(found,),
        counts=(count,),
        examples=replace(examples, label=to_original(label) if order == "tfds" else label),
        variables=_variables(outcomes),
        read=read_in_pieces(build, lambda place, run: run < count),
        is_drawn=is_drawn,
        order=order,
        notes=notes,
        held_out=lambda numbers: dict(zip(numbers, subsets.held_out(numbers), strict=True)),
    )


def _opened(
    source: str | Path | Mapping[str, Any], texts: Mapping[str, str], called: str
) -> tuple[dict[str, RunArray], Any]:
    """The arrays by name, and the labels among them, if any."""
    arrays: dict[str, RunArray] = {}
    own_label = None
    if isinstance(source, Mapping):
        for name in _KNOWN:
            if name in source:
                arrays[name] = StackedRuns(name, _as_array(name, source[name]))
        own_label = source.get("label")
    else:
        for name in array_names(source):
            # Where one subset or outcome is named, others of usual names are not looked for.
            if name in _KNOWN and not texts:
                arrays[name] = open_run_array(source, default_text(source, name))
            elif name == "label":
                own_label = _own_label(open_run_array(source, default_text(source, name)))
        for name, text in texts.items():
            arrays[name] = open_run_array(source, text)
    for name, array in arrays.items():
        kinds, dims = _KNOWN[name]
        _check_kind(f"{called}: {name}", array.shape, array.dtype, kinds=kinds, dims=dims)
    check_same_runs(arrays.values())
    return arrays, own_label


def _as_array(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InvalidInputError(
            f"runs: {name} is no array ({reason(error)}), expected as many values for each run"
        ) from error


def _own_label(array: RunArray) -> np.ndarray:
    """The labels of a source, which are no runs."""
    if len(array.shape) != 1 or not array.shape[0]:
        raise InvalidInputError(
            f"{array.name}: found shape {array.shape}, expected a label for each example"
        )
    return array.read(range(array.shape[0]))


def _label_in_files(examples: KnownExamples, own_label: Any, order: str, called: str) -> np.ndarray:
    """The labels that are given, or else the source's own, in the order that its arrays have."""
    if examples.label is not None:
        label = to_tfds(examples.label) if order == "tfds" else examples.label
        if own_label is not None and not np.array_equal(label, own_label):
            raise MismatchError(
                f"{called}: array label has other labels than those that are given, in the order "
                f"{order}; give those that the runs learned, and the --order of the arrays"
            )
        return label
    if own_label is None:
        raise InvalidInputError(
            f"{called}: found no array label; give the labels of the examples (--labels "
            "FILE[:KEY], label=ARRAY in Python)"
        )
    label = np.asarray(own_label)
    _check_kind(f"{called}: label", label.shape, label.dtype, kinds="iu", dims=1)
    return label


def _check_kind(
    name: str, shape: tuple[int, ...], dtype: np.dtype[Any], *, kinds: str, dims: int
) -> None:
    if dtype.kind not in kinds or len(shape) != dims:
        raise InvalidInputError(
            f"{name} has shape {shape} and dtype {dtype}, expected {dims} dims and a dtype "
            f"of kind {kinds!r}"
        )


def _check_shapes(
    outcomes: Mapping[str, RunArray], subsets: Subsets, label: np.ndarray, called: str
) -> None:
    for name, array in outcomes.items():
        is_empty = 0 in array.shape
        if array.shape[:2] != subsets.shape or array.shape[1:2] != label.shape or is_empty:
            raise InvalidInputError(
                f"{called}: found {name} of shape {array.shape}, masks of shape {subsets.shape} "
                f"and label of shape {label.shape}, expected (run, example) twice and (example,)"
            )
    if "logits" in outcomes:
        check_classes(label, outcomes["logits"].shape[2], called)


def _variables(outcomes: Mapping[str, RunArray]) -> tuple[str, ...]:
    """What a cube will have of these outcomes."""
    found = ["correct", "held_out"]
    found += [name for name in ("margin", "prediction") if {name, "logits"} & outcomes.keys()]
    return tuple(found)
