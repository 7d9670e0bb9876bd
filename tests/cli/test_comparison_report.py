"""The report and the JSON document of a comparison, without a command around it."""

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli.jobs.comparison import Comparison, describe_side, to_json
from cscore_data.cli.jobs.comparison_report import MOST_CLASSES, class_lines, report_lines
from cscore_data.scores.agreement import agreement


def make_scores(seed):
    score = np.random.default_rng(seed).random(100).round(2)
    return xr.Dataset({"cscore": ("example", score)}, attrs={"title": f"Scores {seed}"})


@pytest.fixture(scope="module")
def comparison():
    a = make_scores(0)
    b = make_scores(1)
    found = agreement(a, b, resamples=5)
    return Comparison(
        a=describe_side("a.npz", a),
        b=describe_side("b.npz", b),
        ascending=False,
        matched_by="example",
        common_examples=100,
        warnings=["look out"],
        hint="turn around",
        agreement=found,
        classes={0: found, 1: found},
    )


def test_the_report_is_aligned(comparison):
    spearman = comparison.agreement.spearman
    lines = report_lines(comparison)
    assert lines[0] == "A: Scores 0, 100 examples"
    assert lines[3] == f"{'value':>34}   95% interval (5 resamples of the examples)"
    numbers = f"{spearman.value:>8.4f}   {spearman.low:>7.4f} .. {spearman.high:>7.4f}"
    assert lines[4] == f"{'Spearman':<26}{numbers}"
    assert lines[-2:] == ["warning: look out", "hint: turn around"]


def test_of_many_classes_those_that_agree_least_are_shown(comparison):
    found = comparison.agreement
    classes = {}
    for label in range(30):
        spearman = dataclasses.replace(found.spearman, value=1 - label / 100)
        classes[label] = dataclasses.replace(found, spearman=spearman)
    first, table = class_lines(classes)
    assert first == "the 20 of 30 classes that agree least (--json prints all)"
    header, *rows = table.splitlines()
    assert header.split()[0] == "class"
    assert len(rows) == MOST_CLASSES
    assert [int(row.split()[0]) for row in rows] == list(range(29, 9, -1))


def test_without_labels_there_is_no_table_of_classes():
    assert class_lines({}) == []


def test_json_has_the_agreement_at_its_top_level_and_no_nan(comparison):
    unknown = dataclasses.replace(comparison.agreement, mean_absolute_difference=float("nan"))
    text = to_json(dataclasses.replace(comparison, agreement=unknown))
    document = json.loads(text, parse_constant=pytest.fail)
    assert list(document)[:4] == ["a", "b", "ascending", "matched_by"]
    assert list(document)[-1] == "classes"
    assert document["examples"] == 100
    assert document["mean_absolute_difference"] is None
    assert document["classes"]["0"]["spearman"] == document["spearman"]
