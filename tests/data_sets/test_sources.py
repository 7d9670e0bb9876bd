"""What stands for a data set: a name, or a file."""

import numpy as np
import pytest

from cscore_data.data.named_sets import NAMED_SETS
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.sources import (
    FILE_FORMATS,
    FileFormat,
    describe_sources,
    load_examples,
    short_name,
)
from cscore_data.errors import InvalidInputError
from image_files import npy, npz

IMAGE = np.random.default_rng(2).integers(0, 256, (6, 4, 4), dtype=np.uint8)
LABEL = np.array([0, 1, 2, 2, 1, 0])


def test_an_npz_file(tmp_path):
    path = npz(tmp_path / "my set.npz", x=npy(IMAGE), y=npy(LABEL))
    examples = load_examples(path)
    np.testing.assert_array_equal(examples.image, IMAGE)
    assert (examples.name, examples.order) == (path, "original")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Digits",
        "mnist2",
        "a.npy",
        "a.npz:x:y",
        "a.parquet:img",
        "a.parquet:a:b:c",
        "a.parquet::",
        "tfds:",
    ],
)
def test_unknown_sets_are_refused_with_what_there_is(name):
    message = (
        r"expected one of digits, mnist, fashion_mnist, cifar10, cifar100, "
        r"tfds:NAME\[/CONFIG\]\[:VERSION\], PATH.npz, PATH.csv, PATH.parquet\[:IMAGE:LABEL\]"
    )
    with pytest.raises(InvalidInputError, match=message):
        load_examples(name)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("cifar10", "cifar10"),
        ("a/my.set.npz", "my.set"),
        ("a/b.parquet", "b"),
        ("a/b.parquet:img/x:label", "b"),
        ("tfds:cats/small:3.0.1", "cats/small:3.0.1"),
        ("tfds:a.npz", "a.npz"),
    ],
)
def test_short_names(source, name):
    assert short_name(source) == name


def test_a_new_format_is_one_entry(monkeypatch):
    entry = FileFormat("a folder", r"(.+)/", lambda folder: RawExamples(IMAGE, LABEL))
    monkeypatch.setitem(FILE_FORMATS, "FOLDER/", entry)
    assert load_examples("my/set/").name == "my/set/"
    assert short_name("my/set/") == "set"
    assert describe_sources().endswith("; FOLDER/ (a folder)")
    with pytest.raises(InvalidInputError, match="FOLDER/"):
        load_examples("unknown")


def test_every_source_is_described():
    described = [entry.partition(" (")[0] for entry in describe_sources().split("; ")]
    assert described == [*NAMED_SETS, *FILE_FORMATS]
