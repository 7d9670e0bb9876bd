"""What stands for a data set: a name, or a file."""

import numpy as np
import pytest

from cscore_data.data.sources import load_examples
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
        r"tfds:NAME\[/CONFIG\]\[:VERSION\], PATH.npz, PATH.parquet\[:IMAGE:LABEL\]"
    )
    with pytest.raises(InvalidInputError, match=message):
        load_examples(name)
