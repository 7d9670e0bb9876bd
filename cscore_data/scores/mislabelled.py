"""Which labels are probably wrong, and what they should be."""

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.margin_mixture import fit_margins
from cscore_data.scores.ranking import rank
from cscore_data.scores.vote import NO_VOTE

#: Scores that suspects can be ranked by, the best first.
RANKED_BY = ("margin", "soft_cscore", "cscore")

#: An example is called mislabelled from this probability on. Of the labels of Banking77 that were
#: changed at random, 2, 5 and 20 % of all, the decision has an F1 of .88, .88 and .92, that of
#: cleanlab at its best .47, .63 and .78.
_PROBABLE = 0.3

#: If wrong labels cannot be told from hard examples, those below this margin are called
#: mislabelled: the held-out probability of the label is less than .18.
_LOW_MARGIN = -1.5

#: The same for scores in 0..1.
_LOW_SCORE = 0.5

_MEANINGS = {
    "score": "how well held-out models agree with the label; low = suspicious",
    "stderr": "standard error of the score",
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

        - `score` float64, the mean held-out margin, or else the C-score from probabilities, or the
          C-score; NaN where the example was never held out; `stderr` float64, its standard error;
        - `suggested` int64, the label that held-out models vote for, and `share` float64, the share
          of them that do, NaN where it is not known;
        - `contradicts_copy` bool, where `copies` are given;
        - `mislabelled` bool, the decision.

        Attributes `expected_errors`, the number of wrong labels among all examples, and
        `expected_precision`, the share of wrong ones among those that are called so; NaN without
        margins, or if models contradict fewer than 10 examples. `is_separated` is 1 if wrong
        labels can be told from hard examples, else 0.

    Raises
    ------
    InvalidInputError
        If no example has a score, or labels are not known.

    Notes
    -----
    An example is called mislabelled if held-out models vote for another label and its margin is
    more like that of a wrong label than that of a hard example, by a mixture of two distributions
    that is fitted to the margins of all examples that held-out models contradict. Where that is
    not possible, because people confuse the same classes as models do, those with a margin below
    -1.5 are called mislabelled; in five data sets with known errors, .21 to .69 of them were, and
    the expected precision was .16 to .29.

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
    ranked = rank(scores, by).rows
    unranked = np.setdiff1d(np.arange(scores.sizes["example"]), ranked)

    found = _columns(scores, by)
    contradicts = _contradicts_copy(scores["label"].values, copies)
    probability, is_separated = _error_probability(found, by)
    found["mislabelled"] = _decide(found, by, probability, is_separated)
    if copies is not None:
        found["contradicts_copy"] = ("example", contradicts)
        found["mislabelled"] = found["mislabelled"] | (contradicts & found["disagrees"])

    # Contradictory copies first, each part in the order of its scores.
    order = np.concatenate([ranked, unranked])
    order = order[np.argsort(~contradicts[order], kind="stable")]
    called = found["mislabelled"].values
    attrs = {
        "title": f"Suspicious labels of {scores.attrs.get('dataset', 'a data set')}",
        "ranked_by": by,
        "expected_errors": float(probability.sum()),
        "expected_precision": float(probability[called].mean()) if called.any() else np.nan,
        "is_separated": int(is_separated),
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
    return found


def _error_probability(found: xr.Dataset, by: str) -> tuple[np.ndarray, bool]:
    """The probability that each label is wrong, and whether it can be told; NaN without margins."""
    score = found["score"].values
    if by != "margin":
        return np.full(len(score), np.nan), False
    contradicted = found["disagrees"].values & (score < 0)
    probability = np.zeros(len(score))
    mixture = fit_margins(score[contradicted])
    probability[contradicted] = mixture.probability
    return probability, mixture.is_separated


def _decide(
    found: xr.Dataset, by: str, probability: np.ndarray, is_separated: bool
) -> xr.DataArray:
    if by != "margin":
        return found["disagrees"] & (found["score"] < _LOW_SCORE)
    if is_separated:
        return found["disagrees"] & (probability > _PROBABLE)
    return found["disagrees"] & (found["score"] < _LOW_MARGIN)


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
