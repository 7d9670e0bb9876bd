import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cscore_data.examples import Examples

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def blobs():
    """120 images of 4 x 4 in three classes that a small network tells apart, a few of them mislabelled."""
    random = np.random.default_rng(7)
    label = np.arange(120) % 3
    image = random.integers(0, 120, (120, 4, 4))
    image[np.arange(120), label, :] += 110
    label[:6] = (label[:6] + 1) % 3
    return Examples("blobs", image.astype(np.uint8), label)


@pytest.fixture(autouse=True, scope="session")
def compilation_cache(tmp_path_factory):
    """One compilation cache for all the processes that these tests start, and none outside their folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("xla")))
        yield


@pytest.fixture
def blobs_npz(blobs, tmp_path):
    path = tmp_path / "blobs.npz"
    np.savez(path, image=blobs.image, label=blobs.label)
    return path


@pytest.fixture
def command(tmp_path):
    """Run a command in a process of its own, in `tmp_path`: ``command("train-holdout", "--runs", 3)``."""

    def run(name, *arguments, check=True, **environment):
        result = subprocess.run(
            [sys.executable, "-W", "error", "-m", f"cscore_data.cli.{name.replace('-', '_')}", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, **environment},
        )
        assert not check or result.returncode == 0, result.stderr
        return result

    return run


@pytest.fixture
def real_data():
    """The folder with real data files, or skip."""
    folder = os.environ.get("CSCORE_DATA_DIR")
    if not folder:
        pytest.skip("CSCORE_DATA_DIR names no folder with the real data files")
    return Path(folder)
