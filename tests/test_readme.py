"""The README's Python runs as it stands there, and its batch scripts on one machine and with a small study."""

import os
import re
import subprocess
import sys
import warnings

import pytest

from conftest import ROOT
from cscore_data.examples import load_examples
from cscore_data.recipe import Recipe
from processes import FAST, assert_same_cube
from small_studies import make_study, run_study

README = (ROOT / "README.md").read_text()
PYTHON, SHELL = (re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL) for language in ("python", "sh"))
BLOCKS = [block for block in PYTHON if "SLURMCluster" not in block]


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
    assert len(BLOCKS) == 4


@pytest.fixture
def small(blobs_npz, tmp_path, monkeypatch):
    """The same script for a small study of two parts or jobs, and the folder of its cube."""
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)
    whole = ["train-holdout", "--dataset", str(blobs_npz), *FAST, "--out", "whole.zarr"]
    subprocess.run(whole, check=True, capture_output=True)

    def small(script, changes):
        for old, new in {"/shared/mnist.zarr": str(tmp_path / "cube.zarr"), **changes}.items():
            assert script.count(old) == 1
            script = script.replace(old, new)
        return script

    return small


@pytest.mark.slow
def test_the_job_array(small, blobs_npz, tmp_path):
    (script,) = (block for block in SHELL if "#SBATCH --array=1-16" in block)
    study = " ".join(["--dataset", str(blobs_npz), *FAST])
    (tmp_path / "job.sh").write_text(small(script, {"--dataset mnist --runs 2000": study, "ID/16": "ID/4"}))
    tasks = [
        subprocess.Popen(["sh", "job.sh"], env={**os.environ, "SLURM_ARRAY_TASK_ID": str(task)}, stderr=subprocess.PIPE)
        for task in range(1, 5)
    ]
    errors = [task.communicate(timeout=120)[1] for task in tasks]
    assert [task.returncode for task in tasks] == [0] * 4, errors
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")


@pytest.mark.slow
def test_the_jobs_that_are_workers(small, blobs_npz, tmp_path):
    """With jobs that are processes of this machine."""
    pytest.importorskip("dask_jobqueue")
    (script,) = set(PYTHON) - set(BLOCKS)
    study = '", "'.join(["--dataset", str(blobs_npz), *FAST])
    changes = {
        '--dataset", "mnist", "--runs", "2000': study,
        "import SLURMCluster": "import SLURMCluster; from dask_jobqueue.local import LocalCluster",
        "with SLURMCluster(": "with LocalCluster(",
        "maximum_jobs=16": "maximum_jobs=2",
    }
    (tmp_path / "workers.py").write_text(small(script, changes))
    result = subprocess.run([sys.executable, "workers.py"], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")
