"""The README: its Python runs, its batch scripts run on one machine, its tables are complete."""

import os
import re
import subprocess
import sys
import warnings

import pytest

from conftest import ROOT
from cscore_data.cli import COMMANDS
from cscore_data.schema import COORDINATES, CUBE_VARIABLES
from cscore_data.scores.statistics import statistics_table
from cscore_data.storage.zarr_store import write_store
from cscore_data.testing import make_cube
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import recipe_flags
from processes import FAST
from stored_cubes import assert_same_cube
from test_imports import ALLOWED

README = (ROOT / "README.md").read_text()


def code_blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


PYTHON = [block for block in code_blocks("python") if "SLURMCluster" not in block]

#: Fewer runs of a study than in the README.
FEWER = {"plan.ratios, 10, ": "plan.ratios, 2, ", "range(10)": "range(2)"}

# ---- code


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.strip().splitlines()[-1][:40])
def test_python_runs(block, tmp_path, monkeypatch, request):
    if "load_published" in block:
        real_data = request.getfixturevalue("real_data")
        if not (real_data / "published").is_dir():
            pytest.skip("no published scores there")
    monkeypatch.chdir(tmp_path)
    if "digits.zarr" in block:
        write_store(tmp_path / "digits.zarr", like_digits())
    if "CubeWriter" in block:
        for old, new in FEWER.items():
            assert block.count(old) == 1
            block = block.replace(old, new)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(block, "README.md", "exec"), {})


def like_digits():
    """A cube with the sizes and the variables of a study of the digits."""
    sizes = {"runs": 20, "examples": 1797, "classes": 10}
    return make_cube(ratios=(0.3, 0.7), record="margin", **sizes)


def test_there_is_python():
    assert len(PYTHON) == 6


@pytest.fixture
def small(blobs_npz, tmp_path, monkeypatch):
    """Change a script to a small study that writes cube.zarr; whole.zarr is what to expect."""
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)
    whole = ["train-holdout", "--dataset", str(blobs_npz), *FAST, "--out", "whole.zarr"]
    subprocess.run(whole, check=True, capture_output=True)

    def small(script, changes):
        changes = {"/shared/mnist.zarr": str(tmp_path / "cube.zarr"), **changes}
        for old, new in changes.items():
            assert script.count(old) == 1
            script = script.replace(old, new)
        return script

    return small


@pytest.mark.slow
def test_the_job_array(small, blobs_npz, tmp_path):
    (script,) = (block for block in code_blocks("sh") if "#SBATCH --array=1-16" in block)
    study = " ".join(["--dataset", str(blobs_npz), *FAST])
    changes = {"--dataset mnist --runs 2000": study, "ID/16": "ID/4"}
    (tmp_path / "job.sh").write_text(small(script, changes))
    tasks = []
    for task in range(1, 5):
        environment = {**os.environ, "SLURM_ARRAY_TASK_ID": str(task)}
        tasks.append(subprocess.Popen(["sh", "job.sh"], env=environment, stderr=subprocess.PIPE))
    errors = [task.communicate(timeout=120)[1] for task in tasks]
    assert [task.returncode for task in tasks] == [0] * 4, errors
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")


@pytest.mark.slow
def test_the_jobs_that_are_workers(small, blobs_npz, tmp_path):
    """With jobs that are processes of this machine."""
    pytest.importorskip("dask_jobqueue")
    (script,) = set(code_blocks("python")) - set(PYTHON)
    study = '", "'.join(["--dataset", str(blobs_npz), *FAST])
    changes = {
        '--dataset", "mnist", "--runs", "2000': study,
        "import SLURMCluster": "import SLURMCluster; from dask_jobqueue.local import LocalCluster",
        "with SLURMCluster(": "with LocalCluster(",
        "maximum_jobs=16": "maximum_jobs=2",
        '"ib0"': '"lo"',
        '"/shared"': f'"{tmp_path}"',
    }
    (tmp_path / "workers.py").write_text(small(script, changes))
    result = subprocess.run(
        [sys.executable, "workers.py"], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")


# ---- tables


def table(header):
    """The cells of each row of the table that begins with this header."""
    text = README.split(f"\n| {header} |", 1)[1]
    rows = text.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def code(text):
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def test_the_table_of_scores_has_every_statistic():
    *_, scores = README.split("\n| name | dims | dtype | meaning |")
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", scores.split("\n\n")[0], flags=re.MULTILINE)
    assert rows == [(name, dims) for name, dims, _ in statistics_table()]


def test_the_table_of_cubes_has_every_variable():
    known = {**COORDINATES, **CUBE_VARIABLES}
    rows = [(code(name)[0], dims) for name, dims, *_ in table("name | dims | dtype | meaning")]
    assert rows == [(name, ", ".join(variable.dims)) for name, variable in known.items()]


def test_the_table_of_flags_has_every_hyperparameter():
    named = [flag for flags, _ in table("flags | what they set") for flag in code(flags)]
    expected = ["--" + name.replace("_", "-") for name in recipe_flags()]
    assert sorted(named) == sorted(expected)


def test_the_table_of_recipes_has_every_recipe():
    rows = table("recipe | network | training")
    named = [recipe for recipes, *_ in rows for recipe in code(recipes)]
    assert named == list(RECIPES)


def test_the_table_of_commands_has_every_command():
    rows = table("command | what it does")
    assert [code(command)[0].split()[0] for command, _ in rows] == list(COMMANDS)


def test_the_table_of_imports_is_the_one_that_is_tested():
    rows = table("wing | may import")
    allowed = {wing: set(code(names)) for wings, names in rows for wing in code(wings)}
    assert allowed == ALLOWED


def test_the_tree_has_every_wing_and_module():
    package = ROOT / "cscore_data"
    (tree,) = (block for block in code_blocks("text") if block.startswith("cscore_data/"))
    named = re.findall(r"^[├└]── (\S+)", tree, flags=re.MULTILINE)
    folders = {f"{file.parent.name}/" for file in package.glob("*/__init__.py")}
    modules = {file.name for file in package.glob("*.py")} - {"__init__.py"}
    assert set(named) == folders | modules


@pytest.mark.parametrize("row", table("to add | write | register | test"), ids=lambda row: row[0])
def test_things_are_added_where_it_says(row):
    _, write, register, test = row
    files = re.findall(r"`([\w/]+\.py)`", f"{write} {test}")
    assert files
    for file in files:
        path = place(file)
        assert path.exists() or path.stem.endswith("NAME"), file
        assert path.parent.is_dir(), file
    for name, file in re.findall(r"`([^`]+)` in `([^`]+)`", register):
        assert name in place(file).read_text(), file


def place(file):
    """Where a file of that table is."""
    if file == "pyproject.toml" or file.startswith("tests/"):
        return ROOT / file
    return ROOT / "cscore_data" / file
