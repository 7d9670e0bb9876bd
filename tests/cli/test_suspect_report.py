import numpy as np
import pytest
import xarray as xr

from cscore_data import find_mislabelled
from cscore_data.cli.jobs.suspect_report import print_suspects


@pytest.fixture
def scores():
    """Eight examples: one is contradicted, and one was never held out."""
    names = [f"folder/{number}.png" for number in range(7)] + [
        "a\nname of more than forty letters " * 2
    ]
    vote = [0, 0, 1, 1, 1, 1, -1, 0]
    return xr.Dataset(
        {
            "margin": ("example", [3.0, 2, -4, 3, 2, 1, np.nan, 4]),
            "vote": ("example", vote),
            "vote_share": ("example", [1.0, 1, 1, 1, 1, 1, np.nan, 1]),
        },
        {
            "example": np.arange(8),
            "label": ("example", [0, 0, 0, 1, 1, 1, 2, 0]),
            "filename": ("example", names),
        },
    )


def report(scores, capsys):
    print_suspects(find_mislabelled(scores), ("cat", "dog", "fox"))
    return capsys.readouterr().out


def test_suspects_are_named_by_their_files_on_a_line_each(scores, capsys):
    out = report(scores, capsys)
    first = out.splitlines()[1].split()
    assert first[:3] == ["2", "cat", "dog"]
    assert first[-1] == "folder/2.png"
    (long,) = [line for line in out.splitlines() if line.split()[:1] == ["7"]]
    assert " ... " in long


def test_more_runs_are_advised_only_where_they_help(scores, capsys):
    line = "1 example without a score, the last in the list"
    alone = f"{line}; 1 example alone in a class can have none\n"
    assert alone in report(scores, capsys)
    scores["label"][6] = 1
    assert f"{line}; more --runs\n" in report(scores, capsys)


def test_models_that_know_too_little_judge_nothing(scores, capsys):
    scores["vote"][:6] = 2
    assert "models contradict 86% of the labels: they know too little" in report(scores, capsys)
