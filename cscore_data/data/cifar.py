"""Reader of the binary archives of CIFAR-10 and CIFAR-100."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cscore_data.data.archives import read_members
from cscore_data.data.raw_examples import RawExamples
from cscore_data.errors import InvalidInputError

#: Each image is stored as (channel, height, width).
_IMAGE_SHAPE = (3, 32, 32)

#: Bytes of the file of class names that are looked at.
_NAMES_LIMIT = 1 << 16


class CifarLayout(NamedTuple):
    """Where things are in a binary archive of CIFAR.

    Attributes
    ----------
    batches : tuple of str
        Members with the images of a split, in order.
    records_per_batch : int
        Images in each of them.
    label_bytes : int
        Number of labels in front of each image, of one byte each; the last one is the class.
    names : str
        Member with the name of one class per line.
    classes : int
    unpacked_limit : int
        Bytes that the archive may unpack to; both real ones unpack to 184 MB.
    """

    batches: tuple[str, ...]
    records_per_batch: int
    label_bytes: int
    names: str
    classes: int
    unpacked_limit: int = 256 << 20


CIFAR10_LAYOUT = CifarLayout(
    batches=(
        "cifar-10-batches-bin/data_batch_1.bin",
        "cifar-10-batches-bin/data_batch_2.bin",
        "cifar-10-batches-bin/data_batch_3.bin",
        "cifar-10-batches-bin/data_batch_4.bin",
        "cifar-10-batches-bin/data_batch_5.bin",
    ),
    records_per_batch=10_000,
    label_bytes=1,
    names="cifar-10-batches-bin/batches.meta.txt",
    classes=10,
)

CIFAR100_LAYOUT = CifarLayout(
    batches=("cifar-100-binary/train.bin",),
    records_per_batch=50_000,
    # The coarse label, then the fine one.
    label_bytes=2,
    names="cifar-100-binary/fine_label_names.txt",
    classes=100,
)

CIFAR10_TEST_LAYOUT = CIFAR10_LAYOUT._replace(batches=("cifar-10-batches-bin/test_batch.bin",))

CIFAR100_TEST_LAYOUT = CIFAR100_LAYOUT._replace(
    batches=("cifar-100-binary/test.bin",), records_per_batch=10_000
)


def read_cifar(path: str | Path, layout: CifarLayout) -> RawExamples:
    """Read the images of one split from a binary archive (tar.gz) of CIFAR-10 or CIFAR-100.

    Parameters
    ----------
    path : path
    layout : CifarLayout
        Such as `CIFAR10_LAYOUT`, of the training images.

    Returns
    -------
    RawExamples
        `image` uint8 (example, 32, 32, 3) and `label` uint8 (example,), in the order of the file;
        `class_names`.

    Raises
    ------
    InvalidInputError
        If the archive is damaged, or if a member is missing, occurs twice, is not a plain file or
        has another size than expected.

    Notes
    -----
    Briefly takes 0.5 GB of memory: the unpacked archive, its records and the images.

    Examples
    --------
    An archive laid out as that of CIFAR-10, of a single black image of class 1:

    >>> import io
    >>> import tarfile
    >>> from tempfile import TemporaryDirectory
    >>> members = {"batch.bin": bytes([1]) + bytes(3 * 32 * 32), "names.txt": b"cat dog"}
    >>> layout = CifarLayout(
    ...     ("batch.bin",), records_per_batch=1, label_bytes=1, names="names.txt", classes=2
    ... )
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "tiny.tar.gz")
    ...     with tarfile.open(path, "w:gz") as archive:
    ...         for name, content in members.items():
    ...             member = tarfile.TarInfo(name)
    ...             member.size = len(content)
    ...             archive.addfile(member, io.BytesIO(content))
    ...     examples = read_cifar(path, layout)
    >>> examples.image.shape, examples.label.tolist(), examples.class_names
    ((1, 32, 32, 3), [1], ('cat', 'dog'))
    """
    members = read_members(path, (*layout.batches, layout.names), limit=layout.unpacked_limit)

    # The names of the classes.
    text = str(members[layout.names][:_NAMES_LIMIT], "ascii", "replace")
    class_names = tuple(text.split())
    if len(class_names) != layout.classes:
        raise InvalidInputError(
            f"{path}: {layout.names} has {len(class_names)} names, expected {layout.classes}"
        )

    # The records: labels, then the pixels, one channel after the other.
    record_size = layout.label_bytes + math.prod(_IMAGE_SHAPE)
    batches = []
    for name in layout.batches:
        batch = np.frombuffer(members[name], np.uint8)
        if batch.size != layout.records_per_batch * record_size:
            raise InvalidInputError(
                f"{path}: {name} has {batch.size} bytes, expected {layout.records_per_batch} "
                f"records of {record_size} bytes"
            )
        batches.append(batch)
    records = np.concatenate(batches).reshape(-1, record_size)

    label = records[:, layout.label_bytes - 1]
    channels_first = records[:, layout.label_bytes :].reshape(-1, *_IMAGE_SHAPE)
    image = np.ascontiguousarray(channels_first.transpose(0, 2, 3, 1))
    return RawExamples(image, label, class_names)
