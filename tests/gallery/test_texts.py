import numpy as np

from cscore_data.gallery.texts import as_line, write_texts
from galleries import read_data


def test_texts_are_in_the_order_of_the_page(tmp_path):
    (tmp_path / "data").mkdir()
    texts = np.array([f"text {number}\n{'x' * number}" for number in range(600)], object)
    rows = np.arange(600)[::-1]
    known = write_texts(tmp_path / "data", texts, rows)
    found = []
    for script in range(-(-600 // known["perScript"])):
        found += read_data(tmp_path, f"texts-{script}")
    assert found == texts[rows].tolist()


def test_long_texts_and_rows_are_cut():
    assert len(as_line("x" * 50_000, 1000)) == 1000
    line = as_line(np.arange(5000.0), 10_000)
    assert line.startswith("0  1  2")
    assert line.endswith("255  \N{HORIZONTAL ELLIPSIS}")
