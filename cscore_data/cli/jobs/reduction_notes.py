"""What ``reduce-cscores`` says of its scores: which are missing, and how reliable they are."""

import math

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.lone_examples import lone_examples
from cscore_data.scores.reliability import reliability
from cscore_data.scores.tails import FRACTIONS


def missing_lines(scores: xr.Dataset) -> list[str]:
    """How many examples lack a C-score, or have one and lack something else, and why.

    Examples
    --------
    >>> nan = float("nan")
    >>> columns = {"cscore": [0.5, 1, nan], "cscore_stderr": [0.1, nan, nan]}
    >>> scores = xr.Dataset({name: ("example", values) for name, values in columns.items()})
    >>> for line in missing_lines(scores):
    ...     print(line)
    no C-score: 1 examples, never held out at some ratio; more runs would fix that
    no standard error of cscore: 1 examples, held out by too few runs; more would fix that
    """
    lines = []
    has_score = scores["cscore"].notnull()
    is_missing = ~has_score
    is_lone = lone_examples(scores)
    if is_lone is not None and is_lone.any():
        lines.append(f"no scores: {int(is_lone.sum())} examples that are the only one of a class")
        is_missing = is_missing & ~is_lone
    if is_missing.any():
        lines.append(
            f"no C-score: {int(is_missing.sum())} examples, never held out at some ratio; more "
            "runs would fix that"
        )

    for name in ("cscore", "margin"):
        if f"{name}_stderr" in scores:
            lines += stderr_lines(name, scores[f"{name}_stderr"].where(has_score, np.inf))
    if "memorization" in scores:
        unknown = int((has_score & scores["memorization"].isnull()).sum())
        if unknown:
            lines.append(
                f"no memorization: {unknown} examples, never trained on at some ratio; more runs "
                "would fix that"
            )
    return lines


def stderr_lines(name: str, stderr: xr.DataArray) -> list[str]:
    """How many standard errors of a statistic are unknown, or say less than they seem to."""
    lines = []
    unknown = int(stderr.isnull().sum())
    if unknown:
        lines.append(
            f"no standard error of {name}: {unknown} examples, held out by too few runs; more "
            "would fix that"
        )
    certain = int((stderr == 0).sum())
    if certain:
        lines.append(
            f"standard error 0 of {name}: {certain} examples, on which all runs agree; with few "
            "runs, that is less certain than it looks"
        )
    return lines


def reliability_line(cube: xr.Dataset) -> str:
    """How reliable the C-scores are, as far as halves of the runs can tell.

    Examples
    --------
    >>> from cscore_data.testing import make_cube
    >>> print(reliability_line(make_cube(runs=1)))
    reliability: too few runs to tell
    """
    try:
        found = reliability(cube)
    except InvalidInputError:
        return "reliability: too few runs to tell"
    if found.pearson <= 0:
        return "reliability: none; the scores of halves of the runs are unrelated, add runs"
    of_ranks = "" if math.isnan(found.spearman) else f" (Spearman {found.spearman:.3f})"
    overlap = ", ".join(f"{share:.0%}" for share in found.lowest_overlap)
    fractions = ", ".join(f"{fraction:.0%}" for fraction in FRACTIONS)
    return (
        f"reliability: scores of a repeated study would correlate with these {found.pearson:.3f}"
        f"{of_ranks}, the truth {found.pearson_with_truth:.3f}; halves of the runs have {overlap} "
        f"of their lowest {fractions} in common"
    )
