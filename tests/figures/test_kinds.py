"""The table of figures: every entry leads to a page that takes what the entry says."""

import inspect
import pkgutil
import subprocess
import sys

import pytest

from cscore_data.figures.kinds import KINDS, VARIABLES


@pytest.mark.parametrize("name", KINDS)
def test_the_page_takes_what_the_kind_needs(name):
    kind = KINDS[name]
    page = pkgutil.resolve_name(f"cscore_data.figures.{kind.page}")
    first, *parameters = inspect.signature(page).parameters
    expected = set()
    if kind.needs_images:
        expected.add("image")
    if kind.needs_labels:
        expected.add("class_names")
    if kind.summary:
        expected.add(kind.summary)
    subject = "curve" if kind.needs_runs else "scores"
    if kind.needs_pairs:
        subject = "pairs"
        expected |= {"image", "target_image", "class_names"}
    assert first == subject
    assert set(parameters) == expected


def test_there_are_words_for_every_variable_that_a_kind_needs():
    needed = {variable for kind in KINDS.values() for variable in kind.needs}
    assert needed == VARIABLES.keys()


def test_the_table_needs_no_matplotlib():
    code = "import sys, cscore_data.figures.kinds; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"matplotlib", "xarray", "numpy"} & set(loaded.stdout.split())
