"""What a study is, in a line or two before its training."""

import bisect

from cscore_data.design.plan import Plan
from cscore_data.studies.study import Study

#: The share of examples without a C-score from which on it is worth a line.
_NOTABLE_SHARE = 0.005


def describe_study(study: Study, pending: int) -> None:
    """Print the size of the study, and whether its runs are enough for a C-score of each example.

    Parameters
    ----------
    study : Study
    pending : int
        The number of models to train.
    """
    examples = study.examples
    print(
        f"{examples.name}: {len(examples)} examples, {len(examples.classes)} classes; "
        f"{len(study.plan.ratios)} ratios x {study.runs} runs, {pending} models to train"
    )
    without_score = study.plan.share_never_held_out(study.runs)
    if without_score >= _NOTABLE_SHARE:
        enough = enough_runs(study.plan, study.runs)
        print(
            f"with {study.runs} runs about {without_score:.0%} of the examples are held out by "
            f"none of them at some ratio, and get no C-score; {enough} runs would do"
        )


def enough_runs(plan: Plan, runs: int) -> int:
    """The smallest number of runs, from `runs` on, that leaves few examples without a C-score."""
    candidates = range(runs, 10**9)
    place = bisect.bisect_left(
        candidates,
        True,
        key=lambda count: plan.share_never_held_out(count) < _NOTABLE_SHARE,
    )
    return candidates[place]
