"""Margins and predictions as they are stored."""

import numpy as np

from cscore_data.errors import InvalidInputError
from cscore_data.schema import MARGIN_MISSING, MARGIN_STEP, PREDICTION_MISSING

#: The largest number of steps that is stored; larger margins are cut.
_MOST_STEPS = 127


def stored_margin(margin: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Margins as whole numbers of steps.

    Parameters
    ----------
    margin : float (run, example)
    valid : bool (run,)
        Margins of other runs are missing.

    Returns
    -------
    int8 (run, example)

    Raises
    ------
    InvalidInputError
        If a margin of a valid run is NaN.
    """
    if np.isnan(margin[valid]).any():
        raise InvalidInputError("margin: found NaN, expected a number for each example")
    steps = np.clip(np.rint(margin / MARGIN_STEP), -_MOST_STEPS, _MOST_STEPS)
    steps[~valid] = MARGIN_MISSING
    return steps.astype(np.int8)


def stored_prediction(
    prediction: np.ndarray, valid: np.ndarray, *, classes: int, dtype: np.dtype
) -> np.ndarray:
    """Predictions in the type that a cube has for them.

    Parameters
    ----------
    prediction : int (run, example)
        0..classes-1.
    valid : bool (run,)
        Predictions of other runs are missing.
    classes : int
    dtype : dtype

    Raises
    ------
    InvalidInputError
        If a prediction of a valid run is not a class.
    """
    found = prediction[valid]
    if ((found < 0) | (found >= classes)).any():
        raise InvalidInputError(
            f"prediction: found {found.min()}..{found.max()}, expected 0..{classes - 1}"
        )
    stored = prediction.astype(dtype)
    stored[~valid] = PREDICTION_MISSING
    return stored
