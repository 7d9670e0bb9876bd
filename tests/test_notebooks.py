"""The notebooks in docs/notebooks/: what they keep is sound, and they run from first to last cell.

They run in this process, cell by cell, not in a kernel: warnings are errors then, the compilation
cache of the tests serves them, and no ports or further packages are needed.
"""

import ast
import json
import re
import shutil

import matplotlib
import pytest

from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))

#: Folders of the machine that a notebook was run on.
PATHS = re.compile(r"(?<![\w.:/])/(tmp|home|root|work|usr|opt|var|mnt|Users)/|\.venv")
BYTES = 600_000

#: Files that a notebook reads from its folder, and where the real data have them.
FILES = {"published-cifar10.ipynb": {"train.parquet": "cifar10-jpeg/train.parquet"}}

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    cells = json.loads(path.read_text())["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def source_of(cell):
    return "".join(cell["source"])


def run(path):
    """Run the cells one after the other, as a kernel would."""
    names = {"__name__": "__main__"}
    for cell in code_cells(path):
        exec(compile(source_of(cell), path.name, "exec"), names)


@pytest.fixture(autouse=True)
def _figures_leave_nothing():
    with matplotlib.rc_context({"backend": "Agg"}):
        yield
    from matplotlib import pyplot

    pyplot.close("all")


def test_there_are_notebooks():
    assert len(NOTEBOOKS) == 3


@every_notebook
def test_the_file_is_a_small_notebook(path):
    notebook = json.loads(path.read_text())
    assert notebook["nbformat"] == 4
    assert notebook["cells"][0]["cell_type"] == "markdown"
    assert path.stat().st_size < BYTES
    identifiers = [cell["id"] for cell in notebook["cells"]]
    assert len(set(identifiers)) == len(identifiers)


@every_notebook
def test_the_file_fits_the_schema_of_notebooks(path):
    nbformat = pytest.importorskip("nbformat", reason="needs nbformat, in the extra docs")
    nbformat.validate(nbformat.read(path, as_version=4))


@every_notebook
def test_every_cell_of_code_is_python_and_was_run_in_order(path):
    cells = code_cells(path)
    for cell in cells:
        ast.parse(source_of(cell))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))


@every_notebook
def test_outputs_are_there_without_errors_warnings_or_paths(path):
    outputs = [output for cell in code_cells(path) for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    for output in outputs:
        assert output["output_type"] != "error"
        shown = {**output.get("data", {}), "stream": output.get("text", "")}
        shown.pop("image/png", None)
        text = json.dumps(shown)
        assert "Warning" not in text.replace("OptimizeWarning", "")
        assert not PATHS.search(text), text
    for cell in code_cells(path):
        assert not PATHS.search(source_of(cell))
        assert "execution" not in cell["metadata"]


@pytest.mark.slow
@every_notebook
def test_it_runs_from_the_first_to_the_last_cell(path, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    if path.name in FILES:
        real_data = request.getfixturevalue("real_data")
        for name, stored in FILES[path.name].items():
            shutil.copy(real_data / stored, name)
    run(path)


@pytest.mark.slow
def test_digits_run_with_fewer_models(tmp_path, monkeypatch):
    """The cells up to the scores, with two models at one ratio."""
    monkeypatch.chdir(tmp_path)
    (path,) = (path for path in NOTEBOOKS if path.stem == "digits")
    names = {}
    for cell in code_cells(path)[:3]:
        code = source_of(cell).replace('"40"', '"2", "--epochs", "1", "--ratios", "0.5"')
        exec(compile(code, path.name, "exec"), names)
    assert names["cube"].sizes["run"] == 2
    assert "cscore" in names["scores"]
