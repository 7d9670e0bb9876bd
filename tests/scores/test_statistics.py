"""A statistic is a decorated function and a line in a table; everything else follows."""

import inspect
import pickle

import pytest
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.scores.counts import counts
from cscore_data.scores.reduce import reduce_cube
from cscore_data.scores.statistic import statistic
from cscore_data.scores.statistics import (
    SCORE_VARIABLES,
    STATISTICS,
    describe,
    statistics_table,
    validate_scores,
)
from cscore_data.testing import make_cube


@statistic(
    needs=("counts", "cscore"),
    dims=("example",),
    kinds="f",
    meaning="training accuracy minus held-out accuracy",
    counts=("trained_on", "trained_on_correct"),
    options=("skipna",),
)
def gain(counts: xr.Dataset, cscore: xr.DataArray, *, skipna: bool = False) -> xr.DataArray:
    """How much better models are on an example that they trained on."""
    trained = counts["trained_on_correct"] / counts["trained_on"]
    return trained.mean("ratio", skipna=skipna) - cscore


def test_the_description_follows_from_the_function():
    assert gain.name == "gain"
    assert gain.attrs == {
        "long_name": "training accuracy minus held-out accuracy",
        "units": "1",
    }


def test_the_result_is_named_and_described():
    found = gain(xr.Dataset({"trained_on": 1, "trained_on_correct": 1}).expand_dims("ratio"), 0)
    assert found.name == "gain"
    assert found.attrs["long_name"] == "training accuracy minus held-out accuracy"


def test_what_a_statistic_needs_are_parameters_of_its_function():
    for entry in STATISTICS.values():
        parameters = inspect.signature(entry).parameters
        options = {"skipna", "prior"}.intersection(parameters)
        assert {*entry.needs} == {*parameters} - options
        assert {*entry.options} == options


def test_a_statistic_uses_the_counts_that_it_names_and_no_others(make_margin_cube):
    found = counts(make_margin_cube())
    for entry in STATISTICS.values():
        assert bool(entry.counts) == ("counts" in entry.needs)
        if not entry.counts:
            continue
        others = [name for name in entry.needs if name != "counts"]
        profiles = {name: xr.zeros_like(found["held_out"]) for name in others}
        entry(counts=found[list(entry.counts)], **profiles)
        for name in entry.counts:
            with pytest.raises(KeyError):
                entry(counts=found[list(entry.counts)].drop_vars(name), **profiles)


def test_statistics_can_be_sent_to_other_processes():
    for entry in STATISTICS.values():
        assert pickle.loads(pickle.dumps(entry)) is entry


def test_the_function_still_looks_like_itself():
    assert gain.__doc__.startswith("How much better")
    assert repr(gain).startswith("<statistic gain(counts: ")
    assert list(inspect.signature(gain).parameters) == ["counts", "cscore", "skipna"]


def test_a_new_entry_is_reduced(monkeypatch):
    monkeypatch.setitem(STATISTICS, "gain", gain)
    scores = reduce_cube(make_cube(runs=200))
    assert scores["gain"].dims == ("example",)
    assert float(scores["gain"].mean()) == pytest.approx(0, abs=0.05)


def test_every_statistic_follows_those_that_it_needs():
    known = {"counts", "votes"}
    for name, entry in STATISTICS.items():
        assert name == entry.name
        assert known.issuperset(entry.needs)
        known.add(name)


def test_statistics_are_what_they_say(make_margin_cube):
    scores = reduce_cube(make_margin_cube())
    assert list(scores) == list(STATISTICS) == list(SCORE_VARIABLES)
    for name, entry in STATISTICS.items():
        assert scores[name].dims == entry.dims
        assert scores[name].dtype.kind in entry.kinds
        assert scores[name].attrs == entry.attrs == describe(name)


def test_the_table_has_a_row_for_each_statistic():
    rows = statistics_table()
    assert [name for name, _, _ in rows] == list(STATISTICS)
    assert rows[0] == ("held_out_count", "ratio, example", "runs in which the example was held out")


def test_coordinates_are_described_too():
    assert describe("label") == {"long_name": "class"}


def test_scores_need_a_score_for_each_example():
    with pytest.raises(InvalidInputError, match="missing cscore"):
        validate_scores(make_cube().drop_vars("correct"))


def test_scores_of_other_dims_or_dtypes_are_refused():
    scores = reduce_cube(make_cube())
    with pytest.raises(InvalidInputError, match="held_out_count: found dims"):
        validate_scores(scores.transpose("example", "ratio"))
    with pytest.raises(InvalidInputError, match="cscore: found dtype int64"):
        validate_scores(scores.assign(cscore=scores["cscore"].fillna(0).astype("int64")))
