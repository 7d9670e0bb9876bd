import shutil

import fsspec
import numpy as np
import pytest

from cscore_data.data.source_files import open_source
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError

CSV = b"a,label\n1,5\n2,6\n3,5\n"


@pytest.mark.parametrize(
    "name", ["part:1.csv", "a b.csv", "C:x.csv", "tab\t.csv", "ü.csv", "\udce9.csv"]
)
def test_a_path_may_hold_anything(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(CSV)
    assert load_examples(name).label.tolist() == [5, 6, 5]


def test_a_parquet_file_may_have_a_colon_in_its_name(tmp_path, monkeypatch):
    import pyarrow
    from pyarrow.parquet import write_table

    monkeypatch.chdir(tmp_path)
    write_table(pyarrow.table({"a": [1.0, 2.0, 4.0], "label": [5, 6, 5]}), "a.parquet")
    shutil.copy("a.parquet", "part:1.parquet")
    assert load_examples("part:1.parquet").image.ravel().tolist() == [1, 2, 4]


def test_a_url_is_read_by_fsspec():
    with fsspec.open("memory://sets/a.csv", "wb") as file:
        file.write(CSV)
    examples = load_examples("memory://sets/a.csv")
    assert np.array_equal(examples.image.ravel(), [1, 2, 3])
    fsspec.filesystem("memory").rm("/sets", recursive=True)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.csv", "no such file"),
        ("memory://none.csv", "no such file"),
        ("nothing://there/a.csv", "Protocol not known"),
        ("zip://a.csv::none.zip", "no such file"),
        ("a\0.csv", "cannot be read"),
        (".", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_line(path, message):
    with pytest.raises(InvalidInputError, match=message) as refused, open_source(path):
        pass
    assert len(str(refused.value).splitlines()) == 1


def test_a_file_system_that_is_not_installed_names_what_to_do(monkeypatch):
    def open_url(*_):
        raise ImportError("Install huggingface_hub to access HfFileSystem")

    monkeypatch.setattr(fsspec, "open", open_url)
    with pytest.raises(
        InvalidInputError, match=r"Install huggingface_hub .*; or download the file"
    ):
        load_examples("hf://datasets/ylecun/mnist/mnist/train-00000-of-00001.parquet")
