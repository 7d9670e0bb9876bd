import json

import numpy as np
import pytest

from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError

KIND = np.array([0, 1, 0, 1])


@pytest.fixture
def parquet(tmp_path):
    """Write columns to a parquet file; gives its path."""
    import pyarrow
    from pyarrow.parquet import write_table

    def write(*, metadata=None, **columns):
        table = pyarrow.table(columns).replace_schema_metadata(metadata)
        write_table(table, tmp_path / "a.parquet", row_group_size=3)
        return str(tmp_path / "a.parquet")

    return write


def lists(values, kind):
    """A column of lists of floats, of one of the types that arrow has for them."""
    import pyarrow

    if kind == "fixed":
        return pyarrow.array(values, pyarrow.list_(pyarrow.float32(), len(values[0])))
    if kind == "large":
        return pyarrow.array(values, pyarrow.large_list(pyarrow.float64()))
    return pyarrow.array(values)


EMBEDDING = [[0.5, 1.0], [0.25, 2.0], [0.5, 3.0], [0.75, 4.0]]


@pytest.mark.parametrize("kind", ["list", "large", "fixed"])
def test_lists_of_numbers_are_embeddings(parquet, kind):
    path = parquet(question=list("abcd"), embedding=lists(EMBEDDING, kind), label=KIND)
    examples = load_examples(path)
    np.testing.assert_array_equal(examples.image, np.array(EMBEDDING, np.float32))
    assert examples.notes == ("left out, not numbers: question",)


def test_class_names_come_from_the_metadata_of_features_too(parquet):
    features = {"kind": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    path = parquet(a=np.arange(4.0) ** 2, kind=KIND, metadata=metadata)
    assert load_examples(path, LoadOptions(label="kind")).class_names == ("cat", "dog")
    unlabelled = parquet(a=np.arange(4.0) ** 2, kind=[0, 1, -1, 1], metadata=metadata)
    with pytest.raises(InvalidInputError, match=r"-1 of example 2.*--drop-unlabelled"):
        load_examples(unlabelled, LoadOptions(label="kind"))
    left = load_examples(unlabelled, LoadOptions(label="kind", drop_unlabelled=True))
    assert left.index.tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([[1.0, 2.0], [3.0], [4.0, 5.0], [6.0, 7.0]], "lists of 2 numbers, and of 1 in row 1"),
        ([[1.0, 2.0], None, [4.0, 5.0], [6.0, 7.0]], r"'e' has no .* \(the first: row 1\)"),
        ([[1.0, 2.0], [4.0, 5.0], [6.0, None], [6.0, 7.0]], r"'e' has no .* \(the first: row 2\)"),
        ([["a"], ["b"], ["c"], ["d"]], "found list<.*string> in e, expected numbers or lists"),
    ],
)
def test_lists_that_are_no_embeddings_are_refused(parquet, column, message):
    with pytest.raises(InvalidInputError, match=message):
        load_examples(parquet(e=column, label=KIND))


@pytest.mark.parametrize(
    "kind",
    [
        ["b", "a", "b", "a"],
        [True, False, True, False],
        [[0, 1], [1, 0], [0, 1], [1, 0]],
        np.array([1.0, 0.0, 1.0, 0.0]),
    ],
    ids=["texts", "bools", "one-hot", "floats"],
)
def test_labels_of_any_type(parquet, kind):
    examples = load_examples(parquet(a=np.arange(4.0) ** 2, label=kind))
    assert examples.label.tolist() == [1, 0, 1, 0]


def test_categories_are_labels(parquet):
    import pyarrow

    kind = pyarrow.array(["b", "a", "b", "a"]).dictionary_encode()
    assert load_examples(parquet(a=np.arange(4.0) ** 2, label=kind)).class_names == ("a", "b")


def test_labels_may_be_given_twice_only_if_they_agree(parquet):
    path = parquet(a=np.arange(4.0) ** 2, label=KIND)
    with pytest.raises(InvalidInputError, match="given twice, label and kind"):
        load_examples(f"{path}:a:label", LoadOptions(label="kind"))
