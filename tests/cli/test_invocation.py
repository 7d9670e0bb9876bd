import sys

import pytest

from cscore_data.cli.invocation import Invocation


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """How reduce-cscores is typed after train-holdout was typed in this way."""
    folder = tmp_path / "on the path"
    folder.mkdir()
    program = folder / "train-holdout"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))

    def typed(program):
        monkeypatch.setattr(sys, "argv", [str(program)])
        return Invocation("train-holdout", ()).typed("reduce-cscores")

    return typed


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("bin/train-holdout", "bin/reduce-cscores"),
        ("./train-holdout", "./reduce-cscores"),
        ("/clone/bin/train-holdout", "/clone/bin/reduce-cscores"),
        ("train-holdout", "reduce-cscores"),
        ("/clone/cscore_data/cli/train_holdout.py", "reduce-cscores"),
        ("/usr/bin/pytest", "reduce-cscores"),
    ],
)
def test_the_next_command_is_typed_like_this_one(typed, program, expected):
    assert typed(program) == expected


def test_a_command_from_the_path_needs_no_folder(typed, tmp_path):
    assert typed(tmp_path / "on the path" / "train-holdout") == "reduce-cscores"
