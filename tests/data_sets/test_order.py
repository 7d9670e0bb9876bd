import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.data import order
from cscore_data.errors import InvalidInputError

MNIST_TRAIN = [16399, 1680, 47917, 17307, 27051, 54784, 50543, 48736, 26263, 1456]


def tfds_order(keys, split):
    """The plain twin: as TFDS itself does it, one key at a time, with a number of 128 bits."""

    def number(key):
        text = key if isinstance(key, bytes) else str(key).replace("\\", "/").encode()
        return int(hashlib.md5(split.encode() + text).hexdigest(), 16)

    return sorted(range(len(keys)), key=lambda index: number(keys[index]))


def test_mnist_is_in_the_order_that_tfds_was_seen_to_give_it():
    permutation = order.tfds_permutation(60_000)
    assert permutation[:10].tolist() == MNIST_TRAIN
    assert permutation.dtype == np.int64
    assert np.array_equal(np.sort(permutation), np.arange(60_000))


@given(
    st.lists(st.integers(0, 10**9) | st.text() | st.binary(), max_size=30),
    st.sampled_from(["train", "test"]),
)
@settings(max_examples=50, deadline=None)
def test_order_is_that_of_tfds(keys, split):
    keys = list(
        {
            (str(key).replace("\\", "/").encode() if not isinstance(key, bytes) else key): key
            for key in keys
        }.values()
    )
    assert order.tfds_permutation(keys, split=split).tolist() == tfds_order(keys, split)


@pytest.mark.parametrize(
    "keys",
    [
        [f"{number}" for number in range(50)],
        [b"%d" % number for number in range(50)],
        np.arange(50),
        np.arange(50, dtype=np.uint8),
        [np.int32(number) for number in range(50)],
        np.array([f"{number}" for number in range(50)]),
        np.array([f"{number}" for number in range(50)]).astype("S"),
        np.array([f"{number}" for number in range(50)], np.dtypes.StringDType()),
        range(50),
    ],
    ids=lambda keys: f"{type(keys).__name__} of {getattr(keys, 'dtype', type(keys[0]).__name__)}",
)
def test_a_key_counts_by_its_text(keys):
    assert order.tfds_permutation(keys).tolist() == order.tfds_permutation(50).tolist()


def test_splits_differ_and_windows_paths_do_not():
    assert order.tfds_permutation(50, split="test").tolist() != order.tfds_permutation(50).tolist()
    paths = [f"a\\{number}" for number in range(50)]
    assert np.array_equal(
        order.tfds_permutation(paths),
        order.tfds_permutation([path.replace("\\", "/") for path in paths]),
    )


@pytest.mark.parametrize("examples", [0, 1, 2])
def test_small_splits(examples):
    assert sorted(order.tfds_permutation(examples)) == list(range(examples))


def test_keys_that_tfds_would_refuse():
    with pytest.raises(InvalidInputError, match=r"1 of 3 occur more than once, among them 'b'"):
        order.tfds_permutation(["b", "a", "b"])
    with pytest.raises(InvalidInputError, match=r"found 0\.5 of type float"):
        order.tfds_permutation([0.5])
    with pytest.raises(InvalidInputError, match="found 2 for 3 values"):
        order.to_tfds(np.zeros(3), keys=["a", "b"])


@given(st.integers(0, 60), st.data())
@settings(max_examples=30, deadline=None)
def test_there_and_back_is_exact(examples, data):
    values = np.random.default_rng(examples).random((examples, 2))
    keys = data.draw(st.none() | st.just([f"n{number}.JPEG" for number in range(examples)]))
    there = order.to_tfds(values, keys=keys)
    assert np.array_equal(order.to_original(there, keys=keys), values)
    assert np.array_equal(order.to_tfds(order.to_original(values, keys=keys), keys=keys), values)
    assert np.array_equal(there, values[tfds_order(keys or range(examples), "train")])


def test_by_id():
    index = np.random.default_rng(0).permutation(100)
    ids = [f"train_{number:05d}" for number in index]
    for given_ids in (
        ids,
        np.array(ids),
        [text.encode() for text in ids],
        np.array(ids).astype("S"),
    ):
        assert np.array_equal(order.id_index(given_ids), index)
        assert np.array_equal(order.to_original(index * 0.5, ids=given_ids), np.arange(100) * 0.5)
    assert order.id_index(["train_00042"]).tolist() == [42]
    assert order.id_index([]).tolist() == []


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["train_00001", "00000"], "found '00000', expected train_NUMBER"),
        (["1", "0"], "found '1', expected SPLIT_NUMBER"),
        (["train_00000", "test_00001"], "found 'test_00001', expected train_NUMBER"),
        (["train_00001", "train_1"], "1 of 2 occur more than once .'train_00001'"),
        (["train_00000", "train_00002"], r"1 of the numbers 0..1 are missing .the first: 1."),
        (["train_00000"], "found 1 for 2 values"),
        (["train_00000", f"train_{'9' * 30}"], "found 'train_999"),
    ],
)
def test_ids_that_do_not_say_where_values_belong(ids, message):
    with pytest.raises(InvalidInputError, match=message):
        order.to_original([0.1, 0.2], ids=ids)
