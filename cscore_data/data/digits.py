"""Reader of the handwritten digits that are part of scikit-learn."""

import numpy as np

from cscore_data.data.raw_examples import RawExamples


def read_digits() -> RawExamples:
    """Read the 1,797 digits: `image` uint8 (example, 8, 8), `label` int64 (example,).

    Examples
    --------
    >>> digits = read_digits()
    >>> digits.image.shape, digits.image.max()
    ((1797, 8, 8), np.uint8(255))
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    # Their ink is 0..16.
    image = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    return RawExamples(image, digits.target)
