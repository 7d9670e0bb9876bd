"""Texts and rows of features, in scripts of some hundred each."""

from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.gallery.scripts import write_document

#: Texts in a script.
_PER_SCRIPT = 256

#: Letters of all texts, and of one at most and at least.
_ROOM = 36_000_000
_LONGEST = 10_000
_SHORTEST = 200

#: Values of a row of features that are shown.
_MOST_VALUES = 256

_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def write_texts(folder: Path, examples: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
    """Write texts, or rows of numbers as texts, to scripts texts-0, texts-1, …

    Parameters
    ----------
    folder : Path
    examples : str (example,) or number (example, feature)
    rows : int (example,)
        The order of the texts.

    Returns
    -------
    dict
        Texts per script, for the page.
    """
    longest = max(_SHORTEST, min(_LONGEST, _ROOM // len(examples)))
    starts = range(0, len(rows), _PER_SCRIPT)
    for number, start in enumerate(starts):
        texts = []
        for row in rows[start : start + _PER_SCRIPT]:
            texts.append(as_line(examples[row], longest))
        write_document(folder, f"texts-{number}", texts)
    return {"kind": "text", "perScript": _PER_SCRIPT}


def as_line(example: np.ndarray | str, longest: int) -> str:
    """A text, or the values of a row of features, in at most so many letters.

    Examples
    --------
    >>> as_line(np.array([5.1, 3.50001, 1200000]), 40)
    '5.1  3.5  1.2e+06'
    >>> as_line("never again", 6)
    'never…'
    """
    if isinstance(example, np.ndarray):
        shown = example[:_MOST_VALUES].tolist()
        values = [f"{value:.4g}" for value in shown]
        if len(example) > _MOST_VALUES:
            values.append(_ELLIPSIS)
        example = "  ".join(values)
    text = str(example)
    if len(text) > longest:
        return text[: longest - 1] + _ELLIPSIS
    return text
