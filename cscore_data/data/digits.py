"""Reader of the handwritten digits that are part of scikit-learn."""

import importlib.util
from pathlib import Path

import numpy as np

from cscore_data.data.raw_examples import RawExamples

#: Where scikit-learn keeps them: pixels, row by row, and the class.
_FILE = "datasets/data/digits.csv.gz"


def read_digits() -> RawExamples:
    """Read the 1,797 digits: `image` uint8 (example, 8, 8), `label` int64 (example,).

    Examples
    --------
    >>> digits = read_digits()
    >>> digits.image.shape, digits.image.max()
    ((1797, 8, 8), np.uint8(255))
    """
    pixels, label = _ink_and_label()
    # The ink is 0..16.
    image = np.rint(pixels.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    return RawExamples(image, label)


def _ink_and_label() -> tuple[np.ndarray, np.ndarray]:
    # From the file: importing scikit-learn takes half a second.
    package = importlib.util.find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        file = Path(folder) / _FILE
        if file.exists():
            table = np.loadtxt(file, np.int64, delimiter=",")
            return table[:, :-1], table[:, -1]

    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images, digits.target
