import numpy as np
import pytest

from cscore_data.gallery.scripts import (
    BLOCK,
    whole_numbers,
    write_blocks,
    write_document,
    write_numbers,
)
from galleries import hostile_names, read_data


@pytest.fixture
def gallery(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path


def test_documents_come_back_whatever_they_hold(gallery):
    document = {"names": hostile_names(200), "number": -1.5, "nothing": None}
    write_document(gallery / "data", "names", document)
    assert read_data(gallery, "names") == document
    script = (gallery / "data" / "names.js").read_bytes()
    assert script.isascii()
    assert script.count(b"\n") == 1


def test_what_json_does_not_have_is_refused(gallery):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_document(gallery / "data", "numbers", [float("nan")])


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "u4", "f4", "f8", ">i4", ">f8"])
def test_numbers_come_back_with_their_dtype(gallery, dtype):
    values = np.array([[0, 1, 7], [100, 3, 2]], dtype)
    write_numbers(gallery / "data", "values", values.astype(values.dtype.newbyteorder("=")))
    found = read_data(gallery, "values")
    assert found.dtype == values.dtype.newbyteorder("<")
    assert np.array_equal(found, values.ravel())


def test_rows_are_in_blocks(gallery):
    rows = np.arange(2 * (BLOCK + 3), dtype=np.int32).reshape(-1, 2)
    write_blocks(gallery / "data", "rows", rows)
    found = [read_data(gallery, f"rows-{block}") for block in (0, 1)]
    assert [len(part) for part in found] == [2 * BLOCK, 6]
    assert np.array_equal(np.concatenate(found), rows.ravel())


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([], "uint8"),
        ([255], "uint8"),
        ([256], "uint16"),
        ([-1, 3], "int32"),
        ([2**31], "uint32"),
        ([-1, 2**31], "float64"),
        ([True, False], "uint8"),
    ],
)
def test_whole_numbers_take_the_narrowest_dtype_that_holds_them(values, dtype):
    found = whole_numbers(np.array(values))
    assert found.dtype == dtype
    assert found.tolist() == values
