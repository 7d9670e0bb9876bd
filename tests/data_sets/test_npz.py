import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from cscore_data.data.npz import npz_headers, read_npy, read_npz_arrays
from cscore_data.data.npz_examples import read_npz_examples
from cscore_data.errors import InvalidInputError
from image_files import npy, npz, write

IMAGES = np.random.default_rng(5).integers(0, 256, (10, 4, 4))
LABEL = np.array([6, 9, 9, 4, 1, 1, 2, 7, 8, 3])


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("names", [("image", "label"), ("x", "y")])
def test_npz_round_trip(tmp_path, save, names):
    image = np.asfortranarray(IMAGES.astype(np.float32))
    save(tmp_path / "a.npz", **dict(zip(names, (image, LABEL), strict=True)), other=np.arange(3))
    found = read_npz_examples(str(tmp_path / "a.npz"))
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
        (
            {"image": npy(PIXELS)[:-1], "label": npy(CLASSES)},
            "image takes 223 bytes, its header says 224",
        ),
        (
            {"image": npy(PIXELS) + b"\0", "label": npy(CLASSES)},
            "image takes 225 bytes, its header says 224",
        ),
        ({"image": npy(PIXELS) + bytes(64 << 20), "label": npy(CLASSES)}, "its header says 224"),
        (
            {"image": npy(PIXELS, shape=(10**15,)), "label": npy(CLASSES)},
            "its header says 8000000000000128",
        ),
        ({"image": npy(PIXELS, shape=(-1, 2, 2)), "label": npy(CLASSES)}, "a negative length"),
        ({"image": npy(PIXELS), "label": npy(CLASSES, descr="|O")}, "Python objects"),
        ({"image": b"\x93NUMPX" + npy(PIXELS)[6:], "label": npy(CLASSES)}, "magic string"),
        ({"image": b"\x93NUMPY\x07" + npy(PIXELS)[7:], "label": npy(CLASSES)}, "version"),
        ({"image": npy(PIXELS)[:20], "label": npy(CLASSES)}, "EOF"),
        ({"image": b"", "label": npy(CLASSES)}, "EOF"),
    ],
)
def test_npz_corruptions(tmp_path, members, message):
    with pytest.raises(InvalidInputError, match=message):
        read_npz_examples(npz(tmp_path / "a.npz", **members))


def test_pickled_arrays_are_never_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", image=np.array([Exploding()]), label=np.arange(1))
    with pytest.raises(InvalidInputError, match="Python objects"):
        read_npz_examples(str(tmp_path / "a.npz"))


class Exploding:
    def __reduce__(self):
        return pytest.fail, ("unpickled",)


def test_arrays_larger_than_memory_are_refused_unread(tmp_path, monkeypatch):
    path = npz(tmp_path / "a.npz", image=npy(np.zeros((10, 100, 100))), label=npy(np.arange(10)))
    monkeypatch.setattr("cscore_data.data.file_checks.memory_size", lambda: 40_000)
    with pytest.raises(
        InvalidInputError, match="unpacks to 800,128 bytes, this machine has 40,000 bytes of memory"
    ):
        read_npz_examples(path)


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path):
    """Its directory and the array's header agree on 224 bytes; what is packed is 32 MB."""
    path = tmp_path / "a.npz"
    npz(path, image=npy(PIXELS) + bytes(32 << 20), label=npy(CLASSES))
    packed = path.read_bytes().replace(
        struct.pack("<I", len(npy(PIXELS)) + (32 << 20)), struct.pack("<I", 224)
    )
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="Bad CRC-32"):
        read_npz_examples(str(write(path, packed)))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_odd_zip_members_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "lzma.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("image.npy", npy(PIXELS))
        archive.writestr("label.npy", npy(CLASSES))
        archive.writestr("image", b"no suffix")
    with pytest.raises(InvalidInputError, match="compressed in a way that numpy does not write"):
        read_npz_examples(str(tmp_path / "lzma.npz"))
    path = npz(tmp_path / "secret.npz", image=npy(PIXELS), label=npy(CLASSES))
    content = bytearray((tmp_path / "secret.npz").read_bytes())
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):  # the flag "encrypted"
        content[content.index(signature) + offset] |= 1
    write(tmp_path / "secret.npz", content)
    with pytest.raises(InvalidInputError, match="encrypted"):
        read_npz_examples(path)


def test_files_that_are_no_npz_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no such file"):
        read_npz_examples(str(tmp_path / "a.npz"))
    with pytest.raises(InvalidInputError, match="not a readable npz file"):
        read_npz_examples(str(write(tmp_path / "a.npz", npy(PIXELS))))
    with pytest.raises(InvalidInputError, match="not a readable npz file"):
        read_npz_examples(str(tmp_path))


# ---- arrays of any names


def test_only_wanted_arrays_are_read_under_any_accepted_name(tmp_path):
    path = npz(tmp_path / "a.npz", score=npy(CLASSES), bad=npy(PIXELS)[:-1], x=npy(CLASSES + 1))
    found = read_npz_arrays(path, {"cscore": ("cscore", "score"), "label": ("label", "x")})
    assert {name: array.tolist() for name, array in found.items()} == {
        "cscore": [0, 1, 2],
        "label": [1, 2, 3],
    }
    found = read_npz_arrays(path, {"cscore": ("score",), "filename": ("filename",)}, ["filename"])
    assert list(found) == ["cscore"]
    with pytest.raises(InvalidInputError, match="found arrays score, bad, x, expected one named f"):
        read_npz_arrays(path, {"filename": ("filename",)})


def test_headers_tell_what_an_npz_file_holds(tmp_path):
    path = npz(tmp_path / "a.npz", image=npy(PIXELS), label=npy(CLASSES, shape=(10**12,)))
    headers = npz_headers(path)
    assert headers["image"] == ((3, 2, 2), np.dtype(np.float64))
    assert headers["label"].data_size == 8 * 10**12
    with pytest.raises(InvalidInputError, match="no such file"):
        npz_headers(tmp_path / "b.npz")
    with pytest.raises(InvalidInputError, match="Python objects"):
        npz_headers(npz(tmp_path / "a.npz", label=npy(CLASSES, descr="|O")))


def test_npy_round_trip(tmp_path):
    for array in (PIXELS, np.asfortranarray(PIXELS), np.array(3), np.array([b"a", b"bc"])):
        np.save(tmp_path / "a.npy", array)
        found = read_npy(tmp_path / "a.npy")
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy(PIXELS)[:-1], "it has 223 bytes, its header says 224"),
        (npy(PIXELS, shape=(10**15,)), "its header says 8000000000000128"),
        (npy(PIXELS, shape=(-3, 2, 2)), "a negative length"),
        (npy(PIXELS, descr="|O"), "Python objects"),
        (npy(PIXELS)[:20], "EOF"),
        (b"PK\3\4 and then nothing", "magic string"),
        (b"", "EOF"),
    ],
)
def test_npy_corruptions(tmp_path, content, message):
    path = write(tmp_path / "a.npy", content)
    with pytest.raises(InvalidInputError, match=f"not a readable npy file .*{message}"):
        read_npy(path)


def test_npy_files_that_are_not_there_or_too_large_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InvalidInputError, match="no such file"):
        read_npy(tmp_path / "a.npy")
    path = write(tmp_path / "a.npy", npy(PIXELS))
    monkeypatch.setattr("cscore_data.data.file_checks.memory_size", lambda: 100)
    with pytest.raises(InvalidInputError, match="this machine has 100 bytes of memory"):
        read_npy(path)
