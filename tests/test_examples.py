import gzip
import hashlib
import subprocess
import sys

import numpy as np
import pytest

from cscore_data import examples as module
from cscore_data.errors import InvalidInputError, MismatchError
from cscore_data.examples import Examples, check_same_examples, load_examples
from image_files import cifar10, cifar100, idx, npy, npz, tar_gz, write

RANDOM = np.random.default_rng(2)
IMAGE = RANDOM.integers(0, 256, (6, 4, 4), dtype=np.uint8)
LABEL = np.array([0, 1, 2, 2, 1, 0])


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


# ---- what is refused


@pytest.mark.parametrize(
    ("image", "label", "message"),
    [
        (IMAGE[:5], LABEL, "found 5 images and 6 labels"),
        (IMAGE, LABEL[:, None], "labels have shape"),
        (IMAGE, LABEL + 0.5, "labels have dtype float64, expected whole numbers"),
        (IMAGE, LABEL.astype(str), "labels have dtype"),
        (IMAGE, LABEL * 0, "found 1 class, expected at least 2"),
        (IMAGE, changed(LABEL, 3, 7), r"class 2 has a single example \(index 2\), 2 such class"),
        (IMAGE * 0 + 9, LABEL, "all 6 images are the same"),
        (changed(IMAGE / 255, (4, 0, 0), np.nan), LABEL, r"1 images hold NaN or infinite pixels \(the first: 4\)"),
        (changed(IMAGE / 255, (2, 0, 0), np.inf), LABEL, r"\(the first: 2\)"),
        (changed(IMAGE.astype(int), (0, 0, 0), 256), LABEL, r"whole-number pixels span \d+..256, expected 0..255"),
        (IMAGE.astype(int) - 256, LABEL, "whole-number pixels span -"),
        (IMAGE.astype(str), LABEL, "images have dtype"),
        (IMAGE * 1j, LABEL, "images have dtype complex128"),
        (IMAGE[:, 0, 0], LABEL, r"images have shape \(6,\)"),
        (IMAGE[:, :0], LABEL, r"images have shape \(6, 0, 4\)"),
        (IMAGE[:0], LABEL[:0], "images have shape"),
    ],
)
def test_examples_that_nothing_could_be_learned_from(image, label, message):
    with pytest.raises(InvalidInputError, match=f"^mine: .*{message}"):
        Examples("mine", image, label)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"class_names": ("a", "b")}, r"2 labels are not among its 2 classes \(the first: 2 of example 2\)"),
        ({"filename": np.array(list("abcde"))}, "5 different file names for 6 examples"),
        ({"filename": np.array(list("abcdea"))}, "5 different file names for 6 examples"),
    ],
)
def test_names_that_do_not_fit(names, message):
    with pytest.raises(InvalidInputError, match=message):
        Examples("mine", IMAGE, LABEL, **names)


def test_negative_labels_are_classes_only_without_names():
    assert Examples("mine", IMAGE, LABEL - 1).classes.tolist() == [-1, 0, 1]
    with pytest.raises(InvalidInputError, match=r"\(the first: -1 of example 0\), expected 0..2"):
        Examples("mine", IMAGE, LABEL - 1, class_names=("a", "b", "c"))


# ---- what is made of it


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (IMAGE.astype(np.int64), IMAGE),
        (IMAGE > 99, (IMAGE > 99) * np.uint8(255)),
        (IMAGE / 255, (IMAGE / 255).astype(np.float32)),
    ],
    ids=["int64", "bool", "float64"],
)
def test_pixels_become_uint8_or_float32(image, expected):
    found = Examples("mine", image, LABEL).image
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_labels_are_whole_numbers_of_any_kind():
    examples = Examples("mine", IMAGE, (LABEL * 10 - 5).astype(np.float64))
    assert examples.label.dtype == np.int64
    assert examples.classes.tolist() == [-5, 5, 15]
    assert examples.class_index().tolist() == LABEL.tolist()
    assert len(examples) == 6


def test_digest_is_of_pixels_and_labels_in_this_order():
    digest = Examples("mine", IMAGE, LABEL).digest()
    assert digest == Examples("other", np.asfortranarray(IMAGE), LABEL, class_names=("a", "b", "c")).digest()
    others = [
        Examples("mine", IMAGE[::-1], LABEL[::-1]),
        Examples("mine", IMAGE, LABEL[::-1] * 2),
        Examples("mine", changed(IMAGE, (0, 0, 0), IMAGE[0, 0, 0] ^ 1), LABEL),
        Examples("mine", IMAGE.reshape(6, 2, 8), LABEL),
        Examples("mine", IMAGE.astype(np.float32), LABEL),
    ]
    assert len({digest, *(other.digest() for other in others)}) == 6


def test_scores_of_other_examples_are_refused():
    examples = Examples("mine", IMAGE, LABEL)
    check_same_examples(examples, 6, label=LABEL, digest=examples.digest())
    check_same_examples(examples, 6)
    with pytest.raises(MismatchError, match="the scores are of 5 examples, mine has 6"):
        check_same_examples(examples, 5)
    with pytest.raises(
        MismatchError, match=r"4 of 6 labels differ .*example 0: 1 and 0, example 1: 2 and 1, example 4"
    ):
        check_same_examples(examples, 6, label=np.array([1, 2, 2, 2, 0, 1]))
    with pytest.raises(MismatchError, match="other images than mine"):
        check_same_examples(examples, 6, label=LABEL, digest="0" * 64)


# ---- data sets by name


def test_digits():
    digits = load_examples("digits")
    assert digits.image.shape == (1797, 8, 8)
    assert (digits.image.dtype, digits.image.max(), digits.order) == (np.uint8, 255, "original")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Put a file into the cache: ``cache("mnist", name, content)``; gives its SHA-256."""
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path))

    def put(folder, name, content):
        (tmp_path / folder).mkdir(exist_ok=True)
        write(tmp_path / folder / name, content)
        return hashlib.sha256(content).hexdigest()

    return put


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_sets_of_idx_files(cache, monkeypatch, name):
    contents = {
        "train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGE)),
        "train-labels-idx1-ubyte.gz": gzip.compress(idx(LABEL.astype(np.uint8))),
    }
    sha256 = {file: cache(name, file, content) for file, content in contents.items()}
    assert sha256.keys() == module._IDX_SHA256[name].keys()
    monkeypatch.setitem(module._IDX_SHA256, name, sha256)
    examples = load_examples(name)
    np.testing.assert_array_equal(examples.image, IMAGE)
    np.testing.assert_array_equal(examples.label, LABEL)
    assert (examples.name, examples.order) == (name, "original")
    assert examples.class_names[-1:] == (("Ankle boot",) if name == "fashion_mnist" else ())


CIFAR = {"cifar10": (cifar10, "CIFAR10", 2, 10), "cifar100": (cifar100, "CIFAR100", 10, 100)}


@pytest.mark.parametrize("name", CIFAR)
def test_sets_of_cifar_archives(cache, monkeypatch, name):
    members, constant, records, classes = CIFAR[name]
    image = RANDOM.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
    label = np.arange(10) % 5 + classes - 5
    file = f"{name.replace('cifar', 'cifar-')}-binary.tar.gz"
    monkeypatch.setattr(module, f"_{constant}_SHA256", cache(name, file, tar_gz(members(image, label))))
    monkeypatch.setattr(module, constant, getattr(module, constant)._replace(records=records))
    examples = load_examples(name)
    np.testing.assert_array_equal(examples.image, image)
    np.testing.assert_array_equal(examples.label, label)
    assert (examples.name, examples.order, len(examples.class_names)) == (name, "original", classes)
    monkeypatch.setattr(module, f"_{constant}_SHA256", cache(name, file, tar_gz(members(image, label + 1))))
    with pytest.raises(InvalidInputError, match=f"2 labels are not among its {classes} classes"):
        load_examples(name)


def test_an_npz_file(tmp_path):
    path = npz(tmp_path / "my set.npz", x=npy(IMAGE), y=npy(LABEL))
    examples = load_examples(path)
    np.testing.assert_array_equal(examples.image, IMAGE)
    assert (examples.name, examples.order) == (path, "original")


@pytest.mark.parametrize(
    "name", ["", "Digits", "mnist2", "a.npy", "a.npz:x:y", "a.parquet:img", "a.parquet:a:b:c", "a.parquet::", "tfds:"]
)
def test_unknown_sets_are_refused_with_what_there_is(name):
    message = (
        r"expected one of digits, mnist, fashion_mnist, cifar10, cifar100, tfds:NAME\[/CONFIG\]\[:VERSION\], PATH.npz, "
        r"PATH.parquet\[:IMAGE:LABEL\]"
    )
    with pytest.raises(InvalidInputError, match=message):
        load_examples(name)


def test_real_mnist(real_data):
    if not (real_data / "mnist" / "train-images-idx3-ubyte.gz").exists():
        pytest.skip("no MNIST there")
    mnist = load_examples("mnist")
    assert mnist.image.shape == (60_000, 28, 28)
    assert mnist.label[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(mnist.label).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert mnist.image.mean() / 255 == pytest.approx(0.1307, abs=1e-4)


def test_importing_loads_no_reader_of_any_format():
    code = "import sys, cscore_data.examples; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert not {"tensorflow", "tensorflow_datasets", "pyarrow", "sklearn", "PIL", "pooch", "requests"} & set(loaded)
