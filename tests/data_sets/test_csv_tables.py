import numpy as np
import pytest

from cscore_data.data.csv_tables import read_csv_examples
from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples, short_name
from cscore_data.errors import InvalidInputError

KIND = LoadOptions(label="kind")


@pytest.fixture
def csv(tmp_path):
    """Write a csv file: ``csv("a,b\\n1,2\\n")``; gives its path."""

    def write(text, name="animals.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return str(path)

    return write


ROWS = "height,legs,kind\n0.25,4,cat\n0.5,2,duck\n0.75,4,cat\n1,2,duck\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(("name", "start"), [("a.csv", ""), ("a.tsv", "\ufeff")])
def test_numbers_are_features_and_names_are_classes(csv, delimiter, name, start):
    path = csv(start + ROWS.replace(",", delimiter), name)
    examples = load_examples(path, KIND)
    assert examples.image.tolist() == [[0.25, 4], [0.5, 2], [0.75, 4], [1, 2]]
    assert examples.image.dtype == np.float32
    assert examples.label.tolist() == [0, 1, 0, 1]
    assert examples.class_names == ("cat", "duck")
    assert (examples.notes, examples.index, examples.options) == ((), None, KIND)
    assert short_name(path) == "a"


def test_the_column_of_labels_is_found_by_its_name(csv):
    assert load_examples(csv("a,target\n1,5\n2,6\n3,5\n")).label.tolist() == [5, 6, 5]
    two = csv("class,label,x\n1,5,2\n1,6,3\n2,5,4\n")
    assert load_examples(two).label.tolist() == [5, 6, 5]


def test_types_are_those_of_the_whole_column(csv):
    rows = [f"{row},{row % 2}\n" for row in range(200_000)]
    path = csv("a,label\n" + "".join(rows) + "0.5,1\n")
    assert read_csv_examples(path).image[-1, 0] == 0.5


def test_what_is_no_feature_is_left_out_and_said(csv):
    path = csv(",same,a,kind\n1,7,1,x\n0,7,2,y\n3,7,4,x\n2,7,8,y\n")
    examples = load_examples(path, KIND)
    assert examples.image.ravel().tolist() == [1, 2, 4, 8]
    assert examples.notes == (
        "left out, row numbers: (without a name)",
        "left out, constant: same",
    )


def test_bools_are_features_and_classes(csv):
    examples = load_examples(csv("wet,label\ntrue,false\nfalse,true\ntrue,true\n"))
    assert examples.image.ravel().tolist() == [1, 0, 1]
    assert examples.class_names == ("False", "True")


def test_rows_without_a_label_are_left_out_on_request(csv):
    path = csv("a,kind\n1,x\n2,\n3,y\n4,x\n")
    with pytest.raises(InvalidInputError, match=r"1 of 4 examples .*the first: example 1"):
        load_examples(path, KIND)
    examples = load_examples(path, LoadOptions(label="kind", drop_unlabelled=True))
    assert examples.image.ravel().tolist() == [1, 3, 4]
    assert examples.index.tolist() == [0, 2, 3]
    assert "1 unlabelled example of 4 left out" in examples.notes


def test_texts_become_features(csv):
    path = csv(
        'id,question,kind\n0,"red, or\nyellow apple",fruit\n1,yellow car,thing\n'
        "2,red car,thing\n3,red yellow apple,fruit\n4,,thing\n"
    )
    examples = load_examples(path, LoadOptions(label="kind", text="question"))
    assert examples.text[0] == "red, or\nyellow apple"
    assert examples.image.shape[0] == 5
    assert "1 row has no text in column question" in examples.notes
    lengths = np.linalg.norm(examples.image, axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 1, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", KIND, "the file is empty"),
        ("1,2,3\n4,5,6\n", KIND, "the first line is '1,2,3', expected names of columns"),
        ("a,kind\n", KIND, "the table has no rows"),
        ("a,b\n1,2\n", KIND, r"no column named kind among a \(int64\), b \(int64\); give --label"),
        ("a,b\n1,2\n", LoadOptions(), r"found columns a \(int64\), b \(int64\); say with --label"),
        ("a,kind\n1,x\n2,y,z\n", KIND, "not a readable csv file"),
        ("a,a,kind\n1,2,x\n2,3,y\n", KIND, "several columns are named 'a'"),
        ("n,town,a,kind\nx,y,1,p\nx,y,2,q\n", KIND, "found string in n, town, expected numbers"),
        ("day,kind\n2020-01-01,p\n2020-01-02,q\n", KIND, "found date32.* in day, expected numbers"),
        ("a,b,kind\n1,2,x\n2,,y\n,3,x\n", KIND, r"column 'a' has no finite .*the first: row 2"),
        ("a,b,kind\n1,2,x\n2,nan,y\n,3,x\n", KIND, "column 'a'"),
        ("a,b,kind\n1,1e39,x\n2,0,y\n", KIND, r"column 'b' has no finite number in 1 of 2 rows"),
        ("a,b,kind\n1,,x\n1,,y\n", KIND, "column 'b' has no finite number in 2 of 2 rows"),
        ("a,b,kind\n1,5,x\n1,5,y\n", KIND, "found no features in a, b, expected numbers that"),
        ("a,kind\n1,x\n2,y\n3,z\n", KIND, "all 3 labels are different, like those of an id"),
        ("a,kind\n1,0.5\n2,0.25\n3,0.5\n", KIND, "what is to be predicted must be classes"),
        ("a,kind\n1,x\n2,x\n", KIND, "found 1 class, expected at least 2"),
        (
            "a,kind\n1,x\n2,y\n",
            LoadOptions(label="kind", text="a"),
            "column a holds int64, expected",
        ),
        ("a,kind\n1,x\n2,y\n", LoadOptions(label="kind", text="b"), "no column named b among"),
        ("t,kind\nred,x\nblue,y\n", LoadOptions(label="kind", text="t"), "no word occurs in 2 of"),
    ],
)
def test_tables_that_cannot_be_used(csv, text, options, message):
    path = csv(text)
    with pytest.raises(InvalidInputError, match=message) as refused:
        load_examples(path, options)
    assert str(refused.value).startswith(path)


def test_files_that_are_no_csv_are_refused(csv, tmp_path):
    with pytest.raises(InvalidInputError, match="no such file"):
        load_examples(str(tmp_path / "none.csv"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load_examples(str(tmp_path / "folder.csv"))
    with pytest.raises(InvalidInputError, match="column kind is not in UTF-8"):
        load_examples(csv("a,kind\n1,café\n2,the\n", encoding="latin-1"), KIND)
