"""Which labels are probably wrong, and what they should be."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.label_flips import fit_flips
from cscore_data.scores.margin_mixture import fit_margins
from cscore_data.scores.ranking import rank
from cscore_data.scores.vote import NO_VOTE

#: Scores that suspects can be ranked by, the best first.
RANKED_BY = ("margin", "soft_cscore", "cscore")

#: An example is called mislabelled from this probability on.
_PROBABLE = 0.3

#: With too few examples for an estimate, those below this margin are called mislabelled: the
#: held-out probability of the label is less than .18.
_LOW_MARGIN = -1.5

#: Without margins, examples with a lower score are called mislabelled.
_LOW_SCORE = 0.5

#: Models that contradict a larger share of the labels know too little to judge any.
MOST_CONTRADICTED = 0.5

_MEANINGS = {
    "score": "how well held-out models agree with the label; low = suspicious",
    "stderr": "standard error of the score before its correction",
    "suggested": f"label that held-out models give most often, {NO_VOTE} if share is NaN",
    "share": "share of held-out models that give the suggested label",
    "contradicts_copy": "an exact copy of the example has another label",
    "mislabelled": "the label is probably wrong",
}


def find_mislabelled(scores: xr.Dataset, copies: np.ndarray | None = None) -> xr.Dataset:
    """Rank examples by how probably their label is wrong, and decide which are.

    Parameters
    ----------
    scores : xarray.Dataset
        From `reduce_cube`, of a cube with margins if possible.
    copies : int (example,), optional
        Exact copies have the same number, as `Examples.copies` gives it, in the order of the
        scores. Copies with contradictory labels come first.

    Returns
    -------
    xarray.Dataset
        The most suspicious example first, those without a score last; in memory. (example,):

        - `score` float64, the mean held-out margin, corrected where models contradict the label, or
          else the C-score from probabilities, or the C-score; NaN where the example was never held
          out; `stderr` float64, the standard error of what was not corrected;
        - `suggested` int64, the label that held-out models vote for, and `share` float64, the share
          of them that do, NaN where it is not known;
        - `contradicts_copy` bool, where `copies` are given;
        - `mislabelled` bool, the decision; False for all, but for copies, if models contradict more
          than half of the labels: they know too little then.

        Attributes `expected_errors`, the number of wrong labels among all examples, and
        `expected_precision`, the share of wrong ones among those that are called so; NaN without
        margins, if models contradict fewer than 10 examples, or more than half. `is_separated` is 1
        if wrong labels can be told from hard examples, else 0. `contradicted` is the share of the
        examples with a score whose label models contradict.

    Raises
    ------
    InvalidInputError
        If no example has a score, or labels are not known.

    Notes
    -----
    The margin of a label that models contradict is corrected by the frequency of such mistakes
    (`label_flips.fit_flips`): wrong labels often are of a few kinds, and hard examples of many. An
    example is called mislabelled if models vote for another label and its margin is more like
    that of a wrong label than that of a hard example. This is told by a mixture of two
    distributions that is fitted to the margins of all contradicted examples
    (`margin_mixture.fit_margins`), if it can tell them apart, and else by the rates of mistakes.
    In the latter case `expected_precision` is the lower of two estimates.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> from cscore_data import reduce_cube
    >>> suspects = find_mislabelled(reduce_cube(make_cube(runs=50)))
    >>> bool((suspects["score"].diff("example") >= 0).all())
    True
    """
    if "label" not in scores.coords:
        raise InvalidInputError("the scores have no labels; use scores that have them")
    by = score_name(scores)
    scores = scores.load()
    found = _columns(scores, by)
    ranked = rank(found, "score").rows
    unranked = np.setdiff1d(np.arange(scores.sizes["example"]), ranked)

    contradicts = _contradicts_copy(scores["label"].values, copies)
    judgement = _judge(found, by)
    found["mislabelled"] = ("example", judgement.called)
    if copies is not None:
        found["contradicts_copy"] = ("example", contradicts)
        found["mislabelled"] = found["mislabelled"] | (contradicts & found["disagrees"])

    # Contradictory copies first, each part in the order of its scores.
    order = np.concatenate([ranked, unranked])
    order = order[np.argsort(~contradicts[order], kind="stable")]
    promised = judgement.probability[found["mislabelled"].values]
    attrs = {
        "title": f"Suspicious labels of {scores.attrs.get('dataset', 'a data set')}",
        "ranked_by": by,
        "expected_errors": judgement.expected_errors,
        "expected_precision": float(promised.mean()) if len(promised) else np.nan,
        "is_separated": int(judgement.is_separated),
        "contradicted": _contradicted(found),
    }
    kept = [name for name in _MEANINGS if name in found]
    suspects = found[kept].isel(example=order).assign_attrs(attrs)
    for name in kept:
        suspects[name].attrs = {"long_name": _MEANINGS[name]}
    return suspects


def score_name(scores: xr.Dataset) -> str:
    """The score that suspects are ranked by: the first of `RANKED_BY` that is there."""
    for name in RANKED_BY:
        if name in scores:
            return name
    raise InvalidInputError("scores: found no margin and no cscore, expected one of them")


def _columns(scores: xr.Dataset, by: str) -> xr.Dataset:
    """The suspects' variables in the order of the scores, without the decision."""
    examples = scores.sizes["example"]
    missing = xr.DataArray(np.full(examples, np.nan), dims="example")
    nobody = xr.DataArray(np.full(examples, NO_VOTE), dims="example")
    label = scores["label"].reset_coords(drop=True)
    suggested = scores.get("vote", nobody)
    # Not by `NO_VOTE`, which may be a class: -1 and +1 are common labels.
    share = scores.get("vote_share", missing)
    found = xr.Dataset(
        {
            "score": scores[by].astype(np.float64),
            "stderr": scores.get(f"{by}_stderr", missing),
            "suggested": suggested,
            "share": share,
            "disagrees": (suggested != label) & share.notnull(),
        }
    )
    if "vote" not in scores:
        # Without votes, the score alone says whether models disagree.
        found["disagrees"] = found["score"] < (0 if by == "margin" else _LOW_SCORE)
    if by == "margin":
        found["margin"] = found["score"]
    if by == "margin" and "vote" in scores:
        columns = (found["margin"], label, suggested, found["disagrees"])
        flips = fit_flips(*(column.values for column in columns))
        found["score"] = ("example", flips.margin)
        found["flipped"] = ("example", flips.probability)
    return found


class _Judgement(NamedTuple):
    """Which labels are called wrong, and how probably each of them is."""

    called: np.ndarray
    probability: np.ndarray
    expected_errors: float
    is_separated: bool


def _judge(found: xr.Dataset, by: str) -> _Judgement:
    """Decide by the suspects' columns; probabilities are NaN without margins."""
    disagrees = found["disagrees"].values
    unknown = np.full(len(disagrees), np.nan)
    if _contradicted(found) > MOST_CONTRADICTED:
        return _Judgement(np.zeros(len(disagrees), bool), unknown, np.nan, False)
    if by != "margin":
        return _Judgement(disagrees & (found["score"].values < _LOW_SCORE), unknown, np.nan, False)
    margin = found["margin"].values
    contradicted = disagrees & (margin < 0)
    probability = np.zeros(len(margin))
    mixture = fit_margins(margin[contradicted])
    probability[contradicted] = mixture.probability
    if mixture.is_separated:
        called = contradicted & (probability > _PROBABLE)
        return _Judgement(called, probability, float(probability.sum()), True)
    if "flipped" not in found or np.isnan(mixture.probability).all():
        called = contradicted & (margin < _LOW_MARGIN)
        return _Judgement(called, probability, float(probability.sum()), False)

    # Of two estimates that may both be wrong, the more cautious one is promised.
    flipped = found["flipped"].values
    called = contradicted & (flipped > _PROBABLE)
    promised = np.minimum(probability, flipped)
    return _Judgement(called, promised, float(flipped.sum()), False)


def _contradicted(found: xr.Dataset) -> float:
    """The share of the examples with a score whose label models contradict."""
    has_score = found["score"].notnull().values
    return float(found["disagrees"].values[has_score].mean())


def _contradicts_copy(label: np.ndarray, copies: np.ndarray | None) -> np.ndarray:
    """Which examples have an exact copy with another label: bool (example,)."""
    if copies is None:
        return np.zeros(len(label), bool)
    _, group = np.unique(copies, return_inverse=True)
    lowest = np.full(group.max() + 1, np.iinfo(np.int64).max)
    highest = np.full(group.max() + 1, np.iinfo(np.int64).min)
    np.minimum.at(lowest, group, label)
    np.maximum.at(highest, group, label)
    contradicts: np.ndarray = (lowest != highest)[group]
    return contradicts
