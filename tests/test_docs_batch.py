"""The scripts for batch systems on the page about clusters run, on one machine."""

import os
import subprocess
import sys

import pytest

from pages import code_blocks, run_words
from processes import FAST
from stored_cubes import assert_same_cube

pytestmark = pytest.mark.usefixtures("working_folder")


@pytest.fixture
def study(blobs_npz, tmp_path, monkeypatch):
    """Change a script to a small study that writes cube.zarr; whole.zarr is what to expect."""
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    run_words(["train-holdout", "--dataset", str(blobs_npz), *FAST, "--out", "whole.zarr"])

    def changed(script, changes):
        changes = {"/shared/mnist.zarr": str(tmp_path / "cube.zarr"), **changes}
        for old, new in changes.items():
            assert script.count(old) == 1
            script = script.replace(old, new)
        return script

    return changed


@pytest.mark.slow
def test_the_job_array(study, blobs_npz, tmp_path):
    blocks = code_blocks("docs/cluster.md", "sh")
    (script,) = (block for block in blocks if "#SBATCH --array=1-16" in block)
    flags = " ".join(["--dataset", str(blobs_npz), *FAST])
    changes = {"--dataset mnist --runs 2000": flags, "ID/16": "ID/4"}
    (tmp_path / "job.sh").write_text(study(script, changes))
    tasks = []
    for task in range(1, 5):
        environment = {**os.environ, "SLURM_ARRAY_TASK_ID": str(task)}
        tasks.append(subprocess.Popen(["sh", "job.sh"], env=environment, stderr=subprocess.PIPE))
    errors = [task.communicate(timeout=120)[1] for task in tasks]
    assert [task.returncode for task in tasks] == [0] * 4, errors
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")


@pytest.mark.slow
def test_the_jobs_that_are_workers(study, blobs_npz, tmp_path):
    """With jobs that are processes of this machine."""
    pytest.importorskip("dask_jobqueue")
    blocks = code_blocks("docs/cluster.md", "python")
    (script,) = (block for block in blocks if "SLURMCluster" in block)
    flags = '", "'.join(["--dataset", str(blobs_npz), *FAST])
    changes = {
        '--dataset", "mnist", "--runs", "2000': flags,
        "import SLURMCluster": "import SLURMCluster; from dask_jobqueue.local import LocalCluster",
        "with SLURMCluster(": "with LocalCluster(",
        "maximum_jobs=16": "maximum_jobs=2",
        '"ib0"': '"lo"',
        '"/shared"': f'"{tmp_path}"',
    }
    (tmp_path / "workers.py").write_text(study(script, changes))
    result = subprocess.run(
        [sys.executable, "workers.py"], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")
