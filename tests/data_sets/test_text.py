import numpy as np
import pytest

from cscore_data.data.text import text_features
from cscore_data.errors import InvalidInputError

TEXTS = np.array(["Red apple", "red APPLE pie", "green car", "a green car", "blue whale"])


def test_texts_with_the_same_words_have_the_same_features():
    features = text_features("mine", TEXTS)
    assert features.dtype == np.float32
    products = features @ features.T
    np.testing.assert_allclose(products[0, 1], 1, atol=1e-5)
    np.testing.assert_allclose(products[2, 3], 1, atol=1e-5)
    np.testing.assert_allclose(products[0, 2:], 0, atol=1e-5)
    # "blue whale" shares no word with another text.
    np.testing.assert_allclose(products[4], 0, atol=1e-5)


def test_many_words_are_reduced():
    random = np.random.default_rng(0)
    words = np.array([f"word{number}" for number in range(300)])
    texts = np.array([" ".join(random.choice(words, 20)) for _ in range(90)])
    features = text_features("mine", texts)
    assert features.shape == (90, 90)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(features, text_features("mine", texts))


def test_features_are_the_same_each_time():
    np.testing.assert_array_equal(text_features("mine", TEXTS), text_features("mine", TEXTS))


def test_one_shared_word_is_enough():
    assert text_features("mine", np.array(["red one", "red two"])).tolist() == [[1], [1]]


@pytest.mark.parametrize("texts", [["", ""], ["one", "two"], ["a", "a"], ["?", "!"]])
def test_texts_that_share_no_word_are_refused(texts):
    with pytest.raises(InvalidInputError, match="mine: no word occurs in 2 of the 2 texts"):
        text_features("mine", np.array(texts))
