"""The source distribution: it has what the clone has, and works from where it was unpacked."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv

import pytest

from conftest import ROOT

#: What only developers of the clone need.
NOT_DISTRIBUTED = (".ci/", ".gitignore")

#: Builds a source distribution in the folder that is its argument.
BUILD = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


def files_of_the_clone():
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a clone with git")
    names = found.stdout.splitlines()
    return [name for name in names if (ROOT / name).exists()]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The source distribution of a copy of this clone, unpacked."""
    folder = tmp_path_factory.mktemp("distribution")
    for name in files_of_the_clone():
        (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / "clone" / name, follow_symlinks=False)
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    needed = ["setuptools>=77", "setuptools-scm>=8"]
    installed = subprocess.run([python, "-m", "pip", "install", "--quiet", *needed])
    if installed.returncode:
        pytest.skip("setuptools cannot be installed from PyPI")
    subprocess.run([python, "-c", BUILD, folder], cwd=folder / "clone", check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.mark.slow
def test_it_has_all_files_of_the_clone(unpacked):
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*")}
    expected = [name for name in files_of_the_clone() if not name.startswith(NOT_DISTRIBUTED)]
    assert [name for name in expected if name not in files] == []
    assert [name for name in files if "__pycache__" in name] == []


@pytest.mark.slow
def test_its_tests_and_commands_run(unpacked):
    folders = ["tests/design", "tests/studies/test_limits.py"]
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *folders]
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "VIRTUAL_ENV": sys.prefix}
    for words in ([sys.executable, *tests], ["bin/train-holdout", "--help"]):
        result = subprocess.run(
            words, cwd=unpacked, env=environment, capture_output=True, text=True, timeout=600
        )
        assert result.returncode == 0, result.stdout + result.stderr
