import json
import re

import numpy as np
import pytest
import xarray as xr
import yaml
from pyarrow import parquet

from cscore_data.errors import InvalidInputError, StoreError, StoreExistsError
from cscore_data.scores.card_text import markdown_text, yaml_text
from cscore_data.scores.data_card import check_card, data_card, write_card
from cscore_data.scores.exports import export_scores
from cscore_data.scores.published_files import CITATION, MEMORIZATION_CITATION
from cscore_data.scores.reduce import reduce_cube
from cscore_data.testing import make_cube

HOSTILE = [
    "<script>alert(1)</script>",
    '"; license: mit\n- x: "',
    "---\n# title",
    "a | b\\",
    "[click](https://example.org) ![x](//example.org/x.png) www.example.org",
    "\u202egnp.exe \x1b[31m \x85 \u2028 \ufeff",
    "' : {} [] & * ! % @ ` ~",
    "outside of the first plane: \U0001f600",
]

#: Tags, links, addresses that become links, and characters that cannot be seen.
MARKUP = re.compile(r"(?<!\\)<|(?<!\\)\]\(|(?<!\\)://|www\.|[\u202e\x1b\x85\u2028\ufeff]")


@pytest.fixture
def scores():
    cube = make_cube(runs=30, classes=len(HOSTILE), examples=40)
    scores = reduce_cube(cube).load()
    names = np.array(HOSTILE, object)[scores["label"].values]
    return scores.assign_coords(label_name=("example", names))


def front_matter(card):
    return yaml.safe_load(card.split("\n---\n")[0])


def body(card):
    return card.split("\n---\n", 1)[1]


def test_the_front_matter_describes_the_table(scores):
    facts = front_matter(data_card(scores, "s.parquet"))
    assert facts["pretty_name"] == "C-scores of synthetic"
    assert facts["size_categories"] == ["n<1K"]
    assert facts["configs"] == [{"config_name": "default", "data_files": "s.parquet"}]
    assert "license" not in facts
    features = {entry["name"]: entry["dtype"] for entry in facts["dataset_info"]["features"]}
    assert list(features)[:4] == ["example", "label", "label_name", "cscore"]
    assert features["example"] == "int64"
    assert features["label_name"] == "string"
    assert features["cscore"] == "float64"


def test_names_of_classes_come_back_as_they_were(scores):
    facts = front_matter(data_card(scores, "s.parquet"))
    label = facts["dataset_info"]["features"][1]["dtype"]["class_label"]["names"]
    assert label == {str(place): name for place, name in enumerate(HOSTILE)}


def test_labels_that_are_not_counted_from_0_stay_numbers(scores):
    later = scores.assign_coords(label=scores["label"] + 5)
    features = front_matter(data_card(later, "s.parquet"))["dataset_info"]["features"]
    assert features[1] == {"name": "label", "dtype": "int64"}


def test_labels_of_which_two_have_one_name_stay_numbers(scores):
    name = np.where(scores["label"] < 2, "bird", scores["label_name"])
    twice = scores.assign_coords(label_name=("example", name))
    features = front_matter(data_card(twice, "s.parquet"))["dataset_info"]["features"]
    assert features[1] == {"name": "label", "dtype": "int64"}


def test_files_with_similar_names_stay(scores, tmp_path):
    (tmp_path / ".README.partial.md").write_text("mine")
    write_card(scores, tmp_path / "s.csv")
    assert {path.name for path in tmp_path.iterdir()} == {".README.partial.md", "README.md"}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_names_is_markup(scores, name):
    attrs = {"title": name, "dataset": name, "recipe": name, "history": name, "citation": name}
    scores = scores.assign_attrs(attrs)
    scores["cscore"].attrs["long_name"] = name
    card = data_card(scores, f"{name}.csv")
    assert front_matter(card)["pretty_name"] == name
    card.encode("utf-8")
    outside_of_code = [line for line in body(card).splitlines() if not line.startswith("    ")]
    assert not MARKUP.search("\n".join(outside_of_code))
    headings = [line for line in body(card).splitlines() if line.startswith("#")]
    assert len(headings) == 6
    rows = [line for line in body(card).splitlines() if line.startswith("|")]
    assert {row.replace("\\\\", "").replace("\\|", "").count("|") for row in rows} == {3}


def test_text_for_markdown_and_yaml_stays_on_one_line():
    for name in (*HOSTILE, "half of a character: \ud800"):
        yaml_text(name).encode("utf-8")
        assert len(markdown_text(name).splitlines()) == len(yaml_text(name).splitlines()) == 1
        assert yaml.safe_load(yaml_text(name)) == name


def test_the_card_says_how_the_scores_were_made_and_how_to_cite(scores):
    scores = scores.assign_attrs(
        plan='{"seed": 0}', jax_version="1.2", history="one\ntwo", citation=MEMORIZATION_CITATION
    )
    scores["cscore"][:3] = np.nan
    card = data_card(scores, "s.parquet")
    for line in ('    plan: {"seed": 0}', "    jax_version: 1.2", "    one\n    two"):
        assert f"\n{line}\n" in card
    assert "40 examples, 3 of them without a C-score." in card
    least, most = int(scores["held_out_count"].min()), int(scores["held_out_count"].max())
    assert f"{least} to {most} models" in card
    for paper in (CITATION, MEMORIZATION_CITATION):
        assert paper.split(":")[1].strip()[:40] in card
    assert scores["cscore_stderr"].attrs["long_name"].split(",")[0] in card
    assert "license" in card


def test_published_scores_need_no_counts():
    scores = xr.Dataset(
        {"cscore": ("example", np.ones(10**3))}, {"example": np.arange(10**3)}, {"title": "x"}
    )
    facts = front_matter(data_card(scores, "s.csv"))
    assert facts["size_categories"] == ["1K<n<10K"]


def test_a_card_is_replaced_on_demand_and_another_file_never(scores, tmp_path):
    export = tmp_path / "s.parquet"
    card = write_card(scores, export)
    assert card == tmp_path / "README.md"
    with pytest.raises(StoreExistsError, match="--overwrite"):
        check_card(export)
    write_card(scores.assign_attrs(title="another"), export, overwrite=True)
    assert "# another\n" in card.read_text()
    card.write_text("# My project\n")
    with pytest.raises(StoreExistsError, match="folder of its own"):
        write_card(scores, export, overwrite=True)
    assert card.read_text() == "# My project\n"


def test_a_card_needs_a_table_beside_it(tmp_path):
    with pytest.raises(InvalidInputError, match="found no --export"):
        check_card(None)
    with pytest.raises(InvalidInputError, match=r"found --export s\.npz"):
        check_card("s.npz")
    (tmp_path / "README.md").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        write_card(reduce_cube(make_cube()), tmp_path / "s.csv")


def test_parquet_files_say_what_they_are(scores, tmp_path):
    path = tmp_path / "s.parquet"
    export_scores(scores.assign_attrs(plan="{}"), path)
    schema = parquet.read_schema(path)
    about = json.loads(schema.metadata[b"cscore_data"])
    assert list(about["columns"]) == schema.names
    assert about["title"] == "C-scores of synthetic"
    assert about["plan"] == "{}"
    assert about["citation"][0] == CITATION
    assert about["class_names"] == {str(place): name for place, name in enumerate(HOSTILE)}
    assert about["columns"]["cscore"] == scores["cscore"].attrs["long_name"]
