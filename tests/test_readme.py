"""The README's Python runs as it stands there."""

import re
import warnings

import pytest

from conftest import ROOT
from cscore_data.examples import load_examples
from cscore_data.recipe import Recipe
from studies import make_study, run_study

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[-1][:40])
def test_block_runs(block, tmp_path, monkeypatch, request):
    if "load_published" in block and not (request.getfixturevalue("real_data") / "published").is_dir():
        pytest.skip("no published scores there")
    monkeypatch.chdir(tmp_path)
    if "digits.zarr" in block:
        make_digits(tmp_path / "digits.zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(block, "README.md", "exec"), {})


def make_digits(path):
    recipe = Recipe(hidden=(8,), epochs=1)
    run_study(make_study(load_examples("digits"), path, runs=20, recipe=recipe, runs_per_chunk=20, lanes=4))


def test_there_are_blocks():
    assert len(BLOCKS) == 3
