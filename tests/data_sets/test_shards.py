import numpy as np
import pytest

from cscore_data.data.shards import expand_shards
from cscore_data.data.sources import load_examples, short_name
from cscore_data.errors import InvalidInputError


@pytest.fixture
def touch(tmp_path):
    """Make empty files; gives the folder."""

    def make(*names):
        for name in names:
            (tmp_path / name).touch()
        return str(tmp_path)

    return make


def test_a_shard_stands_for_all_of_them(touch):
    names = [f"train-0000{number}-of-00003.parquet" for number in range(3)]
    folder = touch(*names, "test-00000-of-00001.parquet")
    paths, notes = expand_shards(f"{folder}/{names[1]}")
    assert paths == [f"{folder}/{name}" for name in names]
    assert notes == (f"{names[1]} is one of 3 shards; all of them are read",)
    assert short_name(paths[0]) == "train"


def test_shards_may_have_a_hash_each(touch):
    names = ["a-00000-of-00002-0f3e.parquet", "a-00001-of-00002-9bc1.parquet"]
    folder = touch(*names)
    assert expand_shards(f"{folder}/{names[1]}")[0] == [f"{folder}/{name}" for name in names]


@pytest.mark.parametrize("name", ["train.parquet", "train-00000-of-00001.parquet", "a-1-of-2.csv"])
def test_a_file_alone_needs_no_word(touch, name):
    path = f"{touch(name)}/{name}"
    assert expand_shards(path) == ([path], ())


def test_a_pattern_stands_for_what_matches_it_in_the_order_of_numbers(touch):
    folder = touch("p10.parquet", "p9.parquet", "q1.parquet")
    paths, notes = expand_shards(f"{folder}/p*.parquet")
    assert paths == [f"{folder}/p9.parquet", f"{folder}/p10.parquet"]
    assert "stands for 2 files" in notes[0]
    assert short_name(f"{folder}/train-*.parquet") == "train"
    assert short_name(f"{folder}/*.parquet") == "shards"


def test_a_file_with_a_star_in_its_name_is_that_file(touch):
    path = f"{touch('a*.parquet', 'ab.parquet')}/a*.parquet"
    assert expand_shards(path) == ([path], ())


def test_missing_shards_are_refused(touch):
    folder = touch("train-00001-of-00002.parquet")
    with pytest.raises(InvalidInputError, match=r"1 are not beside it \(the first: train-00000-of"):
        expand_shards(f"{folder}/train-00001-of-00002.parquet")
    with pytest.raises(InvalidInputError, match="matches 1 shards, expected 2"):
        expand_shards(f"{folder}/train-*.parquet")
    with pytest.raises(InvalidInputError, match="no file matches"):
        expand_shards(f"{folder}/test-*.parquet")


def test_all_shards_are_read_in_order(tmp_path):
    import pyarrow
    from pyarrow.parquet import write_table

    for number in range(2):
        table = pyarrow.table({"a": np.arange(4.0) + 10 * number, "label": [0, 1, 1, 0]})
        write_table(table, tmp_path / f"train-0000{number}-of-00002.parquet")
    examples = load_examples(str(tmp_path / "train-00001-of-00002.parquet"))
    assert examples.image.ravel().tolist() == [0, 1, 2, 3, 10, 11, 12, 13]
    assert "one of 2 shards" in examples.notes[0]
    whole = load_examples(str(tmp_path / "train-*.parquet"))
    assert whole.digest() == examples.digest()

    write_table(table.rename_columns(["b", "label"]), tmp_path / "train-00001-of-00002.parquet")
    with pytest.raises(InvalidInputError, match="found columns b, label, expected a as in"):
        load_examples(str(tmp_path / "train-*.parquet"))
