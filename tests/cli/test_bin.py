"""The programs in ``bin/``."""

import os
import subprocess
import sys
import tomllib

import pytest

from conftest import ROOT
from cscore_data.__main__ import main
from cscore_data.cli import COMMANDS
from cscore_data.cli.__main__ import command_name


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


@pytest.fixture
def trap(tmp_path):
    """A working folder whose modules are not to be imported in place of Python's own."""
    folder = tmp_path / "working"
    folder.mkdir()
    for name in ("tokenize", "numpy", "cscore_data"):
        (folder / f"{name}.py").write_text("raise SystemExit('a module of the user was run')")
    return folder


def test_a_link_of_any_name_runs_the_command_and_modules_of_the_working_folder_do_not(
    tmp_path, trap, environment
):
    """One process shows both: each takes a second."""
    (tmp_path / "inner").symlink_to(ROOT / "bin" / "verify-cube")
    (tmp_path / "mine").symlink_to("inner")
    result = subprocess.run(
        ["../mine", "--version"], capture_output=True, text=True, env=environment, cwd=trap
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("cscore_data ")


@pytest.mark.parametrize(
    "arguments",
    [["cscore_data", "verify-cube", "--version"], ["cscore_data.cli", "verify-cube", "--version"]],
)
def test_modules_of_the_working_folder_are_not_run_by_python_m_either(trap, arguments):
    (trap / "cscore_data.py").unlink()  # that is what was asked for
    command = [sys.executable, "-m", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, cwd=trap)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("cscore_data ")


@pytest.mark.parametrize(
    ("links", "program", "name"),
    [
        ({"here": "bin/reduce-cscores"}, "here", "reduce-cscores"),
        ({"a": "b", "b": "bin/verify-cube"}, "a", "verify-cube"),
        ({"verify-cube": "bin/reduce-cscores"}, "verify-cube", "verify-cube"),
        ({"x": "nowhere"}, "x", "nowhere"),
    ],
)
def test_the_first_name_of_a_command_along_a_chain_of_links_counts(tmp_path, links, program, name):
    for link, target in links.items():
        (tmp_path / link).symlink_to(target)
    assert command_name(str(tmp_path / program)) == name


def test_the_package_lists_its_commands(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["cscore_data"])
    assert main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:-2]] == list(COMMANDS)
    assert all(len(line.split()) > 3 for line in lines[1:-2])
    assert lines[-1].startswith("NAME --help")


def test_the_package_runs_a_command_by_its_name(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["cscore_data", "verify-cube", "nowhere.zarr"])
    assert main() == 2
    assert capsys.readouterr().err == "verify-cube: error: nowhere.zarr: no such store\n"


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
