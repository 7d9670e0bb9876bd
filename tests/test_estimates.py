"""docs/estimates.md: its code runs, and its tables are what docs/estimates.py prints."""

import importlib.util
import re

import pytest

from conftest import ROOT

PAGE = ROOT / "docs" / "estimates.md"


@pytest.fixture(scope="module")
def simulations():
    specification = importlib.util.spec_from_file_location("estimates", ROOT / "docs/estimates.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def numbers_of(line):
    return [float(cell) for cell in re.findall(r"(?<![\w.])\d*\.\d+(?=[ |])", line)]


def test_its_code_runs():
    names = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(code, PAGE.name, "exec"), names)


@pytest.mark.parametrize("number", range(5))
def test_small_simulations_have_the_columns_of_the_page(simulations, number):
    head, line, *rows = simulations.TABLES[number](simulations.TINY).splitlines()
    assert f"\n{head}\n{line}\n" in PAGE.read_text()
    assert len(rows) >= 2
    assert all(row.count("|") == head.count("|") for row in rows)


@pytest.mark.slow
def test_the_tables_are_what_the_script_prints(simulations, capsys):
    simulations.main()
    printed = [line for line in capsys.readouterr().out.splitlines() if line]
    of_page = [line for line in PAGE.read_text().splitlines() if line in printed]
    missing = [line for line in printed if line not in of_page]
    assert not missing


def test_intervals_and_predictions_of_the_page_hold():
    """What the page says of its tables: it was measured, not hoped for."""
    lines = PAGE.read_text().splitlines()
    coverage = [
        numbers_of(line)[-7:] for line in lines if re.match(r"\| 0\.[\d.,a-z ]+\| \d+ \|", line)
    ]
    assert len(coverage) == 4
    for _, with_prior, _, _, moderated, soft, memorization in coverage:
        assert all(0.93 <= share <= 0.98 for share in (with_prior, moderated, soft, memorization))
    predicted = [
        numbers_of(line) for line in lines if re.match(r"\| `(cscore|margin)` \| \d+", line)
    ]
    assert len(predicted) == 8
    for of_all, from_first, seen, with_truth, seen_truth in predicted:
        assert of_all == pytest.approx(seen, abs=0.002)
        assert from_first == pytest.approx(seen, abs=0.002)
        assert with_truth == pytest.approx(seen_truth, abs=0.002)
