"""Texts as features: their words and pairs of words, reduced to a few hundred numbers."""

import numpy as np

from cscore_data.errors import InvalidInputError

#: Features of a text, at most.
_DIMENSIONS = 256

#: Words and pairs that occur in fewer texts say nothing about others.
_LEAST_TEXTS = 2


def text_features(name: str, text: np.ndarray) -> np.ndarray:
    """Features of texts: TF-IDF of words and pairs of words, reduced by truncated SVD.

    A plain baseline that needs no download. The same texts in the same order have the same
    features, up to rounding.

    Parameters
    ----------
    name : str
        The data set, for messages.
    text : str (example,)

    Returns
    -------
    float32 (example, feature)
        At most 256 features; rows have length 1, or 0 if a text shares no word with another.

    Raises
    ------
    InvalidInputError
        If the texts have no words.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "red car", "green car"]
    >>> text_features("mine", np.array(texts)).shape
    (4, 4)
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    texts = [str(one) for one in text.tolist()]
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), min_df=_LEAST_TEXTS, sublinear_tf=True, dtype=np.float32
    )
    try:
        words = vectorizer.fit_transform(texts)
    except ValueError as error:
        # scikit-learn's messages are about its own parameters.
        raise InvalidInputError(
            f"{name}: no word occurs in {_LEAST_TEXTS} of the {len(texts)} texts, expected texts "
            "that share words; is this the column of texts?"
        ) from error
    # Few words need no reduction; their rows have length 1 already.
    if words.shape[1] <= _DIMENSIONS:
        return np.asarray(words.toarray(), np.float32)
    svd = TruncatedSVD(min(_DIMENSIONS, len(texts)), random_state=0)
    features: np.ndarray = normalize(svd.fit_transform(words)).astype(np.float32)
    return features
