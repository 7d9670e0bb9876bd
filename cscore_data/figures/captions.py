"""What is written next to an example: its name and its score."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cscore_data.figures.text import FILE_NAME, as_text

#: Decimals of a score: few, but more where different scores would look the same.
_FEWEST_DECIMALS = 3
_MOST_DECIMALS = 5


def example_name(scores: xr.Dataset, row: int) -> str:
    """What identifies an example: its file name, or its index in the data set.

    Examples
    --------
    >>> scores = xr.Dataset(coords={"example": [3, 7]})
    >>> example_name(scores, 1)
    '#7'
    >>> scores = scores.assign_coords(filename=("example", ["cats/1.png", "cats/2.png"]))
    >>> example_name(scores, 1)
    '2.png'
    """
    if "filename" in scores.coords:
        # Folders are often the same for all; the end of a name tells files apart.
        name = str(scores["filename"].values[row]).rpartition("/")[2]
        return as_text(name, FILE_NAME)
    return f"#{scores['example'].values[row]}"


def name_note(scores: xr.Dataset) -> str:
    """What the names of `example_name` are, for the note on a page."""
    if "filename" in scores.coords:
        return "file name"
    return "# index in the data set"


def score_texts(values: Sequence[float] | np.ndarray) -> list[str]:
    """Scores with as many decimals as tell them apart; exact ones and zeros without.

    Examples
    --------
    >>> score_texts([1.0, 0.99981, 0.99984])
    ['1', '0.99981', '0.99984']
    >>> score_texts([0.5, 0.25])
    ['0.500', '0.250']
    """
    different = np.unique(np.asarray(values, np.float64)).tolist()
    for decimals in range(_FEWEST_DECIMALS, _MOST_DECIMALS + 1):
        texts = {_score_text(value, decimals) for value in different}
        if len(texts) == len(different):
            break
    return [_score_text(value, decimals) for value in values]


def _score_text(value: float, decimals: int) -> str:
    if value in (0, 1):
        return f"{value:g}"
    if abs(value) > 1:
        return f"{value:.{decimals + 1}g}"
    text = f"{value:.{decimals}f}"
    if float(text) in (0, 1):
        # A score that is almost 1 is not drawn as one.
        return f"{value:.{_MOST_DECIMALS}f}"
    return text
