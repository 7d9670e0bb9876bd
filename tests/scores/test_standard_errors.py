"""Standard errors: intervals of 1.96 of them hold the truth of nearly 95 % of the examples.

Studies are simulated. In the fast tests, margins are skewed, and their spread differs between
examples; in the slow ones they are drawn from those of trained models.
"""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import gamma

from cscore_data import Plan, load_examples
from cscore_data.scores.reduce import reduce_cube
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.trainer import Trainer

CELL = ("ratio", "run", "example")
NAMES = ("cscore", "soft_cscore", "margin", "memorization")
TENTHS = tuple(np.round(np.arange(1, 10) / 10, 1).tolist())
SUBSETS = ["balanced", "independent"]


def sigmoid(margin):
    return 1 / (1 + np.exp(-margin))


def as_cube(ratios, held_out, margin, subsets):
    variables = {
        "correct": (CELL, margin > 0),
        "held_out": (CELL, held_out),
        "margin": (CELL, margin.astype(np.float32)),
        "done": (CELL[:2], np.ones(margin.shape[:2], bool)),
    }
    return xr.Dataset(variables, {"ratio": list(ratios)}, {"plan": f'{{"subsets": "{subsets}"}}'})


def held_out_runs(ratios, runs, examples, subsets, seed):
    """Which run holds out which example: bool (ratio, run, example)."""
    plan = Plan(examples, ratios, seed=seed, subsets=subsets)
    return np.stack([plan.held_out(ratio, range(runs)) for ratio in ratios])


def share_covered(scores, truth):
    """For each score, the share of the examples with an interval whose interval holds the truth."""
    shares = {}
    for name in NAMES:
        stderr = scores[f"{name}_stderr"]
        is_covered = abs(scores[name] - truth[name]) <= 1.96 * stderr
        shares[name] = float(is_covered.where(stderr.notnull()).mean())
    return shares


# ---- skewed margins


def skewed_noise(random, shape):
    """Standard deviation 1; a long tail below."""
    return 2 - random.gamma(4, 0.5, shape)


class Population:
    """Examples whose margins have these means at each ratio; training on one adds 2.5."""

    def __init__(self, ratios, examples, random):
        level = random.normal(0.5, 2.5, examples)
        self.level = level + 2.5 * (np.array(ratios)[:, None] - 0.5)
        self.spread = random.uniform(0.5, 2, examples)

    def margin(self, held_out, random):
        noise = self.spread * skewed_noise(random, held_out.shape)
        return self.level[:, None] + 2.5 * ~held_out + noise

    def truth(self):
        # The same distribution, by its quantiles.
        noise = 2 - gamma(4, scale=0.5).ppf((np.arange(300) + 0.5) / 300)
        held_out = self.level[..., None] + self.spread[:, None] * noise
        right = (held_out > 0).mean(-1)
        right_if_trained_on = (held_out + 2.5 > 0).mean(-1)
        profiles = {
            "cscore": right,
            "soft_cscore": sigmoid(held_out).mean(-1),
            "margin": held_out.mean(-1),
            "memorization": right_if_trained_on - right,
        }
        return {name: profile.mean(0) for name, profile in profiles.items()}


def skewed_study(ratios, runs, subsets, examples=1000):
    """The scores of a simulated study, and the truth."""
    random = np.random.default_rng(runs)
    population = Population(ratios, examples, random)
    held_out = held_out_runs(ratios, runs, examples, subsets, seed=0)
    cube = as_cube(ratios, held_out, population.margin(held_out, random), subsets)
    return reduce_cube(cube), population.truth()


@pytest.mark.parametrize("subsets", SUBSETS)
@pytest.mark.parametrize(
    ("ratios", "runs"), [((0.5, 0.7, 0.9), 10), ((0.5,), 10), ((0.8,), 10), (TENTHS, 8)]
)
def test_intervals_of_skewed_margins_cover(ratios, runs, subsets):
    scores, truth = skewed_study(ratios, runs, subsets)
    shares = share_covered(scores, truth)
    assert all(0.9 <= share <= 0.98 for share in shares.values()), shares


def test_five_balanced_runs_at_four_fifths_have_no_standard_errors():
    """They hold out every example once, so that nothing is known of the spread of the runs."""
    scores, _ = skewed_study((0.8,), 5, "balanced")
    assert (scores["held_out_count"] == 1).all()
    for name in NAMES:
        assert scores[name].notnull().all()
        assert scores[f"{name}_stderr"].isnull().all()


def test_five_independent_runs_at_four_fifths_have_some():
    scores, truth = skewed_study((0.8,), 5, "independent", examples=4000)
    shares = share_covered(scores, truth)
    assert all(0.9 <= share <= 0.98 for share in shares.values()), shares
    assert 0.2 < float(scores["margin_stderr"].notnull().mean()) < 0.3


# ---- margins of trained models


class TrainedModels:
    """Margins of 120 models of digits at each ratio, from which those of studies are drawn."""

    def __init__(self, ratios):
        digits = load_examples("digits")
        plan = Plan(len(digits), ratios, seed=1)
        trainer = Trainer(
            digits.image,
            digits.class_index(),
            RECIPES["digits"],
            lanes=12,
            largest_subset=plan.subset_size(max(ratios)),
            with_margins=True,
        )
        self.margin = []
        for ratio in ratios:
            draw = plan.draw(ratio, range(120))
            self.margin.append(trainer.train(draw.subsets, draw.seeds).margin)
        self.margin = np.stack(self.margin)
        self.held_out = np.stack([plan.held_out(ratio, range(120)) for ratio in ratios])

    def draw(self, held_out, random):
        """A margin for each cell, of a random model that held the example out, or did not."""
        margin = np.empty(held_out.shape)
        for ratio, run in np.ndindex(held_out.shape[:2]):
            is_alike = self.held_out[ratio] == held_out[ratio, run]
            model = np.where(is_alike, random.random(is_alike.shape), -1).argmax(0)
            margin[ratio, run] = np.take_along_axis(self.margin[ratio], model[None], 0)[0]
        return margin

    def truth(self):
        margin = self.margin.astype(np.float64)
        held_out = np.where(self.held_out, margin, np.nan)
        right = np.nanmean(np.where(self.held_out, margin > 0, np.nan), 1)
        right_if_trained_on = np.nanmean(np.where(self.held_out, np.nan, margin > 0), 1)
        profiles = {
            "cscore": right,
            "soft_cscore": np.nanmean(sigmoid(held_out), 1),
            "margin": np.nanmean(held_out, 1),
            "memorization": right_if_trained_on - right,
        }
        return {name: profile.mean(0) for name, profile in profiles.items()}


@pytest.mark.slow
@pytest.mark.parametrize("ratios", [(0.5, 0.7, 0.9), (0.5,), (0.8,)])
def test_intervals_of_digits_cover(ratios):
    models = TrainedModels(ratios)
    truth = models.truth()
    # Of examples that are always right, the interval covers in any case.
    is_uncertain = abs(truth["cscore"] - 0.5) < 0.45
    for subsets in SUBSETS:
        shares = {name: [] for name in NAMES}
        for seed in range(10):
            held_out = held_out_runs(ratios, 10, is_uncertain.size, subsets, seed)
            margin = models.draw(held_out, np.random.default_rng(seed))
            scores = reduce_cube(as_cube(ratios, held_out, margin, subsets))
            uncertain = {name: values[is_uncertain] for name, values in truth.items()}
            every = share_covered(scores, truth)
            hard = share_covered(scores.isel(example=is_uncertain), uncertain)
            for name in NAMES:
                source = every if name in ("margin", "soft_cscore") else hard
                shares[name].append(source[name])
        means = {name: np.mean(values) for name, values in shares.items()}
        assert all(0.9 <= share <= 0.98 for share in means.values()), means
