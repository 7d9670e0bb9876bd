"""The documentation's batch scripts on a Slurm cluster of one node, which the tests start."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from pages import code_blocks
from processes import FAST, PATIENCE, wait_for
from servers import answers, free_port, program, running
from stored_cubes import assert_same_cube, chunk_files

pytestmark = pytest.mark.servers

_HOW = "apt install slurmctld slurmd slurm-client munge"

#: Eight CPUs and four GPUs, whatever the machine has.
_CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=128000 Gres=gpu:4 State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A cluster for the commands of Slurm that this process and its children call."""
    if os.getuid() != 0:
        pytest.skip("a Slurm node for tests needs root")
    munged, slurmctld, slurmd = (program(name, _HOW) for name in ("munged", "slurmctld", "slurmd"))
    folder = tmp_path_factory.mktemp("slurm")
    folder.chmod(0o755)
    host = socket.gethostname().split(".")[0]
    controller = free_port()
    daemon = free_port()
    for name in ("state", "spool"):
        (folder / name).mkdir()
    names = {"host": host, "controller": controller, "daemon": daemon, "folder": folder}
    (folder / "slurm.conf").write_text(_CONFIGURATION.format(**names))
    for number in range(4):
        (folder / f"gpu{number}").touch()
    (folder / "gres.conf").write_text(f"Name=gpu File={folder}/gpu[0-3]\n")
    key = folder / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    paths = {"socket": "munge.socket", "pid-file": "munge.pid", "seed-file": "seed"}
    paths |= {"log-file": "munge.log", "key-file": "key"}
    flags = [f"--{flag}={folder / name}" for flag, name in paths.items()]
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        patch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
        munge = [munged, "--force", "--foreground", *flags]
        log = folder / "log"
        for command, is_ready in (
            (munge, (folder / "munge.socket").exists),
            ([slurmctld, "-D"], answers(controller)),
            ([slurmd, "-D", "-N", host], node_is_idle),
        ):
            stack.enter_context(running(command, log, is_ready=is_ready))
        yield
        call("scancel", "--user=root")
        wait_for(lambda: not jobs())


def call(*words):
    """What a command of Slurm prints."""
    result = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def node_is_idle():
    return "idle" in call("sinfo", "--noheader", "--format=%T")


def jobs():
    """Identifiers and states of the jobs that wait or run."""
    return call("squeue", "--noheader", "--array", "--format=%i %T").splitlines()


def submit(*words):
    return call("sbatch", "--parsable", *words)


def page_script(language, word, changes):
    """A script of the page about clusters, with changes that make it a small study."""
    blocks = code_blocks("docs/cluster.md", language)
    (script,) = [block for block in blocks if word in block]
    for old, new in changes.items():
        assert script.count(old) == 1, old
        script = script.replace(old, new)
    return script


@pytest.fixture
def study(slurm, blobs_npz, tmp_path, monkeypatch):
    """The flags of a study; whole.zarr is what to expect of it."""
    monkeypatch.chdir(tmp_path)
    study = ["--dataset", str(blobs_npz), *FAST, "--runs", "60"]
    command = ["train-holdout", *study, "--out", "whole.zarr"]
    subprocess.run(command, check=True, capture_output=True)
    return study


@pytest.fixture
def job_array(study, tmp_path):
    changes = {
        "--dataset mnist --runs 2000": " ".join(study),
        "/shared/mnist.zarr": str(tmp_path / "cube.zarr"),
        "--array=1-16": "--array=1-4",
        "ID/16": "ID/4",
    }
    (tmp_path / "job.sh").write_text(page_script("sh", "#SBATCH --array", changes))
    return tmp_path / "job.sh"


@pytest.fixture
def workers(study, tmp_path):
    changes = {
        '--dataset", "mnist", "--runs", "2000': '", "'.join(study),
        "/shared/mnist.zarr": str(tmp_path / "cube.zarr"),
        '"/shared"': f'"{tmp_path}"',
        '"ib0"': '"lo"',
        "maximum_jobs=16": "maximum_jobs=2",
    }
    (tmp_path / "workers.py").write_text(page_script("python", "SLURMCluster", changes))
    return ["--time=1-0", "--output=workers.log", "--wrap", "exec python workers.py"]


def logs(tmp_path):
    return "\n".join(file.read_text() for file in tmp_path.glob("*.[lo][ou][gt]"))


def test_a_job_array_that_is_requeued_and_submitted_again(job_array, tmp_path):
    job = submit("--output=%A-%a.out", job_array)
    wait_for(lambda: chunk_files(tmp_path / "cube.zarr"))
    call("scontrol", "requeue", job)
    wait_for(lambda: not jobs())
    submit("--output=%A-%a.out", job_array)  # those that had ended before need not be requeued
    wait_for(lambda: not jobs())
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")
    assert "Traceback" not in logs(tmp_path)


def test_jobs_that_are_workers(workers, tmp_path):
    pytest.importorskip("dask_jobqueue")
    submit(*workers)
    wait_for(lambda: not jobs())
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")
    # The keys are gone with the cluster.
    assert not list(tmp_path.glob(".dask-jobqueue*"))


def test_cancelling_the_job_of_the_scheduler_cancels_the_workers(workers, tmp_path):
    pytest.importorskip("dask_jobqueue")
    job = submit(*workers)
    wait_for(lambda: chunk_files(tmp_path / "cube.zarr"))
    assert len(jobs()) > 1
    call("scancel", job)
    wait_for(lambda: not jobs())
    submit(*workers)
    wait_for(lambda: not jobs())
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")
