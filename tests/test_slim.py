"""The slim installation: all but training works without the packages that train models."""

import ast
import os
import subprocess
import sys
import tomllib

import numpy as np
import pytest

from conftest import ROOT
from cscore_data.cli import find_mislabelled, train_holdout
from cscore_data.cli.missing_packages import NEEDED_BY
from stored_cubes import complete_cube

#: What requirements-slim.txt leaves out, by the names that pip knows.
LEFT_OUT = {
    "importlib_resources",
    "jax",
    "jaxlib",
    "jaxtyping",
    "optax",
    "scikit-learn",
    "tensorflow-datasets",
}

#: Modules that may import these, as they train or read what needs them.
MAY_IMPORT = ("studies/", "training/", "data/digits.py", "data/text.py", "data/tfds.py")


def requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {line.partition(">=")[0].partition("[")[0]: line for line in project["dependencies"]}


def test_the_list_for_a_slim_installation_is_that_of_the_project_but_for_training():
    lines = (ROOT / "requirements-slim.txt").read_text().splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    assert listed == [line for name, line in requirements().items() if name not in LEFT_OUT]
    assert requirements().keys() >= LEFT_OUT


def imported_packages(file):
    """Top names of the imports in a file that has any of the packages, also inside of functions."""
    found = set()
    source = file.read_text()
    if not any(name in source for name in NEEDED_BY):
        return found  # parsing all files takes a second
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found


def test_only_modules_that_need_them_import_what_a_slim_installation_lacks():
    package = ROOT / "cscore_data"
    users = set()
    for file in package.rglob("*.py"):
        if imported_packages(file) & NEEDED_BY.keys():
            users.add(file.relative_to(package).as_posix())
    assert {name for name in users if not name.startswith(MAY_IMPORT)} == set()
    assert {"data/text.py", "data/tfds.py", "training/trainer.py"} <= users


# ---- what is missing is said in one line


@pytest.fixture
def without(monkeypatch):
    """Call with names of packages that cannot be imported from then on."""

    def hide(*packages):
        for name in list(sys.modules):
            if name.partition(".")[0] in packages:
                monkeypatch.setitem(sys.modules, name, None)
        for name in packages:
            monkeypatch.setitem(sys.modules, name, None)

    return hide


@pytest.mark.parametrize(
    ("package", "dataset", "words"),
    [
        ("sklearn", "digits", "digits and texts need scikit-learn"),
        ("tensorflow_datasets", "tfds:mnist", "tfds:NAME needs tensorflow-datasets"),
        ("jax", "blobs.npz", "training needs jax"),
    ],
)
def test_a_missing_package_is_one_line_that_says_how_to_get_it(
    blobs_npz, without, monkeypatch, capsys, package, dataset, words
):
    monkeypatch.chdir(blobs_npz.parent)
    without(package)
    assert train_holdout.main(["--dataset", dataset, "--runs", "1"]) == 2
    line = f"{words}, which is not installed; pip install cscore-data adds it\n"
    assert capsys.readouterr().err == f"train-holdout: error: {line}"
    assert not list(blobs_npz.parent.glob("*.zarr"))


def test_the_same_for_texts_where_nothing_is_trained_yet(tmp_path, without, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("text,kind\nred apple,a\nred car,b\n" * 4)
    without("sklearn")
    assert find_mislabelled.main(["t.csv", "--text", "text", "--label", "kind"]) == 2
    assert "texts need scikit-learn" in capsys.readouterr().err


# ---- everything else works

#: Runs commands in a process in which these packages cannot be found.
PROGRAM = """
import sys
from importlib import import_module

class NotFound:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {packages}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, NotFound)
for command, *arguments in {commands}:
    module = import_module("cscore_data.cli." + command.replace("-", "_"))
    assert module.main(arguments) == 0, command

import cscore_data
from cscore_data.cli.jobs import fetch_published
scores = cscore_data.reduce_cube(cscore_data.open_cube("cube.zarr")).load()
assert len(cscore_data.select(scores, keep=0.5)) == 15
"""

COMMANDS = [
    ["verify-cube", "cube.zarr"],
    ["reduce-cscores", "cube.zarr", "--export", "x/s.parquet", "--card"],
    ["select-examples", "cube-cscores.zarr", "--keep", "0.5"],
    ["compare-cscores", "cube-cscores.zarr", "x/s.parquet"],
    ["plot-cscores", "cube-cscores.zarr", "--kind", "histograms", "--out", "p.png"],
    ["plot-cscores", "cube-cscores.zarr", "--dataset", "i.npz", "--out", "o.png"],
    ["find-mislabelled", "cube.zarr", "--out", "suspects.csv"],
    ["browse-cscores", "cube.zarr", "--dataset", "i.npz", "--out", "gallery"],
    ["import-runs", "arrays", "runs.npz", "--out", "imported.zarr"],
]


@pytest.mark.slow
def test_everything_but_training_works_without_packages_for_training(tmp_path):
    complete_cube(tmp_path / "cube.zarr", runs=8)
    random = np.random.default_rng(0)
    label = np.arange(30) % 3
    np.savez(tmp_path / "i.npz", x=random.integers(0, 255, (30, 4, 4)).astype(np.uint8), y=label)
    trained_on = np.argsort(random.random((8, 30)), axis=1) < 20
    correct = random.random((8, 30)) < 0.8
    np.savez(tmp_path / "runs.npz", correct=correct, train_mask=trained_on, label=label)

    packages = [*NEEDED_BY, "tensorflow", "torch"]
    program = PROGRAM.format(packages=packages, commands=COMMANDS)
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stdout + result.stderr
