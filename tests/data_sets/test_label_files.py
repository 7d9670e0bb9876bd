import numpy as np
import pytest
from PIL import Image

from cscore_data.data.label_files import read_labels
from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples
from cscore_data.errors import CscoreDataError, InvalidInputError, MismatchError
from torch_files import torch_save

LABEL = np.array([0, 1, 2, 2, 1, 1])
NAMES = np.array(["cat", "dog", "eel"])[LABEL]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with files of labels in every form."""
    np.save(tmp_path / "a.npy", LABEL)
    np.savez(tmp_path / "one.npz", given=LABEL)
    np.savez(tmp_path / "two.npz", label=LABEL, other=LABEL[::-1])
    np.savez(tmp_path / "odd.npz", a=LABEL, b=LABEL)
    (tmp_path / "a.csv").write_text("id,label\n" + "".join(f"{n},{n % 3}\n" for n in range(6)))
    torch_save(tmp_path / "a.pt", {"clean_label": LABEL, "worse_label": LABEL[::-1].copy()})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.npy", LABEL),
        ("one.npz", LABEL),
        ("two.npz", LABEL),
        ("two.npz:other", LABEL[::-1]),
        ("a.csv", np.arange(6) % 3),
        ("a.csv:id", np.arange(6)),
        ("a.pt:worse_label", LABEL[::-1]),
    ],
)
def test_labels_of_every_form(folder, source, expected):
    assert read_labels(source).label.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a.txt", "labels: found 'a.txt', expected FILE or FILE:KEY with a file ending in .npy"),
        ("a.npz:", "labels: found 'a.npz:'"),
        ("none.npy", "no such file"),
        ("none.npz:label", "no such file"),
        ("none.pt:label", "no such file"),
        ("two.npz:third", "found arrays label, other, expected one named third"),
        ("odd.npz", "found arrays a, b; say which are the labels with odd.npz:KEY"),
        ("a.pt", "found arrays clean_label, worse_label; say which"),
    ],
)
def test_labels_that_are_not_there(folder, source, message):
    with pytest.raises(InvalidInputError, match=message):
        read_labels(source)


def test_other_labels_take_the_place_of_a_sets_own(folder):
    image = np.random.default_rng(2).integers(0, 256, (6, 4, 4), dtype=np.uint8)
    np.savez("set.npz", x=image, y=NAMES)
    worse = load_examples("set.npz", LoadOptions(labels="a.pt:worse_label"))
    assert worse.label.tolist() == LABEL[::-1].tolist()
    assert worse.class_names == ("cat", "dog", "eel")
    assert worse.digest() != load_examples("set.npz").digest()

    np.save("short.npy", LABEL[:5])
    with pytest.raises(MismatchError, match="found 5 labels, expected 6, one for"):
        load_examples("set.npz", LoadOptions(labels="short.npy"))


def test_labels_belong_to_the_examples_that_the_file_names(folder):
    image = np.random.default_rng(2).integers(0, 256, (6, 4, 4), dtype=np.uint8)
    np.savez("set.npz", x=image, y=NAMES)
    (folder / "all.csv").write_text("example,label\n5,eel\n4,dog\n3,cat\n2,cat\n1,cat\n0,dog\n")
    examples = load_examples("set.npz", LoadOptions(labels="all.csv"))
    assert [examples.class_names[label] for label in examples.label] == [
        *("dog", "cat", "cat", "cat", "dog", "eel")
    ]


def test_labels_of_some_examples_leave_the_others_as_they_are(folder):
    for number, name in enumerate(NAMES):
        (folder / "set" / name).mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), number).save(folder / "set" / name / f"{number}.png")
    # A row without a label says nothing.
    (folder / "some.csv").write_text("filename,label\ndog/4.png,ant\ncat/0.png,dog\ndog/1.png,\n")
    examples = load_examples("set", LoadOptions(labels="some.csv"))
    names = [examples.class_names[label] for label in examples.label]
    assert names == ["dog", "dog", "ant", "dog", "eel", "eel"]
    assert "some.csv: labels of 2 examples of 6; the others keep theirs" in examples.notes


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("7,cat", "1 of 1 values of column example are not in the data set .the first: 7."),
        ("1,cat\n1,dog", "column example: 1 of 2 occur more than once"),
        ("1,cat\n,dog", "column example has nan in row 1, expected the number of an example"),
        ("1.5,cat\n,dog", "column example has 1.5 in row 0, expected the number"),
        ("1.5,cat\n2,dog", "column example has 1.5 in row 0, expected the number"),
        ("inf,cat\n2,dog", "column example has inf in row 0, expected the number"),
        ("1,8", "labels reach 8, expected names, or numbers of the 3 names of set"),
    ],
)
def test_labels_of_other_examples_are_refused(folder, rows, message):
    image = np.random.default_rng(2).integers(0, 256, (6, 4, 4), dtype=np.uint8)
    np.savez("set.npz", x=image, y=NAMES)
    (folder / "some.csv").write_text(f"example,label\n{rows}\n")
    with pytest.raises(CscoreDataError, match=message):
        load_examples("set.npz", LoadOptions(labels="some.csv"))


def test_a_column_with_texts_of_examples_numbers_nothing(folder):
    np.savez("set.npz", x=np.arange(6 * 16, dtype=np.uint8).reshape(6, 4, 4), y=LABEL)
    rows = "\n".join(f"a sentence,{label}" for label in LABEL)
    (folder / "texts.csv").write_text(f"example,label\n{rows}\n")
    examples = load_examples("set.npz", LoadOptions(labels="texts.csv"))
    assert examples.label.tolist() == LABEL.tolist()


def test_two_columns_of_one_name_are_refused(folder):
    (folder / "twice.csv").write_text("label,label\n1,2\n")
    with pytest.raises(InvalidInputError, match="found 2 columns named label; give each its own"):
        read_labels("twice.csv")


def test_names_in_a_file_are_those_of_the_set(folder):
    image = np.random.default_rng(2).integers(0, 256, (6, 4, 4), dtype=np.uint8)
    names = np.array(["eel", "dog", "cat"])
    np.savez("set.npz", x=image, y=LABEL, class_names=names)
    np.save("names.npy", NAMES)
    examples = load_examples("set.npz", LoadOptions(labels="names.npy"))
    assert examples.label.tolist() == [2, 1, 0, 0, 1, 1]
    assert examples.class_names == ("eel", "dog", "cat")
