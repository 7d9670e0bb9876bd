import contextlib
import os
import pickle
import pickletools
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.data.torch_files import read_torch_arrays
from cscore_data.errors import InvalidInputError
from torch_files import Tensor, torch_save

LABELS = {
    "clean_label": np.array([6, 9, 9, 4], np.int64),
    "worse_label": np.array([6, 9, 1, 4], np.int64),
}


@pytest.mark.parametrize("protocol", [2, 4])
def test_arrays_of_numpy(tmp_path, protocol):
    path = torch_save(tmp_path / "a.pt", LABELS, protocol=protocol)
    found = read_torch_arrays(path)
    assert {name: array.tolist() for name, array in found.items()} == {
        "clean_label": [6, 9, 9, 4],
        "worse_label": [6, 9, 1, 4],
    }


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "bool", "float32"])
def test_tensors(tmp_path, dtype):
    array = np.array([[0, 1], [1, 1], [0, 0]], dtype)
    found = read_torch_arrays(torch_save(tmp_path / "a.pt", {"noisy": Tensor(array)}))
    np.testing.assert_array_equal(found["noisy"], array)
    assert found["noisy"].dtype == array.dtype


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (Tensor([3, 5]), {"": [3, 5]}),
        (np.array([3, 5]), {"": [3, 5]}),
        ([3, 5], {"": [3, 5]}),
        ({"a": [True, False], 1: [0.5, 2]}, {"a": [True, False], "1": [0.5, 2]}),
        ({"a": np.asfortranarray([[1, 2], [3, 4]])}, {"a": [[1, 2], [3, 4]]}),
        ({"a": np.array([1, 2], ">i4")}, {"a": [1, 2]}),
    ],
)
def test_other_forms_of_arrays(tmp_path, content, expected):
    found = read_torch_arrays(torch_save(tmp_path / "a.pt", content))
    assert {name: array.tolist() for name, array in found.items()} == expected


def test_files_of_the_old_format(tmp_path):
    header = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    with open(tmp_path / "a.pt", "wb") as file:
        for part in [*header, LABELS, []]:
            pickle.dump(part, file, protocol=2)
    assert read_torch_arrays(tmp_path / "a.pt")["worse_label"].tolist() == [6, 9, 1, 4]


class Exploding:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Exploding(), "it holds posix.mkdir|it holds nt.mkdir"),
        ({"a": Exploding()}, "mkdir"),
        ({"a": print}, "it holds builtins.print|it holds __builtin__.print"),
        ({"a": "text"}, "a holds str, expected arrays of numbers and nothing else"),
        ({"a": [[1, 2], [3, 4]]}, "a holds list, expected"),
        ({"a": [1, "b"]}, "a holds list, expected"),
        ({"a": {"b": np.arange(3)}}, "a holds dict, expected"),
        ({"a": None}, "a holds NoneType"),
        ({"a": np.array(["a", "b"])}, "it holds an array of dtype U1"),
        ({"a": np.array([{}, {}])}, "it holds an array of dtype O8"),
        ({"a": Tensor([1, 2, 3], strides=(0,))}, "a tensor is not contiguous"),
        ({"a": Tensor([1, 2, 3], offset=1)}, "cannot reshape"),
        (np.random.default_rng(3), "it holds"),
    ],
)
def test_anything_but_arrays_of_numbers_is_refused(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    path = torch_save(tmp_path / "a.pt", content)
    with pytest.raises(InvalidInputError, match=message):
        read_torch_arrays(path)
    assert not (tmp_path / "unpickled").exists()


def test_files_that_are_no_torch_files_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no such file"):
        read_torch_arrays(tmp_path / "none.pt")
    for content in (b"", b"\x80\x02", b"hello", b"PK\3\4", struct.pack("<I", 7) * 100):
        (tmp_path / "a.pt").write_bytes(content)
        with pytest.raises(InvalidInputError, match="not a file that torch"):
            read_torch_arrays(tmp_path / "a.pt")
    np.savez(tmp_path / "a.npz", x=[1])
    with pytest.raises(InvalidInputError, match=r"it has no data\.pkl"):
        read_torch_arrays(tmp_path / "a.npz")


def test_compressed_files_are_refused(tmp_path):
    path = torch_save(tmp_path / "a.pt", LABELS, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InvalidInputError, match=r"data\.pkl is compressed"):
        read_torch_arrays(path)


@settings(max_examples=25)
@given(st.data())
def test_damaged_pickles_are_refused_or_read(tmp_path_factory, data):
    """Any byte may have changed: no other error, and nothing is called."""
    folder = tmp_path_factory.mktemp("damaged")
    pickled = bytearray(pickle.dumps(LABELS, protocol=2))
    for _ in range(3):
        place = data.draw(st.integers(0, len(pickled) - 1))
        pickled[place] = data.draw(st.sampled_from([op.code.encode()[0] for op in OPCODES]))
    with zipfile.ZipFile(folder / "a.pt", "w") as archive:
        archive.writestr("a/data.pkl", bytes(pickled))
    with contextlib.suppress(InvalidInputError):
        read_torch_arrays(folder / "a.pt")


OPCODES = [opcode for opcode in pickletools.opcodes if ord(opcode.code) < 128]
