"""``reduce-cscores --card``."""

import json

import pytest
import yaml
from pyarrow import parquet

from cscore_data.cli import reduce_cscores
from stored_cubes import complete_cube


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder with a cube of ants, bees and cats."""
    complete_cube(tmp_path / "c.zarr", runs=8)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_gets_a_card_and_both_know_the_names_of_classes(here, capsys):
    assert reduce_cscores.main(["c.zarr", "--export", "hub/s.parquet", "--card"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "Scores: c-cscores.zarr, hub/s.parquet, hub/README.md. Next: " in last
    names = {"0": "ant", "1": "bee", "2": "cat"}
    facts = yaml.safe_load((here / "hub" / "README.md").read_text().split("\n---\n")[0])
    features = {entry["name"]: entry["dtype"] for entry in facts["dataset_info"]["features"]}
    assert features["label"] == {"class_label": {"names": names}}
    schema = parquet.read_schema("hub/s.parquet")
    assert list(features) == schema.names
    assert json.loads(schema.metadata[b"cscore_data"])["class_names"] == names
    assert (
        "reduce-cscores c.zarr --export hub/s.parquet --card"
        in (here / "hub" / "README.md").read_text()
    )


@pytest.mark.parametrize("arguments", [[], ["--export", "s.npz"]])
def test_a_card_needs_a_table(here, capsys, arguments):
    assert reduce_cscores.main(["c.zarr", "--card", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected --export FILE.csv or FILE.parquet" in line
    assert [path.name for path in here.iterdir()] == ["c.zarr"]


def test_a_card_stays_without_overwrite_and_a_readme_for_ever(here, capsys):
    arguments = ["c.zarr", "--export", "s.csv", "--card"]
    assert reduce_cscores.main(arguments) == 0
    assert reduce_cscores.main(arguments) == 2
    assert "replace the card with --overwrite" in capsys.readouterr().err
    (here / "README.md").write_text("mine\n")
    assert reduce_cscores.main([*arguments, "--overwrite"]) == 2
    assert "not a data card" in capsys.readouterr().err
    assert (here / "README.md").read_text() == "mine\n"
