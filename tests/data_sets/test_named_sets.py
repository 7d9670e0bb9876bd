"""Data sets that are known by name."""

import gzip
import hashlib
from dataclasses import replace

import numpy as np
import pytest

from cscore_data.data import named_sets
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError
from image_files import cifar10, cifar100, idx, tar_gz, write

RANDOM = np.random.default_rng(2)
IMAGE = RANDOM.integers(0, 256, (6, 4, 4), dtype=np.uint8)
LABEL = np.array([0, 1, 2, 2, 1, 0])


def test_digits():
    digits = load_examples("digits")
    assert digits.image.shape == (1797, 8, 8)
    assert (digits.image.dtype, digits.image.max(), digits.order) == (np.uint8, 255, "original")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Put content into the cache in place of a remote file; gives that file with its new hash."""
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path))

    def put(file, content):
        (tmp_path / file.folder).mkdir(exist_ok=True)
        write(tmp_path / file.folder / file.name, content)
        return replace(file, sha256=hashlib.sha256(content).hexdigest())

    return put


@pytest.fixture
def register(monkeypatch):
    """Replace the reader of a named set."""

    def register(name, read):
        entry = named_sets.NAMED_SETS[name]._replace(read=read)
        monkeypatch.setitem(named_sets.NAMED_SETS, name, entry)

    return register


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_sets_of_idx_files(cache, register, name):
    published = {"mnist": named_sets.MNIST, "fashion_mnist": named_sets.FASHION_MNIST}[name]
    small = replace(
        published,
        image=cache(published.image, gzip.compress(idx(IMAGE))),
        label=cache(published.label, gzip.compress(idx(LABEL.astype(np.uint8)))),
    )
    register(name, small.read)
    examples = load_examples(name)
    np.testing.assert_array_equal(examples.image, IMAGE)
    np.testing.assert_array_equal(examples.label, LABEL)
    assert (examples.name, examples.order) == (name, "original")
    last = ("Ankle boot",) if name == "fashion_mnist" else ()
    assert examples.class_names[-1:] == last


CIFAR = {
    "cifar10": (named_sets.CIFAR10, cifar10, 2, 10),
    "cifar100": (named_sets.CIFAR100, cifar100, 10, 100),
}


@pytest.mark.parametrize("name", CIFAR)
def test_sets_of_cifar_archives(cache, register, name):
    published, members, records, classes = CIFAR[name]
    image = RANDOM.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
    label = np.arange(10) % 5 + classes - 5
    layout = published.layout._replace(records_per_batch=records)

    def publish(label):
        archive = cache(published.archive, tar_gz(members(image, label)))
        small = replace(published, archive=archive, layout=layout)
        register(name, small.read)

    publish(label)
    examples = load_examples(name)
    np.testing.assert_array_equal(examples.image, image)
    np.testing.assert_array_equal(examples.label, label)
    assert (examples.name, examples.order) == (name, "original")
    assert len(examples.class_names) == classes
    publish(label + 1)
    with pytest.raises(InvalidInputError, match=f"2 labels are not among its {classes} classes"):
        load_examples(name)


def test_remote_files_are_named_as_in_the_cache():
    files = [named_sets.MNIST.image, named_sets.MNIST.label, named_sets.FASHION_MNIST.image]
    files += [
        named_sets.FASHION_MNIST.label,
        named_sets.CIFAR10.archive,
        named_sets.CIFAR100.archive,
    ]
    assert [f"{file.folder}/{file.name}" for file in files] == [
        "mnist/train-images-idx3-ubyte.gz",
        "mnist/train-labels-idx1-ubyte.gz",
        "fashion_mnist/train-images-idx3-ubyte.gz",
        "fashion_mnist/train-labels-idx1-ubyte.gz",
        "cifar10/cifar-10-binary.tar.gz",
        "cifar100/cifar-100-binary.tar.gz",
    ]
    assert len({file.sha256 for file in files}) == 6


def test_labels_of_mnist_are_there_only_if_they_are_in_the_cache(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path))
    mnist = named_sets.MNIST
    assert mnist.cached_label() is None
    label = cache(mnist.label, gzip.compress(idx(LABEL.astype(np.uint8))))
    assert mnist.cached_label() is None  # not the published ones
    found = replace(mnist, label=label).cached_label()
    assert found.dtype == np.int64
    assert found.tolist() == LABEL.tolist()


def test_real_mnist(real_data):
    if not (real_data / "mnist" / "train-images-idx3-ubyte.gz").exists():
        pytest.skip("no MNIST there")
    mnist = load_examples("mnist")
    assert mnist.image.shape == (60_000, 28, 28)
    assert mnist.label[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(mnist.label).tolist() == [
        5923,
        6742,
        5958,
        6131,
        5842,
        5421,
        5918,
        6265,
        5851,
        5949,
    ]
    assert mnist.image.mean() / 255 == pytest.approx(0.1307, abs=1e-4)
