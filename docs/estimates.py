"""Simulated studies of which the truth is known: the tables in estimates.md.

``python docs/estimates.py`` prints them. No model is trained: margins are drawn at random.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from cscore_data import (
    Plan,
    bootstrap,
    cscore_stderr,
    find_mislabelled,
    margin_of,
    reduce_cube,
    reliability,
)
from cscore_data.scores.correlations import correlation
from cscore_data.scores.detection import detection_quality
from cscore_data.scores.influence_pairs import influential_pairs
from cscore_data.scores.spearman_brown import stepped_up

CELL = ("ratio", "run", "example")
TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

#: Intervals of so many standard errors on both sides are to hold the truth of 95 %.
WIDTH = 1.96


class Size(NamedTuple):
    """How much is simulated."""

    examples: int = 2000
    repeats: int = 5
    resamples: int = 200
    runs: tuple[int, ...] = (20, 40, 80, 160)
    subset_runs: tuple[int, ...] = (4, 8, 10, 20, 50)
    targets: int = 2000


FULL = Size()
TINY = Size(100, 1, 10, (20, 40), (4, 10), 50)


class Population:
    """Examples, easy and hard, and models of which all chances are known.

    A margin is the example's level at the ratio plus logistic noise of the example's own width, so
    the model is right with the probability sigmoid(level / width). A model that was trained on the
    example has a level that is higher by 2.
    """

    def __init__(self, ratios, examples, seed):
        random = np.random.default_rng(seed)
        hardness = random.normal(1.5, 2, examples)
        self.ratios = ratios
        self.level = hardness + 2 * (np.array(ratios)[:, np.newaxis] - 0.5)
        self.width = random.uniform(0.3, 1.2, examples)

    def study(self, runs, *, subsets="balanced", seed=0):
        """A cube of this population: bool and float (ratio, run, example)."""
        plan = Plan(self.level.shape[1], self.ratios, seed=seed, subsets=subsets)
        held_out = np.stack([plan.held_out(ratio, range(runs)) for ratio in self.ratios])
        noise = np.random.default_rng(seed).logistic(size=held_out.shape)
        margin = self.level[:, np.newaxis] + 2 * ~held_out + self.width * noise
        return as_cube(plan, held_out, margin)

    def truth(self):
        """The scores that infinitely many runs would have: float (example,)."""
        shares = (np.arange(400) + 0.5) / 400
        noise = self.width[:, np.newaxis] * np.log(shares / (1 - shares))
        right = sigmoid(self.level / self.width)
        right_if_trained_on = sigmoid((self.level + 2) / self.width)
        profiles = {
            "cscore": right,
            "margin": self.level,
            "soft_cscore": sigmoid(self.level[..., np.newaxis] + noise).mean(-1),
            "memorization": right_if_trained_on - right,
        }
        return {name: profile.mean(axis=0) for name, profile in profiles.items()}


def as_cube(plan, held_out, margin):
    """A complete cube in memory."""
    variables = {
        "correct": (CELL, margin > 0),
        "held_out": (CELL, held_out),
        "margin": (CELL, margin.astype(np.float32)),
        "done": (CELL[:2], np.ones(margin.shape[:2], bool)),
    }
    return xr.Dataset(variables, {"ratio": list(plan.ratios)}, {"plan": plan.to_json()})


def sigmoid(margin):
    """The probability of which this is the log-odds."""
    return 1 / (1 + np.exp(-margin))


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


# ---- subsets


def subsets(size):
    """Which examples have a C-score, and how far it is from the truth, by runs and design."""
    population = Population(TENTHS, size.examples, seed=1)
    rows = []
    for runs in size.subset_runs:
        errors, scored = [], []
        for design in ("balanced", "independent", "nested"):
            found = [errors_of(population, runs, design, seed) for seed in range(size.repeats)]
            scored.append(f"{np.mean([share for share, _ in found]):.0%}".replace("%", " %"))
            errors.append(f"{np.mean([error for _, error in found]):.4f}")
        rows.append([runs, *scored, *errors[:2]])
    head = ["runs", "scored: balanced", "independent", "nested", "RMSE: balanced", "independent"]
    return table(head, rows)


def errors_of(population, runs, design, seed):
    """The share of examples with a C-score, and the RMSE of means over the ratios they have."""
    cube = population.study(runs, subsets=design, seed=seed)
    scored = reduce_cube(cube, statistics=["cscore"])["cscore"].notnull().mean()
    found = reduce_cube(cube, statistics=["cscore"], skipna=True)["cscore"]
    difference = found - population.truth()["cscore"]
    return float(scored), float((difference**2).mean() ** 0.5)


# ---- standard errors


def coverage(size):
    """How often intervals of a nominal 95 % hold the truth."""
    rows = []
    for ratios, runs in (((0.8,), 10), ((0.5, 0.7, 0.9), 10), (TENTHS, 10), (TENTHS, 40)):
        population = Population(ratios, size.examples, seed=2)
        shares = []
        for seed in range(size.repeats):
            shares.append(covered(population, population.study(runs, seed=seed), size))
        named = "0.1 to 0.9" if ratios == TENTHS else ", ".join(map(str, ratios))
        rows.append([named, runs, *(f"{share:.3f}" for share in np.mean(shares, axis=0))])
    head = ["ratios", "runs", "C-score: no prior", "prior 1/2", "bootstrap"]
    head += ["margin: own variance", "moderated", "soft C-score", "memorization"]
    return table(head, rows)


def covered(population, cube, size):
    """The share of the examples whose interval holds the truth, for each kind of interval."""
    scores = reduce_cube(cube)
    truth = population.truth()
    found = []

    # C-scores, of examples that are neither always right nor always wrong.
    is_open = abs(truth["cscore"] - 0.5) < 0.45
    without_prior = cscore_stderr(scores["profile"], scores["held_out_count"])
    for stderr in (without_prior, scores["cscore_stderr"]):
        found.append(share_within(scores["cscore"], truth["cscore"], stderr)[is_open].mean())
    drawn = bootstrap(cube, resamples=size.resamples)
    is_held = (drawn["cscore_low"] <= truth["cscore"]) & (truth["cscore"] <= drawn["cscore_high"])
    found.append(is_held.values[is_open].mean())

    # The others.
    found.append(share_within(scores["margin"], truth["margin"], own_stderr(cube)).mean())
    for name in ("margin", "soft_cscore", "memorization"):
        stderr = scores[f"{name}_stderr"]
        found.append(share_within(scores[name], truth[name], stderr).mean())
    return found


def share_within(score, truth, stderr):
    """Which intervals hold the truth: bool (example,)."""
    return (abs(score - truth) <= WIDTH * stderr).values


def own_stderr(cube):
    """The standard error of the margin by the variance of the example's own runs alone."""
    margin = cube["margin"].where(cube["held_out"])
    runs = margin.notnull().sum("run")
    deviations = ((margin - margin.mean("run")) ** 2).sum(("ratio", "run"))
    variance = deviations / (runs - 1).sum("ratio")
    return (variance / runs).sum("ratio") ** 0.5 / cube.sizes["ratio"]


# ---- reliability


def repetition(size):
    """The correlation with a repetition that a study predicts, and the one that there is."""
    rows = []
    for name in ("cscore", "margin"):
        population = Population(TENTHS, size.examples, seed=3)
        first = None
        for runs in size.runs:
            found = np.mean(
                [repeated(population, name, runs, seed) for seed in range(size.repeats)], axis=0
            )
            first = first or found[0]
            from_first = stepped_up(first, runs / size.runs[0])
            values = [found[0], from_first, *found[1:]]
            rows.append([f"`{name}`", runs, *(f"{value:.4f}" for value in values)])
    head = ["score", "runs", "predicted", f"predicted from {size.runs[0]} runs", "seen"]
    head += ["with the truth: predicted", "seen"]
    return table(head, rows)


def repeated(population, name, runs, seed):
    """Correlations with a repetition and with the truth, predicted and seen."""
    cube = population.study(runs, seed=seed)
    predicted = reliability(cube, score=name)
    again = population.study(runs, seed=1000 + seed)
    score = reduce_cube(cube, statistics=[name])[name].values
    score_again = reduce_cube(again, statistics=[name])[name].values
    truth = population.truth()[name]
    return [
        predicted.pearson,
        correlation(score, score_again),
        predicted.pearson_with_truth,
        correlation(score, truth),
    ]


# ---- wrong labels


def mislabelled(size):
    """How well wrong labels are found by the margin and by the corrected one, and the promises."""
    rows = []
    for kind in ("any other class", "the next class"):
        found = np.mean([found_wrong(size, kind, seed) for seed in range(size.repeats)], axis=0)
        texts = [f"{value:.3f}" for value in found]
        texts[2:5] = [f"{value:.0f}" for value in found[2:5]]
        rows.append([kind, *texts])
    head = ["labels changed to", "AP of `margin`", "AP of `score`", "wrong", "expected"]
    return table([*head, "called wrong", "precision of these", "expected"], rows)


def found_wrong(size, kind, seed):
    """How well 5 % wrong labels are found, in ten classes."""
    random = np.random.default_rng(seed)
    examples = 5 * size.examples
    right = random.integers(0, 10, examples)
    logits = logits_of(right, random)

    # Of half of the classes, one label in ten is that of the next class, or one in twenty of all
    # is that of any other.
    if kind == "the next class":
        step, is_wrong = 1, (random.random(examples) < 0.1) & (right < 5)
    else:
        step, is_wrong = random.integers(1, 10, examples), random.random(examples) < 0.05
    label = np.where(is_wrong, (right + step) % 10, right)
    margin = margin_of(logits, label)
    suspects = find_mislabelled(as_scores(label, margin, logits.argmax(axis=1)))

    wrong = is_wrong[suspects["example"].values]
    called = suspects["mislabelled"].values
    return [
        average_precision(is_wrong[np.argsort(margin)]),
        average_precision(wrong),
        wrong.sum(),
        suspects.attrs["expected_errors"],
        called.sum(),
        wrong[called].mean(),
        suspects.attrs["expected_precision"],
    ]


def logits_of(right, random):
    """What models that held them out make of examples, of which a fifth are hard."""
    examples = len(right)
    is_hard = random.random(examples) < 0.2
    logits = random.normal(0, 1, (examples, 10))
    of_right = np.where(is_hard, random.uniform(-1, 8, examples), random.normal(8, 1.5, examples))
    logits[np.arange(examples), right] += of_right
    return logits


def average_precision(wrong):
    """Of a ranking, by which labels are wrong in its order: bool (example,)."""
    return detection_quality(wrong, resamples=2)["average precision"].value


def as_scores(label, margin, voted):
    """Scores as `reduce_cube` gives them."""
    columns = {"margin": margin, "vote": voted, "vote_share": np.ones(len(label))}
    variables = {name: ("example", values) for name, values in columns.items()}
    coords = {"example": np.arange(len(label)), "label": ("example", label)}
    return xr.Dataset(variables, coords)


# ---- influence


def influence_by_chance(size):
    """Of targets that nothing has an influence on: how strong the strongest helper looks."""
    plan = Plan(size.examples, (0.7,), seed=4, subsets="balanced")
    held_out = plan.held_out(0.7, range(200))[np.newaxis]
    random = np.random.default_rng(4)
    chance = random.uniform(0.1, 0.9, size.targets)
    right = random.random((1, 200, size.targets)) < chance
    variables = {
        "held_out": (CELL, held_out),
        "test_correct": ((*CELL[:2], "test_example"), right),
        "done": (CELL[:2], np.ones((1, 200), bool)),
    }
    coords = {"ratio": [0.7], "example": np.arange(size.examples)}
    coords["test_example"] = np.arange(size.targets)
    coords["test_label"] = ("test_example", np.zeros(size.targets, int))
    pairs = influential_pairs(xr.Dataset(variables, coords), 0.7, top=1)
    expected = pairs["helps_chance"].values[:, 0]
    rows = []
    for most in (1, 0.1, 0.01):
        rows.append([most, f"{(expected <= most).mean():.3f}", f"{1 - np.exp(-most):.3f}"])
    return table(["`helps_chance` at most t", "share of the targets", "1 − exp(−t)"], rows)


TABLES = (subsets, coverage, repetition, mislabelled, influence_by_chance)


def main(size=FULL):
    """Print the tables."""
    for function in TABLES:
        print(f"{function(size)}\n")


if __name__ == "__main__":
    main()
