"""What a set of scores looks like, by class, ratio and score."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from cscore_data.scores.reduce import reduce_cube
from cscore_data.scores.summary import class_statistics, profile_by_score, ratio_correlation
from cscore_data.testing import make_cube


def test_class_statistics_are_means_and_spreads():
    score = np.array([0.0, 1.0, 0.5, np.nan])
    scores = xr.Dataset({"cscore": ("example", score)}, {"label": ("example", [3, 3, 7, 7])})
    table = class_statistics(scores)
    assert table["label"].values.tolist() == [3, 7]
    assert table["mean"].values.tolist() == [0.5, 0.5]
    assert table["spread"].values.tolist() == [0.5, 0.0]
    assert table["size"].values.tolist() == [2, 1]


def test_ratio_correlation_is_that_of_each_profile():
    ratios = [0.2, 0.5, 0.8]
    values = np.random.default_rng(0).random((3, 40))
    profile = xr.DataArray(values, {"ratio": ratios}, ("ratio", "example"))
    scores = xr.Dataset({"profile": profile, "cscore": profile.mean("ratio")})
    found = ratio_correlation(scores)
    for ratio in ratios:
        curve = profile.sel(ratio=ratio).values
        expected = stats.spearmanr(curve, scores["cscore"].values).statistic
        assert float(found.sel(ratio=ratio)) == pytest.approx(expected)
    assert ratio_correlation(scores.assign(profile=profile * 0)).isnull().all()


def test_profile_by_score_averages_within_bins():
    scores = reduce_cube(make_cube(runs=40, examples=60))
    curves = profile_by_score(scores, bins=5)
    assert int(curves["size"].sum()) == 60
    for curve in curves:
        low = float(curve["cscore"]) - 0.1
        high = float(curve["cscore"]) + 0.1
        below = scores["cscore"] < high
        if high > 0.999:
            below = scores["cscore"] <= high
        rows = np.flatnonzero((scores["cscore"] >= low) & below)
        expected = scores["profile"].isel(example=rows).mean("example")
        np.testing.assert_allclose(curve, expected)
