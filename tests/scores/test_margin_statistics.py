"""Every statistic that is not a plain C-score, against plain loops, for every chunking."""

import math

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cscore_data.errors import InvalidInputError
from cscore_data.scores.counts import counts
from cscore_data.scores.margin_terms import MARGIN_SUMS, odds_against, probability, surprise
from cscore_data.scores.reduce import reduce_cube
from cscore_data.scores.statistics import STATISTICS

CELL = ("ratio", "run", "example")
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 7))
CLASSES = [2, 5, 7]
NAN = math.nan


# ---- plain loops


def cells_of(cube, ratio, example, *, trained):
    """What the runs that held an example out, or trained on it, did: correct, margin, class."""
    found = []
    for run in range(cube.sizes["run"]):
        cell = (ratio, run, example)
        if cube["held_out"].values[cell] == trained or not cube["done"].values[ratio, run]:
            continue
        names = ("correct", "margin", "prediction")
        found.append(tuple(cube[name].values[cell].item() for name in names))
    return found


def sigmoid(margin):
    return 1 / (1 + math.exp(-margin))


def mean(values):
    return sum(values) / len(values) if values else NAN


def mean_over_ratios(values, skipna):
    known = [value for value in values if not math.isnan(value)]
    if len(known) < len(values) and not skipna:
        return NAN
    return mean(known)


def squared_deviations(sample):
    return sum((value - mean(sample)) ** 2 for value in sample)


def freedom(samples):
    return sum(max(len(sample) - 1, 0) for sample in samples)


def held_out_margins(cube, example):
    """The margins of an example in the runs that held it out: a list for each ratio."""
    found = []
    for ratio in range(cube.sizes["ratio"]):
        cells = cells_of(cube, ratio, example, trained=False)
        found.append([margin for _, margin, _ in cells])
    return found


def variance_of_all_examples(cube):
    """Of the held-out margins about the mean of their example and ratio."""
    samples = []
    for example in range(cube.sizes["example"]):
        samples += held_out_margins(cube, example)
    degrees = freedom(samples)
    return sum(map(squared_deviations, samples)) / degrees if degrees else NAN


def variance_of_probability(center, variance):
    """Of the sigmoid of a normally distributed margin, from seven values of it."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(7)
    chances = [sigmoid(center + node * math.sqrt(variance)) for node in nodes]
    center = sum(chance * weight for chance, weight in zip(chances, weights, strict=True))
    center /= sum(weights)
    squares = [(chance - center) ** 2 for chance in chances]
    return sum(weights * squares) / sum(weights)


def stderr(variances, samples, skipna):
    """Of the mean over ratios, from the variance of the mean at each ratio that has runs."""
    if len(variances) < len(samples) and not skipna:
        return NAN
    if not freedom(samples):
        return NAN
    return math.sqrt(sum(variances)) / len(variances)


def margin_stderrs(samples, variance_of_all, skipna):
    """Standard errors of the margin and of the soft C-score."""
    degrees = freedom(samples)
    variance = sum(map(squared_deviations, samples)) + 4 * variance_of_all
    variance /= degrees + 4
    of_margin, of_chance = [], []
    for sample in samples:
        if sample and degrees:
            uncertain = variance * (1 + 1 / len(sample))
            of_margin.append(variance / len(sample))
            of_chance.append(variance_of_probability(mean(sample), uncertain) / len(sample))
    return stderr(of_margin, samples, skipna), stderr(of_chance, samples, skipna)


def share_variance(outcomes, added):
    """Of the share of runs that are right, with so many runs of either outcome added."""
    share = (sum(outcomes) + added) / (len(outcomes) + 2 * added)
    return share * (1 - share) / len(outcomes)


def statistics_of_example(cube, example, skipna, variance_of_all):
    held_out, trained_on = [], []
    for ratio in range(cube.sizes["ratio"]):
        held_out.append(cells_of(cube, ratio, example, trained=False))
        trained_on.append(cells_of(cube, ratio, example, trained=True))

    margins = held_out_margins(cube, example)
    chances = [[sigmoid(margin) for margin in sample] for sample in margins]
    squares = [[chance**2 for chance in sample] for sample in chances]
    logs = [[math.log(chance) for chance in sample] for sample in chances]
    trained_chances = [[sigmoid(margin) for _, margin, _ in cells] for cells in trained_on]
    gaps, soft_gaps, variances = [], [], []
    for held, trained, chance, trained_chance in zip(
        held_out, trained_on, chances, trained_chances, strict=True
    ):
        p, q = mean([cell[0] for cell in trained]), mean([cell[0] for cell in held])
        gaps.append(p - q)
        soft_gaps.append(mean(trained_chance) - mean(chance))
        if held and trained:
            in_both = [[cell[0] for cell in cells] for cells in (trained, held)]
            added = 0.5 / math.sqrt(len(held_out))
            variances.append(sum(share_variance(outcomes, added) for outcomes in in_both))
    memorization_stderr = NAN
    runs = [sum(map(len, cells)) for cells in (held_out, trained_on)]
    if min(runs) > 1 and variances and (skipna or len(variances) == len(gaps)):
        memorization_stderr = math.sqrt(sum(variances)) / len(variances)

    margin_stderr, soft_stderr = margin_stderrs(margins, variance_of_all, skipna)
    mean_chance = mean_over_ratios(list(map(mean, chances)), skipna)
    mean_square = mean_over_ratios(list(map(mean, squares)), skipna)
    given = [prediction for cells in held_out for _, _, prediction in cells]
    share = [given.count(number) / len(given) if given else NAN for number in range(len(CLASSES))]
    return {
        "soft_profile": list(map(mean, chances)),
        "soft_cscore": mean_chance,
        "soft_cscore_stderr": soft_stderr,
        "margin_profile": list(map(mean, margins)),
        "margin": mean_over_ratios(list(map(mean, margins)), skipna),
        "margin_stderr": margin_stderr,
        "log_probability": mean_over_ratios(list(map(mean, logs)), skipna),
        "memorization_profile": gaps,
        "memorization": mean_over_ratios(gaps, skipna),
        "memorization_stderr": memorization_stderr,
        "soft_memorization": mean_over_ratios(soft_gaps, skipna),
        "variability": math.sqrt(max(mean_square - mean_chance**2, 0)) if runs[0] > 1 else NAN,
        "vote": CLASSES[share.index(max(share))] if given else -1,
        "vote_share": max(share) if given else NAN,
        "vote_entropy": -sum(f * math.log(f) for f in share if f > 0) if given else NAN,
    }


# ---- cubes


@st.composite
def cubes(draw):
    """A cube in memory, in which some runs are missing; margins are whole quarters."""
    shape = draw(SHAPES)
    done = draw(hnp.arrays(bool, shape[:2]))
    is_done = done[:, :, None]
    quarters = draw(hnp.arrays(np.int8, shape, elements=st.integers(-127, 127)))
    margin = np.where(is_done, quarters / 4, NAN).astype(np.float32)
    prediction = draw(hnp.arrays(np.int8, shape, elements=st.integers(0, 2)))
    held_out = draw(hnp.arrays(bool, shape)) & is_done
    correct = draw(hnp.arrays(bool, shape))
    variables = {"correct": correct, "held_out": held_out, "margin": margin}
    variables["prediction"] = np.where(is_done, prediction, -1)
    cells = {name: (CELL, data) for name, data in variables.items()}
    return xr.Dataset({**cells, "done": (CELL[:2], done)}, {"class": CLASSES})


@st.composite
def chunked(draw, cube):
    """The same cube, lazy, with chunks that may differ between its variables."""
    lazy = {}
    for name, variable in cube.items():
        chunks = {dim: draw(st.integers(1, size)) for dim, size in variable.sizes.items()}
        lazy[name] = variable.chunk(chunks)
    return cube.assign(lazy)


def packed(cube):
    """The same cube with margins as they are stored."""
    steps = cube["margin"] / 0.25
    stored = steps.fillna(-128).astype(np.int8)
    attrs = {"scale_factor": 0.25, "_FillValue": -128}
    return cube.assign(margin=stored.assign_attrs(attrs))


@settings(max_examples=5, deadline=None)
@given(st.data(), cubes(), st.booleans(), st.booleans())
def test_every_chunking_equals_the_loop(data, cube, skipna, is_packed):
    examples = range(cube.sizes["example"])
    variance = variance_of_all_examples(cube)
    expected = [statistics_of_example(cube, example, skipna, variance) for example in examples]
    stored = packed(cube) if is_packed else cube
    for source in (stored, data.draw(chunked(stored))):
        scores = reduce_cube(source, skipna=skipna).compute(scheduler="synchronous")
        for name in expected[0]:
            loop = np.stack([np.asarray(of_example[name]) for of_example in expected], axis=-1)
            # Differences of nearly equal squares: 1e-7 in a variance is 3e-4 in its root.
            tolerance = 5e-4 if name in ("variability", "soft_cscore_stderr") else 1e-6
            found = scores[name].transpose(..., "example").values
            np.testing.assert_allclose(found, loop, rtol=2e-6, atol=tolerance, err_msg=name)


def test_the_loops_have_every_statistic(make_margin_cube):
    cube = make_margin_cube(examples=4).assign_coords({"class": [2, 5, 7, 9]})
    old = {"held_out_count", "profile", "cscore", "cscore_stderr"}
    assert set(statistics_of_example(cube, 0, False, 1.0)) == set(STATISTICS) - old


# ---- sums


def sum_by_loops(name, cube, weight):
    """One of the sums: (ratio, example)."""
    mask, quantity, power, _ = MARGIN_SUMS[name]
    functions = {
        "one": lambda margin: 1.0,
        "margin": float,
        "probability": sigmoid,
        "surprise": lambda margin: -math.log(sigmoid(margin)),
    }
    held_out, done, margin = (cube[key].values for key in ("held_out", "done", "margin"))
    total = np.zeros((held_out.shape[0], held_out.shape[2]))
    for ratio, run, example in np.ndindex(held_out.shape):
        is_held_out = held_out[ratio, run, example]
        selected = is_held_out if mask == "held_out" else done[ratio, run] and not is_held_out
        if selected and not math.isnan(margin[ratio, run, example]):
            value = functions[quantity](float(margin[ratio, run, example]))
            total[ratio, example] += weight[run] * value**power
    return total


@settings(max_examples=10, deadline=None)
@given(st.data(), cubes())
def test_weighted_sums_equal_the_loop_for_every_chunking(data, cube):
    runs = cube.sizes["run"]
    weight = data.draw(hnp.arrays(np.int64, (2, runs), elements=st.integers(0, 5)))
    # Margins may be missing in single cells, too.
    gaps = data.draw(hnp.arrays(bool, cube["margin"].shape))
    cube = cube.assign(margin=cube["margin"].where(~gaps))
    for source in (cube, data.draw(chunked(cube))):
        for factor in (1, 0.5):
            found = counts(source, factor * weight).compute(scheduler="synchronous")
            for name in MARGIN_SUMS:
                expected = [sum_by_loops(name, cube, factor * row) for row in weight]
                np.testing.assert_allclose(found[name], expected, rtol=1e-6, atol=1e-6)


def test_sums_of_many_runs_are_exact_to_a_millionth(make_margin_cube):
    cube = make_margin_cube(runs=3000, examples=30)
    exact = 1 / (1 + np.exp(-cube["margin"].values.astype(np.float64)))
    held_out = cube["held_out"].values
    found = counts(cube.chunk({"run": 100}))
    for power, name in ((1, "held_out_probability_sum"), (2, "held_out_squared_probability_sum")):
        np.testing.assert_allclose(found[name], (exact**power * held_out).sum(1), rtol=1e-6)
    squares = (cube["margin"].values.astype(np.float64) ** 2 * held_out).sum(1)
    np.testing.assert_allclose(found["held_out_squared_margin_sum"], squares, rtol=1e-6)


@pytest.mark.parametrize("margin", [-1e4, -100, -89, -87, -20, -1e-3, 0, 1e-3, 20, 87, 100, 1e4])
def test_probabilities_are_stable(margin):
    margin = np.float32([margin])
    odds = odds_against(margin)
    softplus = np.logaddexp(0, -margin.astype(np.float64))
    np.testing.assert_allclose(surprise(odds, margin), softplus, rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(probability(odds), np.exp(-softplus), rtol=1e-6, atol=1e-37)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_margin_that_is_no_number_adds_nothing(make_margin_cube, value):
    cube = make_margin_cube(runs=8)
    fewer = cube.isel(run=slice(1, None))
    cube["margin"][{"run": 0}] = value
    found, expected = counts(cube), counts(fewer)
    for name in MARGIN_SUMS:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)


def test_missing_runs_add_nothing(make_margin_cube):
    cube = make_margin_cube(runs=8, missing=2)
    xr.testing.assert_allclose(reduce_cube(cube), reduce_cube(cube.isel(run=slice(6))))


def test_packed_margins_need_their_scale(make_margin_cube):
    cube = packed(make_margin_cube())
    cube["margin"].attrs.clear()
    with pytest.raises(InvalidInputError, match="margin: found dtype int8 without scale_factor"):
        counts(cube)


def test_sums_compute_nothing(make_margin_cube, forbidden_scheduler):
    cube = make_margin_cube().chunk({"ratio": 1, "run": 2, "example": 5})
    with dask.config.set(scheduler=forbidden_scheduler):
        found = counts(cube, np.ones((2, 6)))
    assert all(found[name].chunks is not None for name in MARGIN_SUMS)


# ---- one run


def test_one_run_has_no_standard_error(make_margin_cube):
    scores = reduce_cube(make_margin_cube(runs=1), skipna=True)
    assert scores["margin_stderr"].isnull().all()
    assert scores["margin"].notnull().any()


def test_a_single_held_out_run_has_a_score_but_no_spread(make_margin_cube):
    cube = make_margin_cube(ratios=[0.8], runs=5)
    cube["held_out"][:] = False
    cube["held_out"][{"run": 2}] = True
    scores = reduce_cube(cube)
    for name in ("cscore", "soft_cscore", "margin"):
        assert scores[name].notnull().all()
        assert scores[f"{name}_stderr"].isnull().all()
    assert scores["memorization"].notnull().all()
    assert scores["memorization_stderr"].isnull().all()
    assert scores["variability"].isnull().all()
