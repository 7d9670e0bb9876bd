import importlib
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import settings

from cscore_data.data.examples import Examples
from processes import Running

ROOT = Path(__file__).resolve().parent.parent

# Half of the time of these tests is compilation, most of that optimization, so there is little of
# it here. Set XLA_FLAGS to nothing to test fully optimized code.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

# No test depends on how fast the machine is.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def blobs():
    """120 images of 4 x 4 in three classes that are easy to learn; six have a wrong label."""
    random = np.random.default_rng(7)
    label = np.arange(120) % 3
    image = random.integers(0, 120, (120, 4, 4))
    image[np.arange(120), label, :] += 110
    label[:6] = (label[:6] + 1) % 3
    return Examples("blobs", image.astype(np.uint8), label)


@pytest.fixture(autouse=True, scope="session")
def compilation_cache(tmp_path_factory):
    """One compilation cache for all processes of the session, in a temporary folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("xla")))
        yield


@pytest.fixture(autouse=True, scope="session")
def power_is_safe():
    """Do not wait for the disk: no test cuts the power, and a busy disk takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture
def working_folder(tmp_path, monkeypatch):
    """`tmp_path` as the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def blobs_npz(blobs, tmp_path):
    """The blobs as an npz file in `tmp_path`."""
    path = tmp_path / "blobs.npz"
    np.savez(path, image=blobs.image, label=blobs.label)
    return path


@pytest.fixture
def start(tmp_path, tmp_path_factory):
    """Start a command in a process of its own in `tmp_path`: ``start("train-holdout", "--help")``.

    Keywords are added to the environment. Returns a `processes.Running`.
    """
    started = []

    def start(name, *arguments, **environment):
        output = tmp_path_factory.mktemp("output")
        process = Running(name, arguments, output, tmp_path, environment)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def command(start):
    """Like `start`, but wait for the end; returns standard output and standard error."""

    def run(name, *arguments, **environment):
        process = start(name, *arguments, **environment)
        out, error = process.communicate()
        assert process.returncode == 0, error
        return out, error

    return run


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Like `command`, but in this process, where much is imported and compiled already."""

    def call(name, *arguments):
        monkeypatch.chdir(tmp_path)
        capsys.readouterr()
        module = importlib.import_module(f"cscore_data.cli.{name.replace('-', '_')}")
        code = module.main([str(argument) for argument in arguments])
        out, error = capsys.readouterr()
        assert code == 0, error
        return out, error

    return call


@pytest.fixture
def program(tmp_path):
    """Like `command`, but by ``python -m`` in an interpreter of its own."""

    def run(name, *arguments, code=0):
        module = f"cscore_data.cli.{name.replace('-', '_')}"
        line = [sys.executable, "-W", "error", "-m", module, *map(str, arguments)]
        result = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert result.returncode == code, result.stderr
        return result.stdout, result.stderr

    return run


@pytest.fixture
def clock(monkeypatch):
    """The wall clock of this process; ``clock.hours = -5`` sets it back.

    Times of files come from the system's clock, which stays as it is.
    """
    now = time.time
    clock = SimpleNamespace(hours=0)
    monkeypatch.setattr(time, "time", lambda: now() + 3600 * clock.hours)
    # `datetime.now` does not ask `time.time`.
    shifted = SimpleNamespace(now=lambda zone: datetime.fromtimestamp(time.time(), zone))
    monkeypatch.setattr("cscore_data.storage.provenance.datetime", shifted)
    return clock


@pytest.fixture
def real_data():
    """The folder with the real data files; skips the test if there is none."""
    folder = os.environ.get("CSCORE_DATA_DIR")
    if not folder:
        pytest.skip("CSCORE_DATA_DIR is not set to the folder with the real data files")
    return Path(folder)
