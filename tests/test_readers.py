import gzip
import io
import math
import struct
import tarfile
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cscore_data import readers
from cscore_data.errors import InvalidInputError
from cscore_data.readers import CIFAR10, CIFAR100, CifarLayout, read_cifar, read_idx, read_npz
from image_files import cifar10, cifar100, idx, link, npy, npz, tar_gz, write

RANDOM = np.random.default_rng(5)

# ---- idx


IMAGES = RANDOM.integers(0, 256, (4, 3, 2), dtype=np.uint8)


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5)))
def test_idx_round_trip(tmp_path_factory, array):
    path = write(tmp_path_factory.mktemp("idx") / "a.gz", gzip.compress(idx(array), 1))
    found = read_idx(path, ndim=array.ndim)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES)[:-1], "found 23 bytes, expected 24 for \\(4, 3, 2\\)"),
        (idx(IMAGES) + b"\0", "found more bytes, expected 24"),
        (idx(IMAGES, shape=(5, 3, 2)), "found 24 bytes, expected 30"),
        (idx(IMAGES, shape=(3, 3, 2)), "found more bytes, expected 18"),
        (idx(IMAGES, magic=0x0D03), "not an idx file of unsigned bytes with 3 dims"),
        (idx(IMAGES[0, 0]), "not an idx file of unsigned bytes with 3 dims"),
        (idx(IMAGES)[:10], "not an idx file"),
        (b"", "not an idx file"),
        (
            idx(IMAGES, shape=(2**32 - 1,) * 3),
            "unpacks to 79,228,162,458,924,105,385,300,197,391 bytes, this machine has",
        ),
    ],
    ids=["short", "long", "count-5", "count-3", "floats", "labels", "header-cut", "empty", "enormous"],
)
def test_idx_corruptions(tmp_path, content, message):
    with pytest.raises(InvalidInputError, match=message):
        read_idx(write(tmp_path / "a.gz", gzip.compress(content)), ndim=3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-9],
        lambda packed: packed[:12] + b"\xff" + packed[13:],
        lambda packed: packed[:-8] + bytes(4) + packed[-4:],  # the checksum
        lambda packed: b"PK" + packed[2:],
        lambda packed: packed + b"trailing",
    ],
)
def test_damaged_gzip_is_refused(tmp_path, damage):
    with pytest.raises(InvalidInputError, match=r"a\.gz: not a readable gzip file"):
        read_idx(write(tmp_path / "a.gz", damage(gzip.compress(idx(IMAGES)))), ndim=3)


def test_missing_idx_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="No such file"):
        read_idx(tmp_path / "a.gz", ndim=3)


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    path = write(tmp_path / "bomb.gz", gzip.compress(idx(IMAGES) + bytes(32 << 20)))
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="found more bytes"):
        read_idx(path, ndim=3)
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


# ---- CIFAR

TINY = CifarLayout(("d/a.bin",), records=1, label_bytes=1, names="d/n.txt", classes=2)
LAYOUT10 = CIFAR10._replace(records=2)
LAYOUT100 = CIFAR100._replace(records=4)
IMAGE = RANDOM.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
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
    image = read_cifar(write(tmp_path / "a.tar.gz", tar_gz(members)), TINY._replace(label_bytes=2)).image[0]
    # The corner's red, green and blue; red one to the right; red one below.
    np.testing.assert_array_equal(image[0, 0], record[[2, 2 + 1024, 2 + 2048]])
    assert (image[0, 31, 0], image[31, 0, 0]) == (record[2 + 31], record[2 + 31 * 32])


def test_layouts_are_those_of_the_published_archives():
    assert (len(CIFAR10.batches), CIFAR10.records, CIFAR10.classes) == (5, 10_000, 10)
    assert (len(CIFAR100.batches), CIFAR100.records, CIFAR100.classes) == (1, 50_000, 100)


def without(name):
    return [member for member in cifar10(IMAGE, LABEL) if member[0] != name]


BATCH = CIFAR10.batches[2]
CONTENT = dict(cifar10(IMAGE, LABEL))[BATCH]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (without(BATCH), "found no .*data_batch_3.bin, expected one"),
        ([*without(BATCH), (BATCH, CONTENT[:-1])], "data_batch_3.bin has 6145 bytes, expected 2 records of 3073"),
        ([*without(BATCH), (BATCH, CONTENT + b"\0")], "data_batch_3.bin has 6147 bytes"),
        ([*cifar10(IMAGE, LABEL), (BATCH, CONTENT)], "found 2 .*data_batch_3.bin, expected one"),
        ([*without(BATCH), link(BATCH, "/etc/passwd", tarfile.SYMTYPE)], "expected one, and a plain file"),
        ([*without(BATCH), link(BATCH, CIFAR10.batches[0], tarfile.LNKTYPE)], "expected one, and a plain file"),
        ([*without(BATCH), link(BATCH, "", tarfile.DIRTYPE)], "expected one, and a plain file"),
        ([*without(BATCH), link(BATCH, "", tarfile.FIFOTYPE)], "expected one, and a plain file"),
        ([*without(BATCH), ("./" + BATCH, CONTENT)], "found no .*data_batch_3.bin"),
        ([*without(BATCH), ("../" + BATCH, CONTENT)], "found no .*data_batch_3.bin"),
        ([*without(CIFAR10.names), (CIFAR10.names, b"cat\ndog\n")], "batches.meta.txt has 2 names, expected 10"),
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


def test_an_archive_that_unpacks_to_more_than_it_should_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "_ARCHIVE_LIMIT", 1 << 20)
    path = write(tmp_path / "a.tar.gz", tar_gz([("huge", bytes(32 << 20)), *cifar10(IMAGE, LABEL)]))
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="unpacks to more than 1048576 bytes"):
        read_cifar(path, LAYOUT10)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("damage", [lambda tar: tar[:700], lambda tar: b"x" * 600, lambda tar: tar[:-9000]])
def test_damaged_tar_is_refused(tmp_path, damage):
    tar = gzip.decompress(tar_gz(cifar10(IMAGE, LABEL)))
    with pytest.raises(InvalidInputError):
        read_cifar(write(tmp_path / "a.tar.gz", gzip.compress(damage(tar))), LAYOUT10)


# ---- npz


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("names", [("image", "label"), ("x", "y")])
def test_npz_round_trip(tmp_path, save, names):
    image = np.asfortranarray(IMAGE[..., 0].astype(np.float32))
    save(tmp_path / "a.npz", **dict(zip(names, (image, LABEL), strict=True)), other=np.arange(3))
    found = read_npz(str(tmp_path / "a.npz"))
    np.testing.assert_array_equal(found.image, image)
    np.testing.assert_array_equal(found.label, LABEL)
    assert found.image.dtype == np.float32


PIXELS, CLASSES = np.arange(12.0).reshape(3, 2, 2), np.arange(3)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"label": npy(CLASSES)}, "found arrays label, expected one named image or x"),
        ({"image": npy(PIXELS)}, "found arrays image, expected one named label or y"),
        ({}, "found arrays none"),
        ({"image": npy(PIXELS)[:-1], "label": npy(CLASSES)}, "image takes 223 bytes, its header says 224"),
        ({"image": npy(PIXELS) + b"\0", "label": npy(CLASSES)}, "image takes 225 bytes, its header says 224"),
        ({"image": npy(PIXELS) + bytes(64 << 20), "label": npy(CLASSES)}, "its header says 224"),
        ({"image": npy(PIXELS, shape=(10**15,)), "label": npy(CLASSES)}, "its header says 8000000000000128"),
        ({"image": npy(PIXELS, shape=(-1, 2, 2)), "label": npy(CLASSES)}, "its header says"),
        ({"image": npy(PIXELS), "label": npy(CLASSES, descr="|O")}, "Python objects"),
        ({"image": b"\x93NUMPX" + npy(PIXELS)[6:], "label": npy(CLASSES)}, "magic string"),
        ({"image": b"\x93NUMPY\x07" + npy(PIXELS)[7:], "label": npy(CLASSES)}, "version"),
        ({"image": npy(PIXELS)[:20], "label": npy(CLASSES)}, "EOF"),
        ({"image": b"", "label": npy(CLASSES)}, "EOF"),
    ],
)
def test_npz_corruptions(tmp_path, members, message):
    with pytest.raises(InvalidInputError, match=message):
        read_npz(npz(tmp_path / "a.npz", **members))


def test_pickled_arrays_are_never_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", image=np.array([Exploding()]), label=np.arange(1))
    with pytest.raises(InvalidInputError, match="Python objects"):
        read_npz(str(tmp_path / "a.npz"))


class Exploding:
    def __reduce__(self):
        return pytest.fail, ("unpickled",)


def test_arrays_larger_than_memory_are_refused_unread(tmp_path, monkeypatch):
    path = npz(tmp_path / "a.npz", image=npy(np.zeros((10, 100, 100))), label=npy(np.arange(10)))
    monkeypatch.setattr(readers.os, "sysconf", lambda name: 200)  # as page size and as number of pages
    with pytest.raises(InvalidInputError, match="unpacks to 800,128 bytes, this machine has 40,000 bytes of memory"):
        read_npz(path)


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path):
    """Its directory and the array's header agree on 224 bytes; what is packed is 32 MB."""
    path = tmp_path / "a.npz"
    npz(path, image=npy(PIXELS) + bytes(32 << 20), label=npy(CLASSES))
    packed = path.read_bytes().replace(struct.pack("<I", len(npy(PIXELS)) + (32 << 20)), struct.pack("<I", 224))
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="Bad CRC-32"):
        read_npz(str(write(path, packed)))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_odd_zip_members_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "lzma.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("image.npy", npy(PIXELS))
        archive.writestr("image", b"no suffix")
    with pytest.raises(InvalidInputError, match="compressed in a way that numpy does not write"):
        read_npz(str(tmp_path / "lzma.npz"))
    path = npz(tmp_path / "secret.npz", image=npy(PIXELS), label=npy(CLASSES))
    content = bytearray((tmp_path / "secret.npz").read_bytes())
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):  # the flag "encrypted"
        content[content.index(signature) + offset] |= 1
    write(tmp_path / "secret.npz", content)
    with pytest.raises(InvalidInputError, match="encrypted"):
        read_npz(path)


def test_files_that_are_no_npz_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no such file"):
        read_npz(str(tmp_path / "a.npz"))
    with pytest.raises(InvalidInputError, match="not a readable npz file"):
        read_npz(str(write(tmp_path / "a.npz", npy(PIXELS))))
    with pytest.raises(InvalidInputError, match="not a readable npz file"):
        read_npz(str(tmp_path))


# ---- any of them


def sample(kind):
    if kind == "npz":
        file = io.BytesIO()
        np.savez(file, image=PIXELS, label=CLASSES)
        return file.getvalue(), read_npz
    if kind == "idx":
        return gzip.compress(idx(IMAGES)), lambda path: read_idx(path, ndim=3)
    return tar_gz([("d/n.txt", b"a\nb\n"), ("d/a.bin", bytes(3073))]), lambda path: read_cifar(path, TINY)


@pytest.mark.parametrize("kind", ["npz", "idx", "tar"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, kind, data):
    content, read = sample(kind)
    place = data.draw(st.integers(0, len(content) - 1))
    damaged = data.draw(st.sampled_from([content[:place], content[:place] + b"\xff" + content[place + 1 :]]))
    path = write(tmp_path_factory.mktemp("damaged") / "file", damaged)
    try:
        read(str(path))
    except InvalidInputError as error:
        assert str(path) in str(error)  # noqa: PT017


def test_the_size_that_read_arrays_may_have_is_this_machines_memory():
    readers.check_fits("here", 1 << 20)
    with pytest.raises(InvalidInputError, match="here: unpacks to"):
        readers.check_fits("here", math.prod([1 << 20] * 3))
