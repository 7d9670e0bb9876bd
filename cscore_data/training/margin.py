"""The margin of the label, from the outputs of any model."""

from typing import Any

import numpy as np

from cscore_data.errors import InvalidInputError


def margin_of(logits: Any, label: Any, *, probabilities: bool = False) -> np.ndarray:
    """Margin of each example: log p/(1-p) of the probability p of its label.

    Parameters
    ----------
    logits : float (..., class)
        Outputs before the softmax.
    label : int (...)
        Index of the class, 0..classes-1.
    probabilities : bool
        `logits` are probabilities. These lose all but 16 digits of a p near 1, logits do not.

    Returns
    -------
    float64 (...)
        The label's logit, less the log-sum-exp of the others; p is its sigmoid.

    Raises
    ------
    InvalidInputError
        If shapes do not fit, a label is not a class, or an output is NaN or not a probability.

    References
    ----------
    Carlini et al., Membership Inference Attacks From First Principles, 2022.

    Examples
    --------
    >>> margin_of([[2.0, 0.0], [1.0, 1.0]], [0, 1])
    array([2., 0.])
    >>> margin_of([[0.75, 0.25]], [0], probabilities=True).round(4)
    array([1.0986])
    """
    outputs = np.asarray(logits, np.float64)
    index = np.asarray(label)
    _check(outputs, index, probabilities=probabilities)
    if probabilities:
        with np.errstate(divide="ignore"):
            outputs = np.log(outputs)
    place = index[..., np.newaxis]
    own = np.take_along_axis(outputs, place, axis=-1)
    others = outputs.copy()
    np.put_along_axis(others, place, -np.inf, axis=-1)
    other = np.logaddexp.reduce(others, axis=-1)
    margin: np.ndarray = own[..., 0] - other
    return margin


def _check(outputs: np.ndarray, label: np.ndarray, *, probabilities: bool) -> None:
    if outputs.ndim < 1 or outputs.shape[:-1] != label.shape or label.dtype.kind not in "iu":
        raise InvalidInputError(
            f"logits: found shape {outputs.shape} and labels {label.dtype} {label.shape}, expected "
            "(..., class) and int (...)"
        )
    classes = outputs.shape[-1]
    is_no_class = (label < 0) | (label >= classes)
    if is_no_class.any():
        raise InvalidInputError(
            f"label: found {label.min()}..{label.max()}, expected 0..{classes - 1}"
        )
    if np.isnan(outputs).any():
        raise InvalidInputError("logits: found NaN, expected numbers")
    if probabilities:
        is_outside = (outputs < 0) | (outputs > 1)
        if is_outside.any():
            raise InvalidInputError("logits: found values outside 0..1, expected probabilities")
