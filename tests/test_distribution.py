"""The distributions: they have what the clone has, and work from where they are installed."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
from fnmatch import fnmatch
from itertools import product

import pytest

from conftest import ROOT
from cscore_data.cli import COMMANDS

#: What only developers of the clone need.
NOT_DISTRIBUTED = (".ci/", ".gitignore")

#: Builds a distribution in the folder that is the last argument.
BUILD = (
    "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"
)

#: What setuptools adds to a source distribution without being told to.
ADDED = ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml")


def files_of_the_clone():
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a clone with git")
    names = found.stdout.splitlines()
    return [name for name in names if (ROOT / name).exists()]


def test_files_of_the_clone_are_named_in_the_manifest_or_belong_to_the_package():
    names = set(ADDED)
    folders = ["cscore_data/", *NOT_DISTRIBUTED]
    for line in (ROOT / "MANIFEST.in").read_text().splitlines():
        words = line.split()
        if words[:1] == ["include"]:
            names |= set(words[1:])
        elif words[:1] == ["graft"]:
            folders += [f"{folder}/" for folder in words[1:]]
    left_out = {name for name in files_of_the_clone() if not name.startswith(tuple(folders))}
    assert left_out - names == set()


def test_files_of_the_package_that_are_no_modules_are_its_data():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    patterns = tools["setuptools"]["package-data"]["cscore_data"]
    inner = [
        name.partition("/")[2] for name in files_of_the_clone() if name.startswith("cscore_data/")
    ]
    data = {name for name in inner if not name.endswith(".py")}
    matched = {name for name, pattern in product(data, patterns) if fnmatch(name, pattern)}
    assert data - matched == set()
    assert data


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The source distribution of a copy of this clone, unpacked."""
    folder = tmp_path_factory.mktemp("distribution")
    for name in files_of_the_clone():
        (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / "clone" / name, follow_symlinks=False)
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    needed = ["setuptools>=77", "setuptools-scm>=8", "twine>=6"]
    installed = subprocess.run([python, "-m", "pip", "install", "--quiet", *needed])
    if installed.returncode:
        pytest.skip("setuptools cannot be installed from PyPI")
    build = [python, "-c", BUILD, "build_sdist", folder]
    subprocess.run(build, cwd=folder / "clone", check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(unpacked):
    """The wheel that is built of the source distribution."""
    python = unpacked.parent / "venv" / "bin" / "python"
    build = [python, "-c", BUILD, "build_wheel", unpacked.parent]
    subprocess.run(build, cwd=unpacked, check=True)
    (file,) = unpacked.parent.glob("*.whl")
    return file


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


@pytest.mark.slow
def test_package_indexes_take_both(wheel):
    python = wheel.parent / "venv" / "bin" / "python"
    (archive,) = wheel.parent.glob("*.tar.gz")
    check = [python, "-m", "twine", "check", "--strict", archive, wheel]
    assert subprocess.run(check).returncode == 0


@pytest.mark.slow
def test_the_wheel_installs_into_an_empty_environment_and_its_commands_run_anywhere(
    wheel, tmp_path
):
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / "bin"
    install = [programs / "python", "-m", "pip", "install", "--quiet", "--no-compile", wheel]
    subprocess.run(install, check=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    hidden = ("PYTHONPATH", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    lines = [[command, "--help"] for command in COMMANDS]
    lines += [
        ["train-holdout", "--runs", "1", "--epochs", "1", "--ratios", "0.5"],
        ["reduce-cscores", "digits.zarr"],
        ["browse-cscores", "digits.zarr", "--out", "gallery"],
        ["verify-cube", "digits.zarr"],
    ]
    for program, *arguments in lines:
        result = subprocess.run(
            [programs / program, *arguments],
            cwd=elsewhere,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert (result.returncode, result.stderr) == (0, ""), program
    assert (elsewhere / "gallery" / "index.html").exists()
