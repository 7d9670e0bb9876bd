import gzip
import tarfile
import tracemalloc

import numpy as np
import pytest

from cscore_data.data.cifar import CIFAR10_LAYOUT, CIFAR100_LAYOUT, CifarLayout, read_cifar
from cscore_data.errors import InvalidInputError
from image_files import cifar10, cifar100, link, tar_gz, write

TINY = CifarLayout(("d/a.bin",), records_per_batch=1, label_bytes=1, names="d/n.txt", classes=2)
LAYOUT10 = CIFAR10_LAYOUT._replace(records_per_batch=2)
LAYOUT100 = CIFAR100_LAYOUT._replace(records_per_batch=4)
IMAGE = np.random.default_rng(5).integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
LABEL = np.array([6, 9, 9, 4, 1, 1, 2, 7, 8, 3])


def test_cifar10_is_read_in_original_order(tmp_path):
    found = read_cifar(write(tmp_path / "a.tar.gz", tar_gz(cifar10(IMAGE, LABEL))), LAYOUT10)
    assert found.image.dtype == np.uint8
    np.testing.assert_array_equal(found.image, IMAGE)
    np.testing.assert_array_equal(found.label, LABEL)
    assert found.class_names[:2] == ("airplane", "automobile")
    assert found.order == "original"


def test_cifar100_has_fine_labels(tmp_path):
    label = np.array([19, 29, 0, 99])
    content = tar_gz(cifar100(IMAGE[:4], label))
    found = read_cifar(write(tmp_path / "a.tar.gz", content), LAYOUT100)
    np.testing.assert_array_equal(found.image, IMAGE[:4])
    np.testing.assert_array_equal(found.label, label)
    assert found.class_names[99] == "class_99"


def test_a_cifar_image_is_three_planes_row_by_row(tmp_path):
    record = np.arange(3074) // 4 % 256
    members = [("d/n.txt", b"a\nb\n"), ("d/a.bin", record.astype(np.uint8).tobytes())]
    image = read_cifar(
        write(tmp_path / "a.tar.gz", tar_gz(members)), TINY._replace(label_bytes=2)
    ).image[0]
    # The corner's red, green and blue; red one to the right; red one below.
    np.testing.assert_array_equal(image[0, 0], record[[2, 2 + 1024, 2 + 2048]])
    assert (image[0, 31, 0], image[31, 0, 0]) == (record[2 + 31], record[2 + 31 * 32])


def test_layouts_are_those_of_the_published_archives():
    assert (
        len(CIFAR10_LAYOUT.batches),
        CIFAR10_LAYOUT.records_per_batch,
        CIFAR10_LAYOUT.classes,
    ) == (5, 10_000, 10)
    assert (
        len(CIFAR100_LAYOUT.batches),
        CIFAR100_LAYOUT.records_per_batch,
        CIFAR100_LAYOUT.classes,
    ) == (1, 50_000, 100)


def without(name):
    return [member for member in cifar10(IMAGE, LABEL) if member[0] != name]


BATCH = CIFAR10_LAYOUT.batches[2]
CONTENT = dict(cifar10(IMAGE, LABEL))[BATCH]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (without(BATCH), "found no .*data_batch_3.bin, expected one"),
        (
            [*without(BATCH), (BATCH, CONTENT[:-1])],
            "data_batch_3.bin has 6145 bytes, expected 2 records of 3073",
        ),
        ([*without(BATCH), (BATCH, CONTENT + b"\0")], "data_batch_3.bin has 6147 bytes"),
        ([*cifar10(IMAGE, LABEL), (BATCH, CONTENT)], "found 2 .*data_batch_3.bin, expected one"),
        (
            [*without(BATCH), link(BATCH, "/etc/passwd", tarfile.SYMTYPE)],
            "data_batch_3.bin is not a plain file",
        ),
        (
            [*without(BATCH), link(BATCH, CIFAR10_LAYOUT.batches[0], tarfile.LNKTYPE)],
            "data_batch_3.bin is not a plain file",
        ),
        (
            [*without(BATCH), link(BATCH, "", tarfile.DIRTYPE)],
            "data_batch_3.bin is not a plain file",
        ),
        (
            [*without(BATCH), link(BATCH, "", tarfile.FIFOTYPE)],
            "data_batch_3.bin is not a plain file",
        ),
        ([*without(BATCH), ("./" + BATCH, CONTENT)], "found no .*data_batch_3.bin"),
        ([*without(BATCH), ("../" + BATCH, CONTENT)], "found no .*data_batch_3.bin"),
        (
            [*without(CIFAR10_LAYOUT.names), (CIFAR10_LAYOUT.names, b"cat\ndog\n")],
            "batches.meta.txt has 2 names, expected 10",
        ),
        ([], "found no"),
    ],
)
def test_cifar_corruptions(tmp_path, members, message):
    with pytest.raises(InvalidInputError, match=message):
        read_cifar(write(tmp_path / "a.tar.gz", tar_gz(members)), LAYOUT10)


def test_members_that_would_leave_the_folder_are_never_touched(tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    bad = [
        ("../outside", b"evil"),
        (str(tmp_path / "absolute"), b"evil"),
        link("link", "..", tarfile.SYMTYPE),
        ("link/through", b"evil"),
    ]
    path = write(inside / "a.tar.gz", tar_gz([*bad, *cifar10(IMAGE, LABEL)]))
    np.testing.assert_array_equal(read_cifar(path, LAYOUT10).image, IMAGE)
    assert [file.name for file in tmp_path.rglob("*")] == ["inside", "a.tar.gz"]


def test_an_archive_that_unpacks_to_more_than_it_should_is_refused(tmp_path):
    layout = LAYOUT10._replace(unpacked_limit=1 << 20)
    path = write(tmp_path / "a.tar.gz", tar_gz([("huge", bytes(32 << 20)), *cifar10(IMAGE, LABEL)]))
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="unpacks to more than 1048576 bytes"):
        read_cifar(path, layout)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "damage", [lambda tar: tar[:700], lambda tar: b"x" * 600, lambda tar: tar[:-9000]]
)
def test_damaged_tar_is_refused(tmp_path, damage):
    tar = gzip.decompress(tar_gz(cifar10(IMAGE, LABEL)))
    with pytest.raises(InvalidInputError):
        read_cifar(write(tmp_path / "a.tar.gz", gzip.compress(damage(tar))), LAYOUT10)
