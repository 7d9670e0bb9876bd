"""What a comparison found, as one object and as a JSON document."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import xarray as xr

from cscore_data.scores.agreement import Agreement


@dataclass(frozen=True)
class Side:
    """One of the two sets of scores.

    Attributes
    ----------
    source : str
        As it was given to the command.
    title, dataset : str or None
        From the attributes of the scores.
    examples, with_score : int
        How many examples there are, and how many of them have a score.
    lowest, highest : float
        Range of the scores.
    """

    source: str
    title: str | None
    dataset: str | None
    examples: int
    with_score: int
    lowest: float
    highest: float


def describe_side(source: str, scores: xr.Dataset) -> Side:
    """Describe a set of scores that was read from `source`."""
    score = scores["cscore"]
    return Side(
        source=source,
        title=scores.attrs.get("title"),
        dataset=scores.attrs.get("dataset"),
        examples=score.size,
        with_score=int(score.notnull().sum()),
        lowest=float(score.min()),
        highest=float(score.max()),
    )


@dataclass(frozen=True)
class Comparison:
    """Two sets of scores and how far they agree.

    Attributes
    ----------
    a, b : Side
    ascending : bool
        B was flipped, because lower means more regular there.
    matched_by : str
        The coordinate that ties the examples together.
    common_examples : int
    warnings : list of str
    hint : str or None
        What to suspect if they disagree strongly.
    agreement : Agreement
        Over all common examples.
    classes : dict of int to Agreement
        Within each class.
    """

    a: Side
    b: Side
    ascending: bool
    matched_by: str
    common_examples: int
    warnings: list[str]
    hint: str | None
    agreement: Agreement
    classes: dict[int, Agreement]


def to_json(comparison: Comparison) -> str:
    """The comparison as a JSON document; the agreement over all examples is at its top level."""
    document = dataclasses.asdict(comparison)
    classes = document.pop("classes")
    document.update(document.pop("agreement"))
    document["classes"] = classes
    return json.dumps(without_nan(document), indent=2, allow_nan=False)


def without_nan(document: dict[str, Any]) -> Any:
    """The document with null in place of NaN and infinities, which JSON does not have.

    Examples
    --------
    >>> without_nan({"spearman": float("nan"), "kendall": 0.5})
    {'spearman': None, 'kendall': 0.5}
    """
    text = json.dumps(document)
    return json.loads(text, parse_constant=lambda constant: None)
