"""The table of figures: every entry leads to a page that takes what the entry says."""

import inspect
import pkgutil
import subprocess
import sys

import pytest

from cscore_data.figures.kinds import KINDS


@pytest.mark.parametrize("name", KINDS)
def test_the_page_takes_what_the_kind_needs(name):
    kind = KINDS[name]
    page = pkgutil.resolve_name(f"cscore_data.figures.{kind.page}")
    scores, *parameters = inspect.signature(page).parameters
    expected = set()
    if kind.needs_images:
        expected.add("image")
    if kind.needs_labels:
        expected.add("class_names")
    if kind.summary:
        expected.add(kind.summary)
    assert scores == "scores"
    assert set(parameters) == expected


def test_the_table_needs_no_matplotlib():
    code = "import sys, cscore_data.figures.kinds; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"matplotlib", "xarray", "numpy"} & set(loaded.stdout.split())
