"""The data sets that are known by name: where their files are, and with which hashes."""

from collections.abc import Callable
from typing import NamedTuple

from cscore_data.data.cifar import (
    CIFAR10_LAYOUT,
    CIFAR10_TEST_LAYOUT,
    CIFAR100_LAYOUT,
    CIFAR100_TEST_LAYOUT,
)
from cscore_data.data.digits import read_digits
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.remote_sets import CifarSet, IdxSet, RemoteFile

_MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
_FASHION_MNIST_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_CIFAR_URL = "https://www.cs.toronto.edu/~kriz/"

MNIST = IdxSet(
    image=RemoteFile(
        folder="mnist",
        url=_MNIST_URL + "train-images-idx3-ubyte.gz",
        sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    label=RemoteFile(
        folder="mnist",
        url=_MNIST_URL + "train-labels-idx1-ubyte.gz",
        sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
)

MNIST_TEST = IdxSet(
    image=RemoteFile(
        folder="mnist",
        url=_MNIST_URL + "t10k-images-idx3-ubyte.gz",
        sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    label=RemoteFile(
        folder="mnist",
        url=_MNIST_URL + "t10k-labels-idx1-ubyte.gz",
        sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)

FASHION_MNIST = IdxSet(
    image=RemoteFile(
        folder="fashion_mnist",
        url=_FASHION_MNIST_URL + "train-images-idx3-ubyte.gz",
        sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ),
    label=RemoteFile(
        folder="fashion_mnist",
        url=_FASHION_MNIST_URL + "train-labels-idx1-ubyte.gz",
        sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ),
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
)

FASHION_MNIST_TEST = IdxSet(
    image=RemoteFile(
        folder="fashion_mnist",
        url=_FASHION_MNIST_URL + "t10k-images-idx3-ubyte.gz",
        sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    ),
    label=RemoteFile(
        folder="fashion_mnist",
        url=_FASHION_MNIST_URL + "t10k-labels-idx1-ubyte.gz",
        sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
    class_names=FASHION_MNIST.class_names,
)

CIFAR10 = CifarSet(
    archive=RemoteFile(
        folder="cifar10",
        url=_CIFAR_URL + "cifar-10-binary.tar.gz",
        sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
    layout=CIFAR10_LAYOUT,
)

CIFAR100 = CifarSet(
    archive=RemoteFile(
        folder="cifar100",
        url=_CIFAR_URL + "cifar-100-binary.tar.gz",
        sha256="58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    ),
    layout=CIFAR100_LAYOUT,
)

#: The same archives.
CIFAR10_TEST = CifarSet(CIFAR10.archive, CIFAR10_TEST_LAYOUT)
CIFAR100_TEST = CifarSet(CIFAR100.archive, CIFAR100_TEST_LAYOUT)


class NamedSet(NamedTuple):
    """A data set that is known by name.

    Attributes
    ----------
    meaning : str
        One phrase for help texts.
    read : callable
        Reads the training examples in original order.
    tfds_name : str, optional
        Its name in TensorFlow Datasets, if that keys each example by its index in the original
        files, so that `tfds.read_tfds` can restore the original order.
    read_test : callable, optional
        Reads the test examples in original order, if there is a test split.
    """

    meaning: str
    read: Callable[[], RawExamples]
    tfds_name: str | None = None
    read_test: Callable[[], RawExamples] | None = None


#: The data sets by name. To add a data set, add an entry: help texts and messages follow from it.
NAMED_SETS = {
    "digits": NamedSet("1,797 handwritten digits, part of scikit-learn", read_digits),
    "mnist": NamedSet("60,000 handwritten digits", MNIST.read, "mnist", MNIST_TEST.read),
    "fashion_mnist": NamedSet(
        "60,000 images of clothes", FASHION_MNIST.read, "fashion_mnist", FASHION_MNIST_TEST.read
    ),
    "cifar10": NamedSet(
        "50,000 colour images in 10 classes", CIFAR10.read, "cifar10", CIFAR10_TEST.read
    ),
    "cifar100": NamedSet(
        "50,000 colour images in 100 classes", CIFAR100.read, "cifar100", CIFAR100_TEST.read
    ),
}
