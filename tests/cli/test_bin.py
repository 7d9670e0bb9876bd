"""The programs in ``bin/``."""

import os
import subprocess
import sys
import tomllib

import pytest

from conftest import ROOT
from cscore_data.cli import COMMANDS


@pytest.fixture
def environment():
    """The variables for a shell in which the environment of these tests is active."""
    return {**os.environ, "VIRTUAL_ENV": sys.prefix}


def test_every_command_is_a_program_of_the_clone_and_of_the_installed_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    modules = {name: f"cscore_data.cli.{name.replace('-', '_')}:main" for name in COMMANDS}
    assert project["scripts"] == modules
    links = [path for path in (ROOT / "bin").iterdir() if path.is_symlink()]
    assert {link.name for link in links} == set(COMMANDS)
    assert {os.readlink(link) for link in links} == {"command"}


def test_a_link_from_elsewhere_runs_the_command_and_is_what_error_messages_name(
    tmp_path, environment
):
    link = tmp_path / "verify-cube"
    link.symlink_to(ROOT / "bin" / "verify-cube")
    result = subprocess.run([link], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith(f"{link}: error: the following arguments are required: cube")


def test_without_the_package_it_says_what_to_do(tmp_path):
    environment = {**os.environ, "VIRTUAL_ENV": str(tmp_path)}
    program = ROOT / "bin" / "verify-cube"
    result = subprocess.run(
        [program], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert result.returncode == 2
    assert f"is not installed in {tmp_path}; run {ROOT}/bin/quickstart first" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["no-command"]])
def test_an_unknown_command_is_one_line(arguments):
    line = [sys.executable, "-m", "cscore_data.cli", *arguments]
    result = subprocess.run(line, capture_output=True, text=True)
    assert result.returncode == 2
    assert "expected one of train-holdout, " in result.stderr
    assert result.stderr.count("\n") == 1
