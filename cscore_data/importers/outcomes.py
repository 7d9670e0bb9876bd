"""What a model got right, and with which margin, from the logits that it gave, or from arrays."""

from collections.abc import Mapping

import numpy as np

from cscore_data.errors import InvalidInputError
from cscore_data.importers.run_arrays import RunArray


def outcomes_of_logits(logits: np.ndarray, label: np.ndarray) -> dict[str, np.ndarray]:
    """What a cube has of runs whose logits are known.

    Parameters
    ----------
    logits : float (run, example, class)
        Column K is of the class K.
    label : int (example,)

    Returns
    -------
    dict of str to array
        `correct` bool, `margin` float32 and `prediction`, a label, int64 (run, example); the margin
        is log p/(1-p), the label's logit less the log-sum-exp of the others.

    Examples
    --------
    >>> found = outcomes_of_logits(np.array([[[2.0, 0.0], [0.5, 0.0]]]), np.array([0, 1]))
    >>> found["margin"], found["correct"]
    (array([[ 2. , -0.5]], dtype=float32), array([[ True, False]]))
    """
    place = np.broadcast_to(label[:, None], (*logits.shape[:2], 1))
    logits = logits.astype(np.float32)
    prediction = logits.argmax(axis=2)
    own = np.take_along_axis(logits, place, axis=2)[..., 0]
    np.put_along_axis(logits, place, -np.inf, axis=2)
    # The largest is subtracted first, so that no exponential overflows.
    largest = logits.max(axis=2)
    others = np.exp(logits - largest[..., None]).sum(axis=2)
    return {
        "correct": prediction == label,
        "margin": own - largest - np.log(others),
        "prediction": prediction,
    }


def check_classes(label: np.ndarray, classes: int, name: str) -> None:
    """Raise `InvalidInputError` unless labels are 0 to `classes` - 1, as the columns of logits."""
    if classes < 2 or label.min() < 0 or label.max() >= classes:
        raise InvalidInputError(
            f"{name}: found logits of {classes} classes and labels {label.min()}..{label.max()}, "
            "expected a column for each class 0, 1, …"
        )


def class_places(prediction: np.ndarray, label: np.ndarray, name: str) -> np.ndarray:
    """Predicted labels as places among the classes, which are the distinct labels, ascending.

    Raises
    ------
    InvalidInputError
        If something is predicted that is no example's label.
    """
    classes = np.unique(label)
    places = np.searchsorted(classes, prediction).clip(max=len(classes) - 1)
    unknown = prediction[classes[places] != prediction]
    if unknown.size:
        raise InvalidInputError(
            f"{name}: predicts {unknown[0]}, which is no example's label ({classes[0]}.."
            f"{classes[-1]}); leave the predictions out, or give the labels that models learned"
        )
    return places


def read_outcomes(
    arrays: Mapping[str, RunArray], runs: list[int], label: np.ndarray, names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """What a cube has of runs besides `held_out`, from arrays that may say it in several ways.

    Parameters
    ----------
    arrays : mapping of str to RunArray
        Some of `correct`, `prediction`, `logits` and `margin`.
    runs : list of int
    label : int (example,)
        In the order of the arrays.
    names : tuple of str
        What to call each run in messages.

    Raises
    ------
    InvalidInputError
        If an array has another length, or two of them contradict each other.
    """
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
