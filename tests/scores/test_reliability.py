"""Reliability: what halves of the runs say about a repetition of the whole study."""

import math
from dataclasses import asdict

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from cscore_data.errors import InvalidInputError
from cscore_data.scores.reduce import reduce_cube
from cscore_data.scores.reliability import (
    reliability,
    runs_for,
    stepped_up,
)
from cscore_data.scores.reliability_curve import reliability_curve
from cscore_data.scores.run_blocks import block_length
from cscore_data.scores.spearman_brown import grown
from cscore_data.testing import make_cube

CELL = ("ratio", "run", "example")


def study(chance, runs, seed, ratios=(0.3, 0.7)):
    """A study of examples that are right with these chances at each ratio, subsets independent."""
    random = np.random.default_rng(seed)
    shape = (len(ratios), runs, chance.shape[1])
    held_out = random.random(shape) >= np.array(ratios)[:, None, None]
    correct = random.random(shape) < chance[:, None]
    done = np.ones(shape[:2], bool)
    variables = {"correct": (CELL, correct), "held_out": (CELL, held_out), "done": (CELL[:2], done)}
    return xr.Dataset(variables, {"ratio": list(ratios)})


@pytest.fixture(scope="module")
def chance():
    level = np.random.default_rng(3).normal(1, 1, 1500)
    return 1 / (1 + np.exp(-np.stack([level, level + 1])))


def test_it_predicts_the_correlation_with_a_repetition_and_with_the_truth(chance):
    cube = study(chance, 40, seed=0)
    found = reliability(cube)
    score = reduce_cube(cube)["cscore"].values
    repetition = reduce_cube(study(chance, 40, seed=1))["cscore"].values
    assert found.pearson == pytest.approx(np.corrcoef(score, repetition)[0, 1], abs=0.02)
    truth = chance.mean(0)
    assert found.pearson_with_truth == pytest.approx(np.corrcoef(score, truth)[0, 1], abs=0.02)
    ranks = [np.argsort(np.argsort(values)) for values in (score, repetition)]
    assert found.spearman == pytest.approx(np.corrcoef(*ranks)[0, 1], abs=0.02)


@pytest.mark.parametrize("seed", [0, 1])
def test_ranks_are_predicted_where_most_scores_tie(seed):
    """By Spearman and Brown, the correlation of ranks would be too high: more runs break ties."""
    level = np.random.default_rng(5).normal(5, 2.5, 3000)
    chance = 1 / (1 + np.exp(-np.stack([level, level + 1])))
    cube = study(chance, 80, seed=2 * seed)
    repetition = reduce_cube(study(chance, 80, seed=2 * seed + 1))["cscore"].values
    expected = stats.spearmanr(reduce_cube(cube)["cscore"].values, repetition).statistic
    assert reliability(cube).spearman == pytest.approx(expected, abs=0.02)
    halves = reliability_curve(cube)["spearman"].sel(runs=40)
    assert stepped_up(float(halves), 2) > expected + 0.03


def test_ranks_are_not_predicted_from_few_runs(chance):
    cube = study(chance, 39, seed=0)
    assert math.isnan(reliability(cube).spearman)
    curve = reliability_curve(cube)
    assert (curve["spearman"].notnull() == curve["measured"]).all()


def test_each_split_is_a_reduction_of_two_halves(chance):
    cube = study(chance, 2, seed=0)
    found = reliability(cube, splits=5)
    x, y = (reduce_cube(cube.isel(run=[run]))["cscore"].values for run in (0, 1))
    known = np.isfinite(x) & np.isfinite(y)
    half = np.corrcoef(x[known], y[known])[0, 1]
    # Two runs can be split in one way only.
    assert (found.splits, found.runs_per_half) == (1, 1)
    assert found.pearson == pytest.approx(stepped_up(half, 2))
    assert (found.examples, found.left_out) == (known.sum(), (~known).sum())


def test_an_odd_run_is_left_out_of_the_halves_and_counted_in_the_whole(chance):
    found = reliability(study(chance, 21, seed=0))
    assert (found.runs, found.runs_per_half, found.splits) == (21, 10, 10)


def test_other_scores_have_a_reliability_too(make_margin_cube):
    cube = make_margin_cube(runs=40, examples=100)
    hard, soft = reliability(cube), reliability(cube, score="margin")
    assert soft.score == "margin"
    assert hard.pearson < soft.pearson < 1
    assert reliability(cube, score="vote_share").pearson < 1


def assert_same(found, expected):
    """Two reliabilities are equal, also where a figure is NaN."""
    np.testing.assert_equal(asdict(found), asdict(expected))


def test_lazy_cubes_and_batches_of_groups_give_the_same(chance, monkeypatch):
    cube = study(chance, 20, seed=0)
    expected = reliability(cube)
    assert_same(reliability(cube.chunk({"run": 7, "example": 400})), expected)
    monkeypatch.setattr("cscore_data.scores.grouped_scores._BYTES", 50_000)
    assert_same(reliability(cube), expected)


def test_missing_runs_take_no_part(chance):
    cube = study(chance, 20, seed=0)
    fewer = cube.isel(run=slice(12))
    for name in ("held_out", "done"):
        cube[name][{"run": slice(12, None)}] = False
    assert_same(reliability(cube), reliability(fewer))


@pytest.mark.parametrize("runs", [0, 1])
def test_too_few_runs_are_refused(chance, runs):
    with pytest.raises(InvalidInputError, match=f"found {runs} runs .*, expected at least 2"):
        reliability(study(chance, 4, seed=0).isel(run=slice(runs)))
    with pytest.raises(InvalidInputError, match="expected at least 2"):
        reliability_curve(study(chance, 4, seed=0).isel(run=slice(runs)))


def test_scores_that_are_all_the_same_are_refused():
    cube = make_cube(runs=10)
    cube["correct"][:] = True
    with pytest.raises(InvalidInputError, match="hardly any example has a different cscore"):
        reliability(cube)


@pytest.mark.parametrize("score", ["margin", "vote", "cscores"])
def test_scores_that_the_cube_cannot_carry_are_refused(score):
    with pytest.raises(InvalidInputError, match=f"score: found '{score}', expected one of profile"):
        reliability(make_cube(runs=10), score=score)


def balanced(cube, *ratios):
    ratios = ", ".join(map(str, ratios))
    return cube.assign_attrs(plan=f'{{"subsets": "balanced", "ratios": [{ratios}]}}')


@pytest.mark.parametrize(
    ("ratios", "runs", "length"),
    [
        ((0.1, 0.9), 20, 10),
        ((0.1, 0.9), 19, 10),
        ((0.5,), 4, 2),
        ((0.25, 0.5), 8, 4),
        ((0.2, 0.5, 0.8), 20, 10),
        ((0.2, 0.5, 0.8), 19, 5),
        ((0.333,), 100, 2),
    ],
)
def test_runs_of_balanced_plans_stay_together(ratios, runs, length):
    assert block_length(balanced(xr.Dataset(), *ratios), runs=runs) == length


@pytest.mark.parametrize("plan", ["", "p", "[]", '{"subsets": "nested", "ratios": [0.5]}'])
def test_runs_of_other_plans_are_split_one_by_one(plan):
    assert block_length(xr.Dataset(attrs={"plan": plan}), runs=20) == 1


def test_balanced_runs_are_split_in_blocks(make_margin_cube):
    cube = balanced(make_margin_cube(runs=25), 0.1, 0.9)
    found = reliability(cube)
    assert (found.runs, found.runs_per_half, found.splits) == (25, 10, 1)
    with pytest.raises(InvalidInputError, match=r"found 19 runs .* expected at least 20"):
        reliability(cube.isel(run=slice(19)))


# ---- runs


def test_runs_for_an_aim_is_the_inverse_of_stepping_up():
    runs = runs_for(0.8, 40, aim=0.95)
    assert stepped_up(0.8, runs / 40) >= 0.95 > stepped_up(0.8, (runs - 1) / 40)
    assert runs_for(0.8, 40, aim=0.8) == 40


@pytest.mark.parametrize(("now", "aim"), [(0, 0.9), (1, 0.9), (-0.1, 0.9), (0.5, 0), (0.5, 1)])
def test_impossible_aims_are_refused(now, aim):
    with pytest.raises(InvalidInputError, match="expected 0 <"):
        runs_for(now, 10, aim=aim)


@pytest.mark.parametrize("chance", [0, -0.4])
def test_chance_is_not_stepped_up(chance):
    assert stepped_up(chance, 2) == chance


def test_reliability_never_grows_faster_than_by_spearman_and_brown():
    assert grown(0.5, 0.9, between=2, times=2) == pytest.approx(stepped_up(0.9, 2))
    assert grown(0.6, 0.5, between=2, times=2) == pytest.approx(0.5)
    assert math.isnan(grown(0.0, 0.5, between=2, times=2))
    assert math.isnan(grown(0.5, 1.0, between=2, times=2))


def test_the_curve_is_measured_up_to_half_of_the_runs_and_then_extrapolated(chance):
    curve = reliability_curve(study(chance, 80, seed=0))
    assert curve["runs"].values.tolist() == [5, 10, 20, 40, 80, 160, 320]
    assert curve["measured"].values.tolist() == [True] * 4 + [False] * 3
    assert (np.diff(curve["pearson"]) > 0).all()
    expected = stepped_up(float(curve["pearson"].sel(runs=40)), 2)
    assert float(curve["pearson"].sel(runs=80)) == pytest.approx(expected)
    whole = reliability(study(chance, 80, seed=0))
    assert float(curve["pearson"].sel(runs=80)) == pytest.approx(whole.pearson, abs=0.01)
    assert (
        curve["lowest_overlap"].isel(fraction=0).notnull().values.tolist()
        == [True] * 4 + [False] * 3
    )


def test_numbers_of_runs_can_be_chosen(chance):
    curve = reliability_curve(study(chance, 20, seed=0), runs=[8, 4], up_to=30)
    assert curve["runs"].values.tolist() == [4, 8, 20, 30]
    with pytest.raises(InvalidInputError, match=r"runs: found 11, expected 1\.\.10"):
        reliability_curve(study(chance, 20, seed=0), runs=[11])
